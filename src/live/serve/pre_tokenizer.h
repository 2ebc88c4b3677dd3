// The pre-tokenizer of a tokenizer.json: how a text is cut before pieces are merged into tokens.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace blis::live {

/// Cuts at the matches of a regular expression; matches and what lies between them are pieces.
class RegexSplit {
 public:
  /// THROWS std::invalid_argument with PCRE2's reason.
  explicit RegexSplit(const std::string& pattern);
  ~RegexSplit();
  RegexSplit(RegexSplit&&) noexcept;
  RegexSplit& operator=(RegexSplit&&) noexcept;

  /// Appends the pieces of `text` (valid UTF-8) to `pieces`; empty ones are left out.
  void split(std::string_view text, std::vector<std::string_view>& pieces) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

/// `text` as a regular expression that matches it and nothing else.
std::string quoted_pattern(std::string_view text);

}  // namespace blis::live
