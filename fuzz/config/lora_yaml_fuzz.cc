// A LoRA file: any bytes either parse or are refused with a ConfigError.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "config/lora_resolution.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    (void)blis::config::parse_lora_file({reinterpret_cast<const char*>(data), size}, "lora.yaml");
  } catch (const blis::ConfigError&) {
  }
  return 0;
}
