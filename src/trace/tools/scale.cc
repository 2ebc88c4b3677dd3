#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "trace/tools/merging.h"
#include "trace/tools/rewrite.h"
#include "trace/tools/row_times.h"
#include "trace/trace_output.h"

namespace blis::trace {
namespace {

constexpr double kMaxCopies = 64;  // each copy holds rows back to sort them

[[noreturn]] void fail(std::string_view flag, std::string_view message) {
  throw ConfigError({.file = "", .line = 0, .key = std::string(flag)}, message);
}

std::uint64_t mix(std::uint64_t x) {  // splitmix64's finalizer
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

// Uniform in [0, 1), the same for all rows of a session: sessions stay whole.
double lot(const TraceRecord& record, std::int64_t row, std::uint64_t seed) {
  std::uint64_t key = 0xcbf29ce484222325U;  // FNV-1a
  if (record.session_id.empty()) {
    key = static_cast<std::uint64_t>(row);
  } else {
    for (const char c : record.session_id) {
      key = (key ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
  }
  return static_cast<double>(mix(key ^ mix(seed)) >> 11) * 0x1p-53;
}

void compress(const RewriteFiles& files, double factor, TraceOutput& out) {
  const TimeOrigin origin = origin_of(files.data, [](const TraceRecord&, std::int64_t) {
                              return true;
                            }).value_or(TimeOrigin());
  // By how much a time moves; exact where nothing changes.
  const auto move = [factor](std::int64_t time, std::int64_t first) {
    const double since = static_cast<double>(time) - static_cast<double>(first);
    return static_cast<std::int64_t>(std::llround(since / factor - since));
  };
  for_each_row(files.data, [&](TraceRecord& record, std::int64_t /*row*/) {
    shift(record, move(record.arrival_time_us, origin.arrival_us),
          was_sent(record) ? move(record.send_time_us, origin.send_us) : 0);
    out.write(record);
    return true;
  });
}

void thin(const RewriteFiles& files, const ScaleOptions& options, TraceOutput& out) {
  std::int64_t kept = 0;
  for_each_row(files.data, [&](TraceRecord& record, std::int64_t row) {
    if (lot(record, row, options.seed) >= options.rate_factor) return true;
    out.write(record);
    ++kept;
    return true;
  });
  if (kept == 0) throw DataError({.file = files.data, .line = 0, .key = ""}, "no row is left");
}

std::vector<MergeInput> copies(const RewriteFiles& files, const ScaleOptions& options) {
  const auto delay_us = static_cast<std::int64_t>(std::llround(options.copy_delay_s * 1e6));
  const int whole = static_cast<int>(options.rate_factor);
  const double rest = options.rate_factor - whole;
  std::vector<MergeInput> inputs;
  for (int k = 0; k < whole + (rest > 0 ? 1 : 0); ++k) {
    const std::string suffix = k == 0 ? "" : fmt::format("~{}", k);
    const double share = k < whole ? 1 : rest;
    const std::uint64_t seed = options.seed;
    inputs.push_back({files.data, [=](TraceRecord& record, std::int64_t row) {
                        if (share < 1 && lot(record, row, seed) >= share) return false;
                        shift(record, k * delay_us, k * delay_us);
                        if (!record.session_id.empty()) record.session_id += suffix;
                        return true;
                      }});
  }
  return inputs;
}

}  // namespace

void scale_trace(const RewriteFiles& files, const ScaleOptions& options) {
  const double factor = options.rate_factor;
  if (!std::isfinite(factor) || factor <= 0) {
    fail("--rate-factor", fmt::format("must be a finite number above 0, got {}", factor));
  }
  if (factor < 1e-6 || factor > 1e6) {
    fail("--rate-factor", fmt::format("must be from 1e-06 to 1e+06, got {}", factor));
  }
  TraceHeader header = load_trace_header(files.header);
  header.observed_kv_metrics.reset();  // of another load

  if (options.method == "superpose") {
    if (factor < 1 || factor > kMaxCopies) {
      fail("--rate-factor",
           fmt::format("superpose takes 1 to {}, got {}; thin and compress lower the rate",
                       kMaxCopies, factor));
    }
    if (!(options.copy_delay_s >= 0 && options.copy_delay_s <= 1e9)) {
      fail("--copy-delay-seconds",
           fmt::format("must be from 0 to 1e9 seconds, got {}", options.copy_delay_s));
    }
    header.warm_up_requests = 0;  // rows are numbered anew
    const std::vector<MergeInput> inputs = copies(files, options);
    TraceOutput out(files.output, columns_of(inputs));
    if (merge_rows(inputs, out) == 0) {
      throw DataError({.file = files.data, .line = 0, .key = ""}, "the trace has no rows");
    }
    out.commit(header);
    return;
  }

  TraceOutput out(files.output, TraceReader(files.data, TraceReader::Fields::kAsWritten).columns());
  if (options.method == "thin") {
    if (factor > 1) {
      fail("--rate-factor",
           fmt::format("thin takes at most 1, got {}; superpose and compress raise the rate",
                       factor));
    }
    thin(files, options, out);
  } else if (options.method == "compress") {
    compress(files, factor, out);
  } else {
    constexpr std::string_view kMethods[] = {"compress", "superpose", "thin"};
    fail("--method", unknown_name("method", options.method, kMethods));
  }
  out.commit(header);
}

}  // namespace blis::trace
