#include "live/observe/prompt_text.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "random/random_stream.h"

namespace blis::live {
namespace {

constexpr std::array<std::string_view, 100> kVocabulary = {
    "alpha",  "bravo",  "charlie", "delta",  "echo",     "foxtrot", "golf",   "hotel",  "india",
    "juliet", "kilo",   "lima",    "mike",   "november", "oscar",   "papa",   "quebec", "romeo",
    "sierra", "tango",  "uniform", "victor", "whiskey",  "xray",    "yankee", "zulu",   "apple",
    "banana", "cherry", "date",    "elder",  "fig",      "grape",   "hazel",  "iris",   "jasmine",
    "kiwi",   "lemon",  "mango",   "nutmeg", "olive",    "peach",   "quince", "rose",   "sage",
    "thyme",  "umber",  "violet",  "willow", "yarrow",   "acorn",   "birch",  "cedar",  "daisy",
    "elm",    "fern",   "ginger",  "holly",  "ivy",      "juniper", "kelp",   "laurel", "maple",
    "nettle", "oak",    "pine",    "quinoa", "reed",     "spruce",  "tulip",  "umbra",  "vine",
    "walnut", "xylem",  "yew",     "zinnia", "alder",    "basil",   "clover", "dill",   "fennel",
    "garlic", "hemp",   "indigo",  "jade",   "kumquat",  "lily",    "moss",   "neem",   "orchid",
    "poppy",  "rye",    "saffron", "tea",    "urchin",   "verbena", "wheat",  "xeris",  "yucca",
    "zest"};

constexpr std::int64_t kWords = 100;
constexpr std::int64_t kDefaultPrefixTokens = 50;

std::string_view word_of(std::int64_t token) {
  return kVocabulary[static_cast<std::size_t>(((token % kWords) + kWords) % kWords)];
}

void append_text(std::string& text, std::span<const std::int32_t> tokens, std::int64_t words) {
  text.reserve(text.size() + static_cast<std::size_t>(words) * 7);
  for (std::int64_t i = 0; i < words; ++i) {
    const auto index = static_cast<std::size_t>(i);
    text += word_of(index < tokens.size() ? tokens[index] : i);
    text += ' ';
  }
}

/// The seed of a group's text: FNV-1a over the seed's eight bytes, lowest first, and the name.
std::int64_t prefix_seed(std::int64_t seed, std::string_view group) {
  std::string bytes;
  for (int byte = 0; byte < 8; ++byte) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(seed) >> (8 * byte));
  }
  bytes += group;
  return static_cast<std::int64_t>(random::fnv1a64(bytes));
}

}  // namespace

std::span<const std::string_view> vocabulary() { return kVocabulary; }

std::string calibration_prompt() {
  std::string text;
  for (const std::string_view word : kVocabulary) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

double tokens_per_word(std::int64_t counted_tokens) {
  const double ratio = static_cast<double>(counted_tokens) / static_cast<double>(kWords);
  return ratio >= 1.0 && ratio <= 3.0 ? ratio : 1.0;
}

std::map<std::string, std::int64_t> prefix_lengths(const workload::WorkloadSpec& spec) {
  std::map<std::string, std::int64_t> lengths;
  for (const workload::ClientSpec& client : spec.clients) {
    if (client.prefix_group.empty()) continue;
    lengths[client.prefix_group] =
        client.prefix_length > 0 ? client.prefix_length : kDefaultPrefixTokens;
  }
  return lengths;
}

PromptText::PromptText(double tokens_per_word, std::int64_t seed,
                       const std::map<std::string, std::int64_t>& prefix_lengths)
    : tokens_per_word_(tokens_per_word) {
  for (const auto& [group, tokens] : prefix_lengths) {
    random::RandomStream stream(prefix_seed(seed, group));
    Prefix& prefix = prefixes_[group];
    prefix.tokens = tokens;
    for (std::int64_t i = 0, n = words(tokens); i < n; ++i) {
      prefix.text += word_of(stream.intn(kWords));
      prefix.text += ' ';
    }
  }
}

std::int64_t PromptText::words(std::int64_t tokens) const {
  // std::round rounds halves away from zero, as the format wants.
  const double words = std::round(static_cast<double>(tokens) / tokens_per_word_);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(words));
}

std::string PromptText::prompt(std::string_view prefix_group, std::int64_t input_tokens,
                               std::span<const std::int32_t> tokens) const {
  std::string text;
  const auto prefix = prefix_group.empty() ? prefixes_.end() : prefixes_.find(prefix_group);
  if (prefix == prefixes_.end()) {
    append_text(text, tokens, words(input_tokens));
    return text;
  }
  const std::int64_t suffix = std::max<std::int64_t>(1, input_tokens - prefix->second.tokens);
  const auto known = static_cast<std::int64_t>(tokens.size());
  const std::int64_t start = std::clamp<std::int64_t>(known - suffix, 0, known);
  text = prefix->second.text;
  append_text(text, tokens.subspan(static_cast<std::size_t>(start)), words(suffix));
  return text;
}

}  // namespace blis::live
