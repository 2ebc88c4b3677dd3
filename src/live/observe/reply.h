// What is read of the server's JSON: token counts, why an answer ended, and whether there is text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blis::live {

/// The fields of a whole answer, or of one chunk of a stream, that are recorded.
struct ReplyFields {
  bool has_usage = false;
  std::int64_t prompt_tokens = 0;      ///< 0 without usage, or if it is no plausible count
  std::int64_t completion_tokens = 0;  ///< likewise
  std::string finish_reason{};         ///< of the first choice; "" = none (yet)
  bool has_content = false;            ///< the first choice carries text or tool calls
  std::string error{};                 ///< what the server says went wrong; "" = nothing
};

/// nullopt if `json` is not a JSON object. Fields of unexpected types count as absent: servers
/// differ, and what they answered is to be recorded, not judged.
std::optional<ReplyFields> parse_reply(std::string_view json);

}  // namespace blis::live
