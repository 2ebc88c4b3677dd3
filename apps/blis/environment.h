// What the program takes from its surroundings: its own data, the user's model cache, the network.
#pragma once

#include <memory>

#include "base/diagnostics.h"
#include "config/defaults_file.h"
#include "config/flags/flag.h"
#include "config/flags/simulation_flags.h"
#include "config/model_resolution.h"

namespace blis::app {

/// Model, hardware and adapters of a command line, looked up in the files that it names, in the
/// catalogue, in the local Hugging Face cache (HF_HUB_CACHE, HF_HOME or ~/.cache/huggingface) and
/// last on huggingface.co (with HF_TOKEN; not at all if HF_HUB_OFFLINE is set). THROWS ConfigError,
/// DataError.
config::ResolvedModel resolve_model(const config::SimulationFlags& flags, Diagnostics& diagnostics);

/// The defaults file that a command reads for its presets only. THROWS ConfigError.
config::DefaultsFile load_defaults(const config::Flag<std::string>& defaults_filepath);

}  // namespace blis::app
