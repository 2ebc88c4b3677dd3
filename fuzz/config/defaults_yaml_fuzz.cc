// defaults.yaml: any bytes either parse or are refused with a ConfigError.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "config/defaults_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    (void)blis::config::parse_defaults({reinterpret_cast<const char*>(data), size},
                                       "defaults.yaml");
  } catch (const blis::ConfigError&) {
  }
  return 0;
}
