// ShareGPT conversations: whatever the bytes, the reader says what is wrong, or returns a spec that
// can be written.

#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/error.h"
#include "workload/sharegpt.h"
#include "workload/spec_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  blis::Diagnostics diagnostics;
  try {
    const auto spec = blis::workload::parse_sharegpt(
        std::string(reinterpret_cast<const char*>(data), size), {.input = "fuzz"}, diagnostics);
    BLIS_CHECK(!blis::workload::format_workload_spec(spec).empty(), "a spec has a text");
  } catch (const blis::DataError&) {
    return 0;
  }
  return 0;
}
