// Trace headers: whatever the bytes, the reader either says what is wrong, or returns a header
// whose text reads back as the same text.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "trace/trace_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace blis::trace;  // NOLINT: one function
  std::string written;
  try {
    written = format_trace_header(
        parse_trace_header({reinterpret_cast<const char*>(data), size}, "fuzz"));
  } catch (const blis::ConfigError&) {
    return 0;
  }
  const std::string again = format_trace_header(parse_trace_header(written, "fuzz"));
  BLIS_CHECK(again == written, "{}\nis written again as\n{}", written, again);
  return 0;
}
