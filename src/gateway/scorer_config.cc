#include "gateway/scorer_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "base/number_text.h"
#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

InputLocation at(const std::string& key) { return {.file = {}, .line = 0, .key = key}; }

void check_scorer(const std::vector<ScorerWeight>& earlier, const ScorerWeight& scorer,
                  const std::string& key) {
  if (find_scorer(scorer.name) == nullptr) {
    std::vector<std::string_view> names;
    for (const ScorerEntry& entry : scorer_entries()) names.push_back(entry.name);
    throw ConfigError(at(key), unknown_name("scorer", scorer.name, names));
  }
  if (std::ranges::find(earlier, scorer.name, &ScorerWeight::name) != earlier.end()) {
    throw ConfigError(at(key), fmt::format("scorer \"{}\" is listed twice", scorer.name));
  }
  if (!std::isfinite(scorer.weight) || scorer.weight <= 0) {
    throw ConfigError(
        at(key), fmt::format("weight of scorer \"{}\" is {}; it must be a finite number above 0",
                             scorer.name, scorer.weight));
  }
}

}  // namespace

std::vector<ScorerWeight> parse_scorers(std::string_view text, std::string_view flag) {
  std::vector<ScorerWeight> scorers;
  if (text.empty()) return scorers;
  const std::string key(flag);
  for (;;) {
    const std::size_t comma = text.find(',');
    const std::string_view element = trim(text.substr(0, comma));
    const std::size_t colon = element.find(':');
    if (colon == std::string_view::npos) {
      throw ConfigError(at(key), fmt::format("\"{}\" is not of the form name:weight", element));
    }
    const std::string_view weight_text = trim(element.substr(colon + 1));
    const std::optional<double> weight = parse_flag_double(weight_text);
    const std::string name(trim(element.substr(0, colon)));
    if (!weight) {
      throw ConfigError(at(key), fmt::format("weight \"{}\" of scorer \"{}\" is not a number",
                                             weight_text, name));
    }
    check_scorer(scorers, {name, *weight}, key);
    scorers.push_back({name, *weight});
    if (comma == std::string_view::npos) return scorers;
    text.remove_prefix(comma + 1);
  }
}

void check_scorers(const std::vector<ScorerWeight>& scorers, std::string_view key) {
  std::vector<ScorerWeight> earlier;
  for (std::size_t i = 0; i < scorers.size(); ++i) {
    check_scorer(earlier, scorers[i], fmt::format("{}[{}]", key, i));
    earlier.push_back(scorers[i]);
  }
}

std::vector<ScorerWeight> default_scorers() {
  return {{"precise-prefix-cache", 2}, {"queue-depth", 1}, {"kv-utilization", 1}};
}

std::vector<ScorerWeight> effective_scorers(std::vector<ScorerWeight> from_flag,
                                            std::vector<ScorerWeight> from_bundle) {
  if (!from_flag.empty()) return from_flag;
  if (!from_bundle.empty()) return from_bundle;
  return default_scorers();
}

void append_lora_scorer(std::vector<ScorerWeight>& scorers, double weight) {
  const ScorerWeight scorer{"lora-affinity", weight};
  check_scorer(scorers, scorer, "--lora-scorer-weight");
  scorers.push_back(scorer);
}

}  // namespace blis::gateway
