#include "environment.h"

#include <cstdlib>
#include <string>

#include "catalog.h"
#include "config/deployment.h"
#include "model/config_fetch.h"

namespace blis::app {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string hugging_face_cache() {
  if (std::string cache = variable("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (const std::string home = variable("HF_HOME"); !home.empty()) return home + "/hub";
  if (const std::string home = variable("HOME"); !home.empty())
    return home + "/.cache/huggingface/hub";
  return "";
}

}  // namespace

config::ResolvedModel resolve_model(const config::SimulationFlags& flags,
                                    Diagnostics& diagnostics) {
  const bool offline = !variable("HF_HUB_OFFLINE").empty();
  const auto transport = offline ? nullptr : model::make_curl_transport();
  return config::resolve_model(config::model_settings(flags, catalog_folder()),
                               {.hugging_face_cache = hugging_face_cache(),
                                .hugging_face_token = variable("HF_TOKEN"),
                                .transport = transport.get()},
                               diagnostics);
}

config::DefaultsFile load_defaults(const config::Flag<std::string>& defaults_filepath) {
  return config::load_defaults(
      config::defaults_file_path(*defaults_filepath, defaults_filepath.is_set, catalog_folder()));
}

}  // namespace blis::app
