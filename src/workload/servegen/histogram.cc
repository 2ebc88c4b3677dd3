#include "workload/servegen/histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/number_text.h"
#include "random/elementary.h"

namespace blis::workload::servegen {
namespace {

using Entry = std::pair<std::string_view, double>;

/// Keys as text, probabilities as numbers, in the order of the text.
std::vector<Entry> split_entries(std::string_view text) {
  text = trim(text);
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') {
    throw DataError(fmt::format("expected {{key: probability, ...}}, got \"{}\"", text));
  }
  std::string_view rest = text.substr(1, text.size() - 2);
  std::vector<Entry> entries;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view piece = trim(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (piece.empty()) continue;
    const std::size_t colon = piece.find(':');
    if (colon == std::string_view::npos) {
      throw DataError(fmt::format("expected key: probability, got \"{}\"", piece));
    }
    const std::string_view value = trim(piece.substr(colon + 1));
    const std::optional<double> probability = parse_flag_double(value);
    if (!probability) throw DataError(fmt::format("\"{}\" is not a probability", value));
    entries.emplace_back(trim(piece.substr(0, colon)), *probability);
  }
  if (entries.empty()) throw DataError("empty PDF: the histogram has no entry");
  return entries;
}

double parse_key(std::string_view key) {
  const std::optional<double> value = parse_flag_double(key);
  if (!value) throw DataError(fmt::format("\"{}\" is not a number", key));
  return *value;
}

std::string_view without_quotes(std::string_view text) {
  while (!text.empty() && (text.front() == '"' || text.front() == '\'')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '"' || text.back() == '\'')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::map<std::int64_t, double> parse_length_histogram(std::string_view text) {
  std::map<std::int64_t, double> histogram;
  for (const auto& [key, probability] : split_entries(text)) {
    histogram[truncate_to_int64(parse_key(key))] = probability;
  }
  return histogram;
}

std::map<double, double> parse_ratio_histogram(std::string_view text) {
  std::map<double, double> histogram;
  for (const auto& [key, probability] : split_entries(text)) {
    const double ratio = parse_key(without_quotes(key));
    if (!(ratio >= 0 && ratio <= 1)) {
      throw DataError(fmt::format("reason ratio {} is outside valid range [0, 1]", ratio));
    }
    if (!(probability >= 0)) {
      throw DataError(fmt::format("negative probability {} of ratio {}", probability, ratio));
    }
    histogram[ratio] = probability;
  }
  return histogram;
}

Lognormal fit_lognormal(const std::map<std::int64_t, double>& histogram) {
  double total = 0;
  double sum = 0;
  double square_sum = 0;
  for (const auto& [length, probability] : histogram) {
    if (length <= 0 || probability == 0) continue;
    if (probability < 0) {
      throw DataError(fmt::format("negative probability {} of length {}", probability, length));
    }
    const double log_length = random::log(static_cast<double>(length));
    total += probability;
    sum += probability * log_length;
    square_sum += probability * log_length * log_length;
  }
  if (!(total > 0)) throw DataError("sum of probabilities is zero");
  const double mu = sum / total;
  double variance = square_sum / total - mu * mu;
  constexpr double kRounding = 1e-10;  // what the difference of two nearly equal sums may lose
  if (variance < 0 && variance > -kRounding) variance = 0;
  if (variance < 0)
    throw DataError(fmt::format("variance of ln(length) is negative: {}", variance));
  return {mu, std::sqrt(variance)};
}

}  // namespace blis::workload::servegen
