#include "live/observe/load_generator.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/slo_priority.h"

namespace blis::live {
namespace {

bool streams(const LoadOptions& options, const request::RequestSpec& spec) {
  return (spec.streaming || options.force_streaming) && !options.no_streaming;
}

/// Lower is more urgent, as vLLM has it.
std::optional<std::int64_t> vllm_priority(std::string_view slo_class) {
  if (slo_class.empty()) return std::nullopt;
  return engine::SloPriorities().engine_priority(slo_class);
}

}  // namespace

std::string load_body(const Target& target, const LoadOptions& options,
                      const request::RequestSpec& spec, std::string_view slo_class,
                      std::string_view prompt) {
  return request_body(target.format, {.model = target.model,
                                      .prompt = prompt,
                                      .output_tokens = spec.max_output_tokens,
                                      .exact_length = true,
                                      .unconstrained = options.unconstrained,
                                      .streaming = streams(options, spec),
                                      .priority = vllm_priority(slo_class)});
}

/// One request between its sending and its end.
class LoadGenerator::InFlight final : public HttpListener {
 public:
  InFlight(LoadGenerator& generator, request::RequestSpec its_spec, SentRequest as_sent,
           const ExchangeOptions& options)
      : generator_(generator),
        spec(std::move(its_spec)),
        sent(std::move(as_sent)),
        exchange(options, generator.clock_->now_us()) {}

  bool on_body(int http_status, std::string_view bytes) override {
    return exchange.on_body(http_status, bytes, generator_.clock_->now_us());
  }
  void on_end(const TransferEnd& end) override { generator_.finish(*this, end); }

 private:
  LoadGenerator& generator_;

 public:
  request::RequestSpec spec;
  SentRequest sent;
  Exchange exchange;
};

LoadGenerator::LoadGenerator(const Session& session, const Target& target,
                             const LoadOptions& options, const SymbolTable& symbols,
                             SendQueue& queue, workload::SessionManager* sessions,
                             OnRecord on_record, Diagnostics& diagnostics)
    : session_(session),
      target_(target),
      options_(options),
      symbols_(symbols),
      queue_(queue),
      sessions_(sessions),
      on_record_(std::move(on_record)),
      diagnostics_(diagnostics) {}

LoadGenerator::~LoadGenerator() = default;

std::optional<std::int64_t> LoadGenerator::next_send_us() {
  // Asked in any case: the next request is made while there is time for it.
  const std::optional<std::int64_t> next_us = queue_.next_time_us();
  if (in_flight_.size() < options_.max_in_flight) return next_us;
  was_full_ = true;
  return std::nullopt;
}

void LoadGenerator::run(const RunClock& clock) {
  clock_ = &clock;
  for (;;) {
    session_.client.on_time();  // may end requests, so before asking what is left
    if (session_.signals.interrupted()) {
      queue_.close();
      session_.client.interrupt();
      return;
    }
    // One request per turn: answers that came meanwhile are looked at in between.
    const std::optional<std::int64_t> next_us = next_send_us();
    if (!next_us && in_flight_.empty()) return;
    if (next_us && *next_us <= clock.now_us()) {
      send(queue_.take(), *next_us);
      session_.client.on_time();
      session_.loop.wait(Clock::time_point::min());
      continue;
    }
    const Clock::time_point wake = next_us ? clock.at(*next_us) : Clock::time_point::max();
    session_.loop.wait(std::min(wake, session_.client.next_time()));
  }
}

void LoadGenerator::send(PlannedSend planned, std::int64_t planned_us) {
  const std::int64_t index = statistics_.sent++;
  const std::string_view slo_class = symbols_.text(planned.spec.slo_class);
  SentRequest sent;
  sent.index = index;
  sent.priority = vllm_priority(slo_class).value_or(0);
  sent.streaming = streams(options_, planned.spec);
  sent.x_request_id = random_request_id();
  const ClientRequest request = target_.completion_request(
      std::move(planned.body), {.request_id = sent.x_request_id,
                                .tenant = symbols_.text(planned.spec.tenant),
                                .slo_class = slo_class,
                                .slo_target_us = planned.spec.slo_target.count()});
  const ExchangeOptions options{.streaming = sent.streaming,
                                .keep_chunk_times = options_.keep_chunk_times,
                                .content_chunks_only = options_.content_chunks_only};
  const std::int64_t now_us = clock_->now_us();
  if (held_back_until_us_ > planned_us) {
    ++statistics_.held_back;
  } else {
    statistics_.lag_us.push_back(now_us - planned_us);
  }
  auto owner = std::make_unique<InFlight>(*this, std::move(planned.spec), std::move(sent), options);
  InFlight& in_flight = *owner;
  in_flight_.emplace(index, std::move(owner));
  session_.client.start(request, in_flight);
}

void LoadGenerator::finish(InFlight& request, const TransferEnd& end) {
  const std::int64_t now_us = clock_->now_us();
  const std::unique_ptr<InFlight> owner =
      std::move(in_flight_.extract(request.sent.index).mapped());
  if (std::exchange(was_full_, false)) held_back_until_us_ = now_us;
  const ExchangeResult result = request.exchange.finish(end, now_us);
  const std::int64_t max_tokens = options_.unconstrained ? 0 : request.spec.max_output_tokens;
  report_oddities(result, request.sent.streaming, max_tokens, max_tokens, diagnostics_);
  if (request.sent.index >= options_.warm_up_requests) {
    on_record_(
        {observed_record(request.spec, symbols_, request.sent, result), result.chunk_times_us});
  }
  if (sessions_ != nullptr && !session_.signals.interrupted()) {
    continue_session(request.spec, result);
  }
}

void LoadGenerator::continue_session(const request::RequestSpec& spec,
                                     const ExchangeResult& result) {
  if (spec.session == SymbolTable::empty()) return;
  // The answer's text is not turned back into tokens: its tokens are 1, 2, 3, … [QUIRK, spec
  // traces 8.4]
  std::vector<std::int32_t> output(static_cast<std::size_t>(result.completion_tokens));
  std::iota(output.begin(), output.end(), 1);
  request::RequestSpec ended = spec;
  ended.output_tokens = result.completion_tokens;
  sessions_->replace_output(spec.session, std::move(output));
  const auto outcome = result.status == ExchangeStatus::kOk ? request::TerminalOutcome::kCompleted
                                                            : request::TerminalOutcome::kTimedOut;
  std::optional<request::RequestSpec> follow_up = sessions_->on_terminal(
      ended, outcome, ended.input_tokens + ended.output_tokens, Micros(clock_->now_us()));
  if (follow_up) queue_.add_follow_up(std::move(*follow_up));
}

}  // namespace blis::live
