// Any bytes are either an offload configuration that passes its own checks or refused with a
// message.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "config/kv_offload_checks.h"
#include "config/kv_offload_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  blis::config::DeviceClasses classes;
  classes["nvme"].direct = {7000, 5000, 80, 4, 0.5, 0.1};
  try {
    const auto config = blis::config::parse_kv_offload(text, "offload.yaml", 16, classes);
    if (blis::config::find_offload_mistake(config)) std::abort();
  } catch (const blis::ConfigError& error) {
    if (std::string_view(error.what()).empty()) std::abort();
  }
  return 0;
}
