// Digests of generated workloads, as the acceptance vectors are given: FNV-1a over one line per
// request.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "random/random_stream.h"
#include "request/request_name.h"
#include "workload/generate.h"
#include "workload/spec_reader.h"

namespace blis::workload::testing {

/// What a test keeps of one request.
struct Seen {
  request::RequestSpec request;
  TokenDigest input;
  TokenDigest output;
};

class Recorder final : public TokenObserver {
 public:
  void on_request(const request::RequestSpec& request, const TokenDigest& input,
                  const TokenDigest& output) override {
    seen.push_back({request, input, output});
  }
  std::vector<Seen> seen;
};

/// A generated workload with all its initial requests pulled, ready to play its sessions.
struct Played {
  SymbolTable symbols;
  Diagnostics diagnostics;
  Recorder recorder;
  GeneratedWorkload workload;
  std::vector<Seen> initial;

  std::string line(const Seen& seen) const {
    const request::RequestSpec& r = seen.request;
    return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}\n", request::format_name(r.name, symbols),
                       r.arrival.count(), r.input_tokens, r.output_tokens, seen.input.weighted_sum,
                       seen.output.weighted_sum, symbols.text(r.client), symbols.text(r.session),
                       r.round_index, r.deadline.count());
  }
  std::string lines(const std::vector<Seen>& requests) const {
    std::string text;
    for (const Seen& seen : requests) text += line(seen);
    return text;
  }
  std::string digest(const std::vector<Seen>& requests) const {
    return fmt::format("{:016x}", random::fnv1a64(lines(requests)));
  }

  /// Ends every session request one second after its arrival, first in, first out, and returns the
  /// follow-ups.
  std::vector<Seen> play_sessions() {
    recorder.seen.clear();
    std::deque<request::RequestSpec> queue;
    for (const Seen& seen : initial) {
      if (seen.request.session != SymbolTable::empty()) queue.push_back(seen.request);
    }
    while (!queue.empty() && workload.sessions) {
      const request::RequestSpec r = queue.front();
      queue.pop_front();
      const std::int64_t progress = r.input_tokens + std::max<std::int64_t>(r.output_tokens, 1) - 1;
      auto next = workload.sessions->on_terminal(r, request::TerminalOutcome::kCompleted, progress,
                                                 r.arrival + Micros(1'000'000));
      if (next) queue.push_back(*next);
    }
    return recorder.seen;
  }
};

inline std::unique_ptr<Played> play(const WorkloadSpec& spec, GenerationOptions options) {
  auto played = std::make_unique<Played>();
  options.observer = &played->recorder;
  played->workload = generate(spec, options, played->symbols, played->diagnostics);
  while (played->workload.source->next()) {
  }
  played->initial = played->recorder.seen;
  return played;
}

/// Horizon and cap as the spec itself says.
inline GenerationOptions own_options(const WorkloadSpec& spec) {
  GenerationOptions options;
  if (spec.horizon_us > 0) options.horizon = Micros(spec.horizon_us);
  options.max_requests = spec.num_requests;
  return options;
}

inline WorkloadSpec parse(std::string_view yaml) {
  Diagnostics diagnostics;
  return parse_workload_spec(yaml, "test.yaml", diagnostics);
}

}  // namespace blis::workload::testing
