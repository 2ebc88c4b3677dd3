#include "trace/importers/csv_columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/number_text.h"
#include "base/text.h"
#include "trace/replay_rows.h"

namespace blis::trace {

CsvColumns::CsvColumns(const std::string& file, std::vector<std::string_view> required,
                       std::vector<std::string_view> optional)
    : names_(std::move(required)), csv_(file) {
  const std::size_t required_count = names_.size();
  names_.insert(names_.end(), optional.begin(), optional.end());
  if (!csv_.next(fields_)) {
    throw DataError({.file = file, .line = 0, .key = ""}, "the file has no header row");
  }
  if (!fields_.empty() && fields_[0].starts_with("\xef\xbb\xbf")) fields_[0].remove_prefix(3);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto found =
        std::ranges::find(fields_, names_[i], [](std::string_view field) { return trim(field); });
    if (found != fields_.end()) {
      positions_.emplace_back(static_cast<std::size_t>(found - fields_.begin()));
    } else if (i < required_count) {
      throw DataError(
          {.file = file, .line = csv_.line(), .key = std::string(names_[i])},
          fmt::format("there is no such column; the file has: {}",
                      fmt::join(fields_.begin(),
                                fields_.begin() + static_cast<std::ptrdiff_t>(
                                                      std::min<std::size_t>(fields_.size(), 20)),
                                ", ")));
    } else {
      positions_.emplace_back(std::nullopt);
    }
  }
}

bool CsvColumns::next() {
  if (!csv_.next(fields_)) return false;
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    if (positions_[i] && *positions_[i] >= fields_.size()) {
      fail(i, fmt::format("the row has only {} fields", fields_.size()));
    }
  }
  return true;
}

std::optional<std::string_view> CsvColumns::field(std::size_t index) const {
  if (!positions_[index]) return std::nullopt;
  return trim(fields_[*positions_[index]]);
}

std::int64_t CsvColumns::tokens(std::size_t index) const {
  const std::string_view text = *field(index);
  const std::optional<std::int64_t> value = parse_plain_int(text);
  if (!value || *value < 0 || *value > kMaxRowTokens) {
    fail(index, fmt::format("\"{}\" is not a number of tokens from 0 to {}", text, kMaxRowTokens));
  }
  return *value;
}

void CsvColumns::fail(std::size_t index, std::string_view message) const {
  throw DataError({.file = csv_.file(), .line = csv_.line(), .key = std::string(names_[index])},
                  message);
}

}  // namespace blis::trace
