// Multi-turn clients: the arrival process starts sessions, whose rounds then interleave.
//
// A round may be handed out once no session that is still to start can have an earlier one, that
// is, once the clock of session starts has reached it.

#include "workload/generation/client_stream.h"
#include "workload/generation/pending_runs.h"
#include "workload/generation/session_drawing.h"
#include "workload/wrapping.h"

namespace blis::workload {
namespace {

class SessionProducer final : public ClientProducer {
 public:
  SessionProducer(const ProducerSetup& setup, double rate_per_us)
      : setup_(setup),
        arrivals_(setup, rate_per_us),
        input_length_(context().samplers.get(spec().input_distribution, *setup.client)),
        output_length_(context().samplers.get(spec().output_distribution, *setup.client)),
        sorts_all_(!context().lazy && turns().think_time_us < 0) {}

  std::optional<std::int64_t> next_arrival_us() override {
    while (true) {
      const bool is_settled = exhausted_ || (!sorts_all_ && !pending_.empty() &&
                                             pending_.head_arrival_us() <= arrivals_.clock_us());
      if (is_settled) {
        if (pending_.empty()) return std::nullopt;
        return pending_.head_arrival_us();
      }
      start_next_session();
    }
  }

  Produced take() override { return pending_.pop(); }

 private:
  DrawingContext& context() const { return *setup_.context; }
  const ClientSpec& spec() const { return *setup_.client->spec; }
  const MultiTurnSpec& turns() const { return *spec().multi_turn(); }

  void start_next_session() {
    std::optional<std::int64_t> start_us;
    if (turns().single_session) {
      start_us = single_start_us();
      exhausted_ = true;
    } else {
      start_us = arrivals_.next_active_us(built_);
      exhausted_ = !start_us;
    }
    if (!start_us) return;
    built_ = wrapping_add(built_,
                          turns().max_rounds);  // all of them count, also those that will not exist
    SessionLimits limits;
    limits.cutoff_us = context().horizon_us;
    std::vector<Produced> rounds =
        draw_session(setup_, arrivals_.stream(), input_length_, output_length_, *start_us, limits);
    if (!sorts_all_) {
      pending_.push(std::move(rounds), next_index_++);
      return;
    }
    // With a negative think time rounds run backwards in time; in eager mode they are sorted by
    // arrival all the same.
    for (Produced& round : rounds) {
      std::vector<Produced> alone;
      alone.push_back(std::move(round));
      pending_.push(std::move(alone), next_index_++);
    }
  }

  /// One gap after the start of the first listed window. SOURCE spec workload 10.5.
  std::optional<std::int64_t> single_start_us() {
    const std::int64_t gap_us = arrivals_.next_gap_us();
    if (gap_us == 0) return std::nullopt;
    const Activity& activity = *setup_.client->activity;
    Micros start(gap_us);
    if (!activity.is_always()) start += Micros(activity.windows().front().start_us);
    if (start.count() >= context().horizon_us) return std::nullopt;
    if (!activity.is_always() && !activity.is_active(start.count())) return std::nullopt;
    return start.count();
  }

  ProducerSetup setup_;
  ClientArrivals arrivals_;
  LengthSampler& input_length_;
  LengthSampler& output_length_;
  bool sorts_all_;
  PendingRuns pending_;
  std::uint64_t next_index_ = 0;
  std::int64_t built_ = 0;
  bool exhausted_ = false;
};

}  // namespace

std::unique_ptr<ClientProducer> make_session_producer(const ProducerSetup& setup,
                                                      double rate_per_us) {
  return std::make_unique<SessionProducer>(setup, rate_per_us);
}

}  // namespace blis::workload
