#include "live/serve/pre_tokenizer.h"

#include <array>
#include <stdexcept>
#include <utility>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace blis::live {

struct RegexSplit::Compiled {
  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;

  Compiled() = default;
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() {
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
};

RegexSplit::RegexSplit(const std::string& pattern) : compiled_(std::make_unique<Compiled>()) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  compiled_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                  PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr);
  if (compiled_->code == nullptr) {
    std::array<PCRE2_UCHAR, 256> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    throw std::invalid_argument(reinterpret_cast<const char*>(message.data()));
  }
  // Without it matching is slower and gives the same.
  pcre2_jit_compile(compiled_->code, PCRE2_JIT_COMPLETE);
  compiled_->match = pcre2_match_data_create_from_pattern(compiled_->code, nullptr);
}

RegexSplit::~RegexSplit() = default;
RegexSplit::RegexSplit(RegexSplit&&) noexcept = default;
RegexSplit& RegexSplit::operator=(RegexSplit&&) noexcept = default;

void RegexSplit::split(std::string_view text, std::vector<std::string_view>& pieces) const {
  const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  const auto add = [&](std::size_t from, std::size_t to) {
    if (to > from) pieces.push_back(text.substr(from, to - from));
  };
  std::size_t done = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const int found = pcre2_match(compiled_->code, subject, text.size(), at, PCRE2_NO_UTF_CHECK,
                                  compiled_->match, nullptr);
    if (found < 0) break;  // no further match, or its limits are exceeded: the rest is one piece
    const PCRE2_SIZE* span = pcre2_get_ovector_pointer(compiled_->match);
    if (span[1] <= span[0]) {
      // An empty match cuts nothing; go on behind the next character.
      ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
      continue;
    }
    add(done, span[0]);
    add(span[0], span[1]);
    done = at = span[1];
  }
  add(done, text.size());
}

std::string quoted_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    constexpr std::string_view kSpecial = "\\^$.[]|()?*+{}-#";
    if (kSpecial.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace blis::live
