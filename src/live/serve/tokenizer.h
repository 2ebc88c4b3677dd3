// Text to token ids and back, as far as a simulated server needs it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace blis::live {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// COST  linear in the text.
  virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;
  /// Pieces that answers are made of: each is one token, also next to any other of them.
  virtual const std::vector<std::string>& answer_pieces() const = 0;
};

/// Counts without a vocabulary: a word with the space before it is one token up to 7 characters of
/// it, longer words are cut every 4; digits are cut every 3; every other character is one token,
/// except that runs of the same white space are one. English text gets about as many tokens as
/// with the usual vocabularies; other scripts get more. Ids are hashes of the pieces.
std::unique_ptr<Tokenizer> make_approximate_tokenizer();

}  // namespace blis::live
