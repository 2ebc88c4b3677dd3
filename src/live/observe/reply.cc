#include "live/observe/reply.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace blis::live {
namespace {

/// More than any context holds; what a server claims beyond is not to be believed, or allocated.
constexpr std::int64_t kMostTokens = 100'000'000;

/// Picks the fields out while the text is read: a stream has one such document per token, and a
/// tree of each would cost several times as much. Of a key that is repeated the last value counts,
/// as in a tree.
class ReplyReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool key(string_t& name) override {
    if (skipped_ == 0) key_ = forget(key_of(name));
    return true;
  }
  bool start_object(std::size_t /*size*/) override {
    if (skipped_ > 0) {
      ++skipped_;
      return true;
    }
    switch (at_) {
      case At::kOutside:
        is_object_ = true;
        return enter(At::kRoot);
      case At::kRoot:
        if (key_ == Key::kUsage) {
          has_usage_ = true;
          return enter(At::kUsage);
        }
        if (key_ == Key::kError) {
          has_error_ = true;
          return enter(At::kError);
        }
        break;
      case At::kChoices:
        if (choices_++ == 0) return enter(At::kChoice);
        break;
      case At::kChoice:
        if (key_ == Key::kDelta || key_ == Key::kMessage) {
          part_ = key_ == Key::kDelta ? &parts_[0] : &parts_[1];
          return enter(At::kPart);
        }
        break;
      case At::kCalls:
        note_value();
        break;
      default:
        break;
    }
    ++skipped_;
    return true;
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t /*size*/) override {
    if (skipped_ > 0) {
      ++skipped_;
      return true;
    }
    if (at_ == At::kRoot && key_ == Key::kChoices) return enter(At::kChoices);
    if (at_ == At::kPart && key_ == Key::kToolCalls) return enter(At::kCalls);
    note_value();
    ++skipped_;
    return true;
  }
  bool end_array() override { return leave(); }

