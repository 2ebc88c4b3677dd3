// One JSON text of a server, whole answer or chunk of a stream: what is picked out of it while it
// is read is what a tree of it holds.

#include <cstdint>
#include <optional>
#include <string>

#include "base/check.h"
#include "live/observe/literal_reply.h"
#include "live/observe/reply.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::optional<blis::live::ReplyFields> read = blis::live::parse_reply(text);
  const std::optional<blis::live::ReplyFields> held = blis::testing::literal_reply(text);
  BLIS_CHECK(read.has_value() == held.has_value(), "one of the two finds no object");
  if (!read) return 0;
  BLIS_CHECK(read->has_usage == held->has_usage, "usage differs");
  BLIS_CHECK(read->prompt_tokens == held->prompt_tokens, "prompt tokens differ");
  BLIS_CHECK(read->completion_tokens == held->completion_tokens, "completion tokens differ");
  BLIS_CHECK(read->finish_reason == held->finish_reason, "reasons differ");
  BLIS_CHECK(read->has_content == held->has_content, "content differs");
  BLIS_CHECK(read->error == held->error, "errors differ");
  return 0;
}
