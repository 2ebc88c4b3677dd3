// A model's config.json: any bytes either parse or are refused with a located DataError; whatever
// parses can be sized or is refused with a ConfigError.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/diagnostics.h"
#include "base/error.h"
#include "model/architecture.h"
#include "model/config_json.h"
#include "model/kv_capacity.h"
#include "model/precision.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)blis::model::looks_like_model_config(text);
  blis::Diagnostics diagnostics;
  try {
    blis::model::Architecture architecture =
        blis::model::parse_architecture(text, "config.json", diagnostics);
    architecture.name = text.substr(0, 64);
    blis::model::apply_name_precision(architecture, diagnostics);
    blis::model::check_expert_count_is_known(architecture);
    (void)blis::model::kv_block_count(architecture, {.memory_gib = 80, .tensor_parallel = 2});
  } catch (const blis::DataError&) {
  } catch (const blis::ConfigError&) {
  }
  return 0;
}
