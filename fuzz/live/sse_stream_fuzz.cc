// A stream of completions: whatever a server sends, and however it is cut, the exchange ends with a
// result that makes sense.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "live/observe/exchange.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace blis::live;  // NOLINT(google-build-using-namespace): a program of its own
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool streaming : {true, false}) {
    Exchange whole({.streaming = streaming, .keep_chunk_times = true}, 1);
    Exchange cut({.streaming = streaming, .keep_chunk_times = true}, 1);
    whole.on_body(200, text, 2);
    for (std::size_t at = 0; at < size; at += 3) {
      if (!cut.on_body(200, text.substr(at, 3), 2)) break;
    }
    const TransferEnd end{.http_status = 200};
    const ExchangeResult a = whole.finish(end, 3);
    const ExchangeResult b = cut.finish(end, 3);
    BLIS_CHECK(a.num_chunks == b.num_chunks && a.status == b.status, "pieces matter");
    BLIS_CHECK(a.last_chunk_us >= a.first_chunk_us, "time runs backwards");
    BLIS_CHECK(a.prompt_tokens >= 0 && a.completion_tokens >= 0, "negative counts");
  }
  return 0;
}
