#include <algorithm>
#include <vector>

#include "base/utf8.h"
#include "base/yaml_writer.h"

namespace blis {
namespace {

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> result;
  while (!text.empty()) {
    const CodePoint c = decode_utf8(text);
    result.push_back(c.value);
    text.remove_prefix(c.width);
  }
  return result;
}

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80; }

/// The number that the digits from `at` on make, continuing `value`; wraps like the reference's.
struct DigitRun {
  std::uint64_t value;
  std::size_t length;
};
DigitRun digit_run(const std::vector<char32_t>& text, std::size_t at, std::uint64_t value) {
  std::size_t end = at;
  for (; end < text.size() && is_digit(text[end]); ++end) value = value * 10 + (text[end] - '0');
  return {value, end - at};
}

}  // namespace

bool yaml_key_less(std::string_view a_text, std::string_view b_text) {
  const std::vector<char32_t> a = code_points(a_text);
  const std::vector<char32_t> b = code_points(b_text);
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (in_a == a.end() || in_b == b.end()) return a.size() < b.size();
  const auto at = static_cast<std::size_t>(in_a - a.begin());

  const bool a_is_letter = is_letter(*in_a);
  const bool b_is_letter = is_letter(*in_b);
  if (a_is_letter && b_is_letter) return *in_a < *in_b;
  if (a_is_letter || b_is_letter) {
    const bool after_digit = at > 0 && is_digit(a[at - 1]);
    return after_digit ? a_is_letter : b_is_letter;
  }

  // Where one of the two goes on with a zero, digits that matched before it count: they make the
  // zero significant.
  std::uint64_t before = 0;
  if (*in_a == '0' || *in_b == '0') {
    for (std::size_t i = at; i > 0 && is_digit(a[i - 1]); --i) {
      if (a[i - 1] != '0') before = 1;
    }
  }
  const DigitRun in_a_run = digit_run(a, at, before);
  const DigitRun in_b_run = digit_run(b, at, before);
  if (in_a_run.value != in_b_run.value) {
    return static_cast<std::int64_t>(in_a_run.value) < static_cast<std::int64_t>(in_b_run.value);
  }
  if (in_a_run.length != in_b_run.length) return in_a_run.length < in_b_run.length;
  return *in_a < *in_b;
}

}  // namespace blis
