// Server-sent events, as far as completion streams use them: lines `data: <payload>`, one payload
// per event. SOURCE spec traces 8.3.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace blis::live {

/// Cuts a stream that comes in pieces into payloads. Lines end in LF or CRLF; all other lines
/// (blank, comments, `event:`, `id:`) are passed over. A blank after `data:` belongs to the
/// framing; its absence is accepted, as the standard has it and the reference does not.
class SseParser {
 public:
  static constexpr std::size_t kLongestLineBytes = 65'536;

  /// Calls `on_payload(std::string_view)` for every payload that ends in `bytes`. False from the
  /// first line on that is longer than kLongestLineBytes; what follows it is not looked at.
  template <typename OnPayload>
  bool feed(std::string_view bytes, OnPayload&& on_payload) {
    while (!too_long_ && !bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::string_view piece = bytes.substr(0, end);
      if (partial_.size() + piece.size() > kLongestLineBytes) {
        too_long_ = true;
        partial_ = {};
        break;
      }
      if (end == std::string_view::npos) {
        partial_ += piece;
        break;
      }
      bytes.remove_prefix(end + 1);
      if (partial_.empty()) {  // the common case costs no copy
        deliver(piece, on_payload);
      } else {
        partial_ += piece;
        deliver(partial_, on_payload);
        partial_.clear();
      }
    }
    return !too_long_;
  }

  /// The stream is over: a last line without an end counts, too.
  template <typename OnPayload>
  void finish(OnPayload&& on_payload) {
    if (!too_long_ && !partial_.empty()) deliver(partial_, on_payload);
    partial_.clear();
  }

 private:
  template <typename OnPayload>
  static void deliver(std::string_view line, OnPayload&& on_payload) {
    constexpr std::string_view kField = "data:";
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with(kField)) return;
    line.remove_prefix(kField.size());
    if (line.starts_with(' ')) line.remove_prefix(1);
    on_payload(line);
  }

  std::string partial_;  ///< of the line that has not ended
  bool too_long_ = false;
};

/// The payload that ends a stream of completions.
inline constexpr std::string_view kSseDone = "[DONE]";

}  // namespace blis::live
