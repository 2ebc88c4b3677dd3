// Where a model's config.json is: given, shipped or fetched before, in a local Hugging Face cache,
// or on huggingface.co. SOURCE spec latency 3.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "config/defaults_file.h"
#include "config/model_sources.h"

namespace blis::config {

struct ModelConfigText {
  std::string file;
  std::string text;
};

/// `folder_flag` is taken as it is, and may name the file itself. Else, in this order:
/// model_configs/<name after the first slash>/ beside the defaults file; a local Hugging Face cache
/// (an extension: the reference would fetch at once); the repository, whose file is then kept in
/// model_configs/. Two organisations' models of the same short name share a folder, as in the
/// reference. A local file that is no model's config.json is reported and left alone. THROWS
/// ConfigError that lists what was tried.
ModelConfigText find_model_config(const std::string& lower_case_model,
                                  const std::string& folder_flag, const DefaultsFile& defaults,
                                  const ModelSources& sources, Diagnostics& diagnostics);

}  // namespace blis::config