  bool string(string_t& value) override {
    if (skipped_ > 0) return true;
    note_value();
    switch (at_) {
      case At::kRoot:
        if (key_ == Key::kObject) object_is_error_ = value == "error";
        if (key_ == Key::kMessage) message_ = value;
        if (key_ == Key::kError) error_ = value;
        break;
      case At::kError:
        if (key_ == Key::kMessage) error_message_ = value;
        break;
      case At::kChoice:
        if (key_ == Key::kFinishReason) finish_reason_ = value;
        if (key_ == Key::kText) has_text_ = !value.empty();
        break;
      case At::kPart:
        if (key_ == Key::kContent) part_->has_content = !value.empty();
        if (key_ == Key::kReasoningContent) part_->has_reasoning_content = !value.empty();
        if (key_ == Key::kReasoning) part_->has_reasoning = !value.empty();
        break;
      default:
        break;
    }
    return true;
  }
  bool number_integer(number_integer_t value) override { return count(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return count(static_cast<std::int64_t>(value));  // beyond 2^63 it wraps, below 0
  }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return note_value();
  }
  bool boolean(bool /*value*/) override { return note_value(); }
  bool null() override {
    if (skipped_ == 0 && at_ == At::kRoot && key_ == Key::kError) return true;  // as if absent
    return note_value();
  }
  bool binary(binary_t& /*value*/) override { return note_value(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

  std::optional<ReplyFields> fields() const {
    if (!is_object_) return std::nullopt;
    ReplyFields reply;
    reply.has_usage = has_usage_;
    reply.prompt_tokens = prompt_tokens_;
    reply.completion_tokens = completion_tokens_;
    reply.finish_reason = finish_reason_;
    reply.has_content = has_text_;
    for (const Part& part : parts_) {
      reply.has_content |=
          part.has_content || part.has_reasoning_content || part.has_reasoning || part.has_calls;
    }
    reply.error = error_text();
    return reply;
  }

 private:
  enum class At { kOutside, kRoot, kUsage, kError, kChoices, kChoice, kPart, kCalls };
  enum class Key {
    kOther,
    kObject,
    kMessage,
    kError,
    kUsage,
    kChoices,
    kPromptTokens,
    kCompletionTokens,
    kText,
    kFinishReason,
    kDelta,
    kContent,
    kReasoningContent,
    kReasoning,
    kToolCalls,
  };
  /// `text` of completions stands in the choice; these are of a chat message, or of its part in a
  /// stream.
  struct Part {
    bool has_content = false;
    bool has_reasoning_content = false;
    bool has_reasoning = false;
    bool has_calls = false;
  };

  static Key key_of(std::string_view name) {
    constexpr std::pair<std::string_view, Key> kKeys[] = {
        {"object", Key::kObject},
        {"message", Key::kMessage},
        {"error", Key::kError},
        {"usage", Key::kUsage},
        {"choices", Key::kChoices},
        {"prompt_tokens", Key::kPromptTokens},
        {"completion_tokens", Key::kCompletionTokens},
        {"text", Key::kText},
        {"finish_reason", Key::kFinishReason},
        {"delta", Key::kDelta},
        {"content", Key::kContent},
        {"reasoning_content", Key::kReasoningContent},
        {"reasoning", Key::kReasoning},
        {"tool_calls", Key::kToolCalls},
    };
    for (const auto& [text, key] : kKeys) {
      if (text == name) return key;
    }
    return Key::kOther;
  }

  /// What was read under this key counts no more. Returns the key.
  Key forget(Key key) {
    if (at_ == At::kRoot) {
      if (key == Key::kObject) object_is_error_ = false;
      if (key == Key::kMessage) message_.clear();
      if (key == Key::kError) {
        has_error_ = false;
        error_.clear();
        error_message_.clear();
      }
      if (key == Key::kUsage) {
        has_usage_ = false;
        prompt_tokens_ = completion_tokens_ = 0;
      }
      if (key == Key::kChoices) {
        choices_ = 0;
        finish_reason_.clear();
        has_text_ = false;
        parts_ = {};
      }
    } else if (at_ == At::kUsage) {
      if (key == Key::kPromptTokens) prompt_tokens_ = 0;
      if (key == Key::kCompletionTokens) completion_tokens_ = 0;
    } else if (at_ == At::kError) {
      if (key == Key::kMessage) error_message_.clear();
    } else if (at_ == At::kChoice) {
      if (key == Key::kText) has_text_ = false;
      if (key == Key::kFinishReason) finish_reason_.clear();
      if (key == Key::kDelta) parts_[0] = {};
      if (key == Key::kMessage) parts_[1] = {};
    } else if (at_ == At::kPart) {
      if (key == Key::kContent) part_->has_content = false;
      if (key == Key::kReasoningContent) part_->has_reasoning_content = false;
      if (key == Key::kReasoning) part_->has_reasoning = false;
      if (key == Key::kToolCalls) part_->has_calls = false;
    }
    return key;
  }

  /// A value of any kind, where only its presence counts.
  bool note_value() {
    if (skipped_ > 0) return true;
    if (at_ == At::kRoot && key_ == Key::kError) has_error_ = true;
    if (at_ == At::kChoices) ++choices_;
    if (at_ == At::kCalls) part_->has_calls = true;
    return true;
  }
  bool count(std::int64_t value) {
    if (skipped_ > 0) return true;
    note_value();
    if (at_ != At::kUsage || value < 0 || value > kMostTokens) return true;
    if (key_ == Key::kPromptTokens) prompt_tokens_ = value;
    if (key_ == Key::kCompletionTokens) completion_tokens_ = value;
    return true;
  }
  bool enter(At at) {
    at_ = at;
    return true;
  }
  bool leave() {
    if (skipped_ > 0) {
      --skipped_;
      return true;
    }
    switch (at_) {
      case At::kCalls:
        return enter(At::kPart);
      case At::kPart:
        return enter(At::kChoice);
      case At::kChoice:
        return enter(At::kChoices);
      case At::kRoot:
        return enter(At::kOutside);
      default:
        return enter(At::kRoot);
    }
  }
  /// `{"error": {"message": …}}`, `{"error": "…"}`, or vLLM's older `{"object": "error", "message":
  /// …}`.
  std::string error_text() const {
    if (!object_is_error_ && !has_error_) return "";
    if (!object_is_error_ && !error_.empty()) return error_;
    const std::string& message = object_is_error_ ? message_ : error_message_;
    return message.empty() ? "the server reports an error" : message;
  }

  At at_ = At::kOutside;
  Key key_ = Key::kOther;    ///< of the value that comes next, in an object
  std::size_t skipped_ = 0;  ///< open objects and arrays of which nothing is wanted
  bool is_object_ = false;
  bool object_is_error_ = false;
  bool has_error_ = false;
  bool has_usage_ = false;
  bool has_text_ = false;
  std::string message_, error_, error_message_, finish_reason_;
  std::int64_t prompt_tokens_ = 0;
  std::int64_t completion_tokens_ = 0;
  std::size_t choices_ = 0;      ///< elements seen
  std::array<Part, 2> parts_{};  ///< `delta`, `message`
  Part* part_ = nullptr;
};

}  // namespace

std::optional<ReplyFields> parse_reply(std::string_view json) {
  ReplyReader reader;
  if (!nlohmann::json::sax_parse(json, &reader)) return std::nullopt;
  return reader.fields();
}

}  // namespace blis::live
