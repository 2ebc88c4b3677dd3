#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "trace/tools/rewrite.h"
#include "trace/tools/row_times.h"
#include "trace/trace_output.h"

namespace blis::trace {
namespace {

[[noreturn]] void fail(std::string_view flag, std::string_view message) {
  throw ConfigError({.file = "", .line = 0, .key = std::string(flag)}, message);
}

std::int64_t microseconds(std::string_view flag, double seconds) {
  constexpr double kLongest = 9e12;  // 2^63 µs, nearly
  if (!(seconds >= 0 && seconds <= kLongest)) {
    fail(flag, fmt::format("must be a number of seconds of at least 0, got {}", seconds));
  }
  return static_cast<std::int64_t>(std::llround(seconds * 1e6));
}

class Filter {
 public:
  explicit Filter(const SliceOptions& options)
      : options_(options),
        from_us_(microseconds("--from-seconds", options.from_s)),
        to_us_(options.to_s == 0 ? std::numeric_limits<std::int64_t>::max()
                                 : microseconds("--to-seconds", options.to_s)) {
    if (to_us_ <= from_us_) {
      fail("--to-seconds", fmt::format("must be later than --from-seconds {}, got {}",
                                       options.from_s, options.to_s));
    }
    if (options.skip_rows < 0) {
      fail("--skip-rows", fmt::format("must be at least 0, got {}", options.skip_rows));
    }
    if (options.rows < 0) fail("--rows", fmt::format("must be at least 0, got {}", options.rows));
  }

  bool needs_start() const {
    return from_us_ > 0 || to_us_ < std::numeric_limits<std::int64_t>::max();
  }
  void set_start(std::int64_t start_us) { start_us_ = start_us; }

  bool operator()(const TraceRecord& r, std::int64_t row) const {
    if (row < options_.skip_rows) return false;
    if (options_.rows > 0 && row - options_.skip_rows >= options_.rows) return false;
    const auto matches = [](const std::string& wanted, const std::string& value) {
      return wanted.empty() || wanted == value;
    };
    if (!matches(options_.tenant, r.tenant_id) || !matches(options_.slo_class, r.slo_class) ||
        !matches(options_.model, r.model) || !matches(options_.status, r.status)) {
      return false;
    }
    if (!needs_start()) return true;
    const double since_start =
        static_cast<double>(r.arrival_time_us) - static_cast<double>(start_us_);
    return since_start >= static_cast<double>(from_us_) &&
           since_start < static_cast<double>(to_us_);
  }
  /// Whether no row from this one on can pass.
  bool is_past(std::int64_t row) const {
    return options_.rows > 0 && row - options_.skip_rows >= options_.rows;
  }

 private:
  const SliceOptions& options_;
  std::int64_t from_us_;
  std::int64_t to_us_;
  std::int64_t start_us_ = 0;
};

}  // namespace

void slice_trace(const RewriteFiles& files, const SliceOptions& options) {
  Filter filter(options);
  const TraceHeader header = load_trace_header(files.header);
  if (filter.needs_start()) {
    const auto origin =
        origin_of(files.data, [](const TraceRecord&, std::int64_t) { return true; });
    filter.set_start(origin ? origin->arrival_us : 0);
  }
  TimeOrigin base;
  if (options.rebase) base = origin_of(files.data, filter).value_or(TimeOrigin());

  TraceOutput out(files.output, TraceReader(files.data, TraceReader::Fields::kAsWritten).columns());
  std::int64_t kept = 0;
  for_each_row(files.data, [&](TraceRecord& record, std::int64_t row) {
    if (filter.is_past(row)) return false;
    if (!filter(record, row)) return true;
    shift(record, -base.arrival_us, -base.send_us);
    out.write(record);
    ++kept;
    return true;
  });
  if (kept == 0) throw DataError({.file = files.data, .line = 0, .key = ""}, "no row is left");
  out.commit(header);
}

}  // namespace blis::trace
