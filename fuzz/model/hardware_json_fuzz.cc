// The hardware table: any bytes either parse or are refused with a DataError.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "model/gpu.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    (void)blis::model::parse_gpus(std::string(reinterpret_cast<const char*>(data), size),
                                  "hardware_config.json");
  } catch (const blis::DataError&) {
  }
  return 0;
}
