// UTF-8 one code point at a time, as every text format here needs it.
#pragma once

#include <cstddef>
#include <string_view>

namespace blis {

struct CodePoint {
  char32_t value = 0;
  std::size_t width = 0;  ///< bytes taken
  bool valid =
      false;  ///< false: one byte that starts no well-formed sequence; value is then U+FFFD
};

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

/// The code point at the start of `text`. Overlong forms, surrogates and values above U+10FFFF are
/// not valid. REQUIRES  !text.empty()
CodePoint decode_utf8(std::string_view text);

bool is_valid_utf8(std::string_view text);

/// White space in Unicode's sense (property White_Space).
bool is_unicode_space(char32_t c);

}  // namespace blis
