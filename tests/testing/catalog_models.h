// The models and GPUs that the program ships, read from the source tree's catalog/ as a run reads
// them.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "base/output_file.h"
#include "model/architecture.h"
#include "model/gpu.h"
#include "testing/source_dir.h"

namespace blis::testing {

inline std::string catalog_path(const std::string& relative) {
  return source_path("catalog/" + relative);
}

/// `directory` below catalog/model_configs, e.g. "qwen3-14b". The precision is the file's own,
/// without the name's help.
inline model::Architecture catalog_model(const std::string& directory) {
  const std::string file = catalog_path("model_configs/" + directory + "/config.json");
  Diagnostics diagnostics;
  model::Architecture architecture = model::parse_architecture(read_file(file), file, diagnostics);
  architecture.name = directory;
  return architecture;
}

inline model::Gpu catalog_gpu(const std::string& name) {
  const std::string file = catalog_path("hardware_config.json");
  return model::find_gpu(model::load_gpus(file), name, file);
}

}  // namespace blis::testing
