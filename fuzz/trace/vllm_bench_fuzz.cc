// blis convert vllm-bench: see import_fuzz.h.

#include "import_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  blis::fuzz::import_bytes("vllm-bench", data, size);
  return 0;
}
