#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace blis {
namespace {

/// Insertions, deletions and substitutions that lead from `a` to `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);  // distances of a[0, i) to every prefix of b
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string format_error(const InputLocation& where, std::string_view message) {
  std::string text;
  if (!where.file.empty()) {
    text += where.file;
    if (where.line > 0) text += fmt::format(":{}", where.line);
    text += ": ";
  }
  if (!where.key.empty()) text += where.key + ": ";
  text += message;
  return text;
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> valid) {
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string_view candidate : valid) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string unknown_name(std::string_view what, std::string_view name,
                         std::span<const std::string_view> valid) {
  std::string text = fmt::format("unknown {} \"{}\"", what, name);
  const std::string_view nearest = nearest_name(name, valid);
  if (!nearest.empty()) text += fmt::format("; did you mean \"{}\"?", nearest);
  text += fmt::format(" (valid: {})", fmt::join(valid, ", "));
  return text;
}

}  // namespace blis
