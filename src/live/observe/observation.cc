#include "live/observe/observation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "live/observe/prompt_text.h"
#include "live/observe/signal_watch.h"
#include "live/observe/single_exchange.h"
#include "workload/generate.h"
#include "workload/inference_perf.h"

namespace blis::live {
namespace {

/// Files, pipes and sockets besides those of the requests.
constexpr std::size_t kOtherDescriptors = 64;

/// Prefix lengths of the clients that generation will see, which expands descriptions itself.
std::map<std::string, std::int64_t> expanded_prefix_lengths(workload::WorkloadSpec spec) {
  if (spec.inference_perf && spec.clients.empty()) {
    Diagnostics repeated;  // generation says the same
    workload::expand_inference_perf(spec, repeated);
  }
  return prefix_lengths(spec);
}

void make_room(std::size_t max_in_flight, Diagnostics& diagnostics) {
  const std::size_t needed = max_in_flight + kOtherDescriptors;
  const std::size_t granted = raise_descriptor_limit(needed);
  if (granted < needed) {
    diagnostics.warn("the limit of open files is below --max-concurrency: connections may fail",
                     fmt::format("{} for {}", granted, max_in_flight));
  }
}

}  // namespace

Observation observe(const workload::ResolvedWorkload& load, const ObserveOptions& options,
                    const std::function<void(const ObservedRequest&)>& on_record,
                    Diagnostics& diagnostics) {
  make_room(options.load.max_in_flight, diagnostics);
  EventLoop loop;
  const SignalWatch signals(loop);
  HttpClient client(loop, options.load.max_in_flight + kOtherDescriptors);
  const Session session{loop, client, signals};
  const Target& target = options.target;

  // The workload. Bodies are made when a request is generated, ahead of its time.
  const PromptText prompts(measure_tokens_per_word(session, target, diagnostics), load.spec.seed,
                           expanded_prefix_lengths(load.spec));
  SymbolTable symbols;
  TokenCapture tokens;
  workload::GenerationOptions generation = load.options;
  generation.observer = &tokens;
  workload::GeneratedWorkload generated =
      workload::generate(load.spec, generation, symbols, diagnostics);
  SendQueue queue(*generated.source, [&](const request::RequestSpec& spec) {
    const std::string prompt =
        prompts.prompt(symbols.text(spec.prefix_group), spec.input_tokens, tokens.tokens());
    return load_body(target, options.load, spec, symbols.text(spec.slo_class), prompt);
  });

  if (options.prewarm.count() > 0) prewarm(session, target, options.prewarm, diagnostics);
  std::optional<MetricSums> before;
  if (!options.scrape_url.empty())
    before = scrape(session, target, options.scrape_url, diagnostics);

  Observation observation;
  LoadGenerator generator(
      session, target, options.load, symbols, queue, generated.sessions.get(),
      [&](ObservedRequest request) {
        on_record(request);
        observation.requests.push_back(std::move(request));
      },
      diagnostics);
  queue.next_time_us();  // the first request is ready when the clock starts
  observation.start = Clock::now();
  const RunClock clock;
  observation.start_since_epoch_us = clock.start_since_epoch_us();
  generator.run(clock);

  observation.interrupted = signals.interrupted();
  observation.statistics = generator.statistics();
  if (before && !observation.interrupted) {
    const std::optional<MetricSums> after =
        scrape(session, target, options.scrape_url, diagnostics);
    if (after) {
      observation.kv_metrics = derive_hit_rate(*before, *after);
      if (!observation.kv_metrics) {
        diagnostics.warn("the server's metrics have no usable hit rate; none is recorded");
      }
    }
  }
  return observation;
}

}  // namespace blis::live
