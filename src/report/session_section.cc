#include <algorithm>
#include <map>
#include <optional>

#include "report/fixed_text.h"
#include "report/latency_lists.h"
#include "report/sections.h"
#include "request/request_name.h"
#include "stats/percentile.h"

namespace blis::report {
namespace {

struct Session {
  std::optional<double> start_ms;  // arrival of round 0
  request::RequestName started_by;
  double last_completion_ms = 0;

  // Of several first rounds the last in order of names counts, in whatever order they come.
  void start(const RequestRow& row, const SymbolTable& symbols) {
    const request::RequestName& name = row.spec->name;
    if (start_ms && request::compare_names(name, started_by, symbols) < 0) return;
    start_ms = arrived_at_s(row) * 1000.0;
    started_by = name;
  }
};

std::string line(std::string_view label, std::vector<double> values_ms) {
  if (values_ms.empty()) return "";
  const stats::Distribution d = stats::distribution(std::move(values_ms));
  return fmt::format("  {}mean={} p50={} p95={} p99={} ms (n={})\n", label, fixed(d.mean, 2),
                     fixed(d.p50, 2), fixed(d.p95, 2), fixed(d.p99, 2), d.count);
}

}  // namespace

std::string session_text(SessionTimes times) {
  if (times.sessions == 0) return "";
  return fmt::format("=== Session Metrics ===\n  Sessions: {}\n", times.sessions) +
         line("TTFT cold (round 0): ", std::move(times.cold_ttft_ms)) +
         line("TTFT warm (round≥1): ", std::move(times.warm_ttft_ms)) +
         line("Session duration:    ", std::move(times.duration_ms));
}

std::string session_section(const RunSummary& summary) {
  std::map<Symbol, Session> sessions;
  SessionTimes times;
  for (const RequestRow& row : summary.cluster().rows) {
    const request::Measurements& m = *row.measured;
    if (row.spec->session == SymbolTable::empty() || !m.registered) continue;
    Session& session = sessions[row.spec->session];
    const bool first_round = row.spec->round_index == 0;
    if (m.has_ttft)
      (first_round ? times.cold_ttft_ms : times.warm_ttft_ms).push_back(ticks(m.ttft) / 1000.0);
    if (first_round) session.start(row, summary.symbols());
    if (m.has_e2e) {
      session.last_completion_ms =
          std::max(session.last_completion_ms, ticks(m.completion_time) / 1000.0);
    }
  }
  times.sessions = sessions.size();
  for (const auto& [symbol, session] : sessions) {
    if (!session.start_ms) continue;
    const double duration_ms = session.last_completion_ms - *session.start_ms;
    if (duration_ms > 0) times.duration_ms.push_back(duration_ms);
  }
  return session_text(std::move(times));
}

}  // namespace blis::report
