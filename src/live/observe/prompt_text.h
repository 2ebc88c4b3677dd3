// Prompts as text: a word for every token id, so that equal tokens give equal text and a server's
// prefix cache sees the sharing that the workload has. SOURCE spec traces 8.2.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "workload/workload_spec.h"

namespace blis::live {

/// The hundred words; token t stands for word t mod 100.
std::span<const std::string_view> vocabulary();

/// All words once, joined by blanks: what the server is asked to count.
std::string calibration_prompt();

/// How many tokens a word is for the server's tokenizer: its count of calibration_prompt() / 100 if
/// that lies in [1, 3], else 1.
double tokens_per_word(std::int64_t counted_tokens);

/// Shared-prefix lengths in tokens by group. Of several clients of one group the last one counts; a
/// client without a length has 50. Cohorts' groups have no text of their own. REQUIRES expanded
/// clients.
std::map<std::string, std::int64_t> prefix_lengths(const workload::WorkloadSpec& spec);

/// Turns a request's tokens into its prompt.
class PromptText {
 public:
  /// Draws the text of every group in `prefix_lengths` from the seed and the group's name.
  PromptText(double tokens_per_word, std::int64_t seed,
             const std::map<std::string, std::int64_t>& prefix_lengths);

  /// The prompt of `input_tokens` tokens whose ids are `tokens` (fewer ids: their index stands in).
  /// A known group's text takes the place of the first tokens. COST O(tokens).
  std::string prompt(std::string_view prefix_group, std::int64_t input_tokens,
                     std::span<const std::int32_t> tokens) const;

  /// Words that `tokens` tokens take: at least 1.
  std::int64_t words(std::int64_t tokens) const;

 private:
  struct Prefix {
    std::int64_t tokens = 0;
    std::string text;
  };

  double tokens_per_word_;
  std::map<std::string, Prefix, std::less<>> prefixes_;
};

}  // namespace blis::live
