#include <algorithm>
#include <cstddef>

#include "live/serve/tokenizer.h"

namespace blis::live {
namespace {

constexpr std::size_t kWholeWord = 7;
constexpr std::size_t kWordPiece = 4;
constexpr std::size_t kDigits = 3;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// FNV-1a, folded into the positive range.
std::int32_t id_of(std::string_view piece) {
  std::uint32_t hash = 2166136261U;
  for (const char c : piece) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return static_cast<std::int32_t>(hash & 0x7FFFFFFFU);
}

/// Length of the run from `from` on whose characters satisfy `belongs`.
template <typename Belongs>
std::size_t run_length(std::string_view text, std::size_t from, Belongs belongs) {
  std::size_t end = from;
  while (end < text.size() && belongs(text[end])) ++end;
  return end - from;
}

class ApproximateTokenizer final : public Tokenizer {
 public:
  std::vector<std::int32_t> encode(std::string_view text) const override {
    std::vector<std::int32_t> ids;
    const auto cut = [&](std::string_view piece, std::size_t size) {
      for (std::size_t i = 0; i < piece.size(); i += size)
        ids.push_back(id_of(piece.substr(i, size)));
    };
    std::size_t i = 0;
    while (i < text.size()) {
      const std::size_t space = text[i] == ' ' && i + 1 < text.size() && is_letter(text[i + 1]);
      const std::size_t letters = run_length(text, i + space, is_letter);
      if (letters > 0) {
        const std::string_view word = text.substr(i, space + letters);
        cut(word, letters <= kWholeWord ? word.size() : kWordPiece);
        i += word.size();
      } else if (is_digit(text[i])) {
        const std::string_view digits = text.substr(i, run_length(text, i, is_digit));
        cut(digits, kDigits);
        i += digits.size();
      } else if (text[i] == ' ' || text[i] == '\n' || text[i] == '\t') {
        const char blank = text[i];
        std::size_t run = run_length(text, i, [&](char c) { return c == blank; });
        // The last space belongs to the word behind it.
        if (blank == ' ' && run > 1 && i + run < text.size() && is_letter(text[i + run])) --run;
        ids.push_back(id_of(text.substr(i, run)));
        i += run;
      } else {
        const std::size_t more = run_length(text, i + 1, is_continuation);
        ids.push_back(id_of(text.substr(i, 1 + more)));
        i += 1 + more;
      }
    }
    return ids;
  }
  const std::vector<std::string>& answer_pieces() const override { return pieces_; }

 private:
  std::vector<std::string> pieces_{
      " the",  " of",    " and",  " to",    " in",    " is",   " that", " for",  " it",    " as",
      " was",  " with",  " be",   " by",    " on",    " not",  " he",   " this", " are",   " or",
      " his",  " from",  " at",   " which", " but",   " have", " an",   " had",  " they",  " you",
      " were", " their", " one",  " all",   " we",    " can",  " her",  " has",  " there", " been",
      " if",   " more",  " when", " will",  " would", " who",  " so",   " no",   " out",   " up"};
};

}  // namespace

std::unique_ptr<Tokenizer> make_approximate_tokenizer() {
  return std::make_unique<ApproximateTokenizer>();
}

}  // namespace blis::live
