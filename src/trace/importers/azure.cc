// Azure LLM inference traces (code and conversation; 2023 and 2024): a CSV of
// TIMESTAMP,ContextTokens,GeneratedTokens. Timestamps are wall clock with fractions of a second, as
// `2023-11-16 18:17:03.9799600` or `2024-05-10 00:00:00.009930+00:00`. No sessions, no contents.

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>

#include "trace/importers/csv_columns.h"
#include "trace/importers/importers.h"

namespace blis::trace {
namespace {

// Takes digits from the front of a text, and says whether everything fitted.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits, int low, int high) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') ok_ = false;
      if (!ok_) return low;
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    if (value < low || value > high) ok_ = false;
    return value;
  }
  void expect(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos) {
      ok_ = false;
      return;
    }
    rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Whether number() would take one: never again after a failure.
  bool at_digit() const { return ok_ && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }
  bool finished() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// Microseconds since the epoch; digits beyond the microsecond are dropped.
std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  Scanner scan(text);
  const int year = scan.number(4, 1970, 2200);
  scan.expect("-");
  const int month = scan.number(2, 1, 12);
  scan.expect("-");
  const int day = scan.number(2, 1, 31);
  scan.expect(" T");
  std::int64_t seconds = scan.number(2, 0, 23) * 3600;
  scan.expect(":");
  seconds += scan.number(2, 0, 59) * 60;
  scan.expect(":");
  seconds += scan.number(2, 0, 60);
  std::int64_t micros = 0;
  if (scan.take('.')) {
    int digits = 0;
    for (; scan.at_digit(); ++digits) {
      const int digit = scan.number(1, 0, 9);
      if (digits < 6) micros = micros * 10 + digit;
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 6; ++digits) micros *= 10;
  }
  if (!scan.take('Z')) {
    const bool east = scan.take('+');
    if (east || scan.take('-')) {
      std::int64_t offset = scan.number(2, 0, 14) * 3600;
      scan.expect(":");
      offset += scan.number(2, 0, 59) * 60;
      seconds -= east ? offset : -offset;
    }
  }
  if (!scan.finished()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (days * 86'400 + seconds) * 1'000'000 + micros;
}

}  // namespace

void import_azure(const std::string& file, const RecordSink& sink, Diagnostics& /*diagnostics*/) {
  enum Column : std::size_t { kTime, kInput, kOutput };
  CsvColumns csv(file, {"TIMESTAMP", "ContextTokens", "GeneratedTokens"});
  std::optional<std::int64_t> first_us;
  while (csv.next()) {
    const std::string_view text = *csv.field(kTime);
    const std::optional<std::int64_t> time_us = parse_timestamp(text);
    if (!time_us) {
      csv.fail(kTime, fmt::format("\"{}\" is not a time like 2023-11-16 18:17:03.9799600", text));
    }
    if (!first_us) first_us = time_us;
    if (*time_us < *first_us) {
      csv.fail(kTime, fmt::format("{} lies before the first row of the file", text));
    }
    TraceRecord record;
    record.arrival_time_us = *time_us - *first_us;
    record.send_time_us = record.arrival_time_us;
    record.input_tokens = csv.tokens(kInput);
    record.output_tokens = csv.tokens(kOutput);
    record.text_tokens = record.input_tokens;
    record.status = "ok";
    sink(record);
  }
}

}  // namespace blis::trace
