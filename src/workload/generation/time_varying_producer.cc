// Clients whose windows have rates, processes or lengths of their own: each window is a burst of a
// computed number of gaps, rescaled to fill the window exactly.
//
// Windows are drawn in listed order from one stream, although they may lie in any order in time and
// overlap. So a request may be handed out once no window that is still to be drawn starts before
// it. The window drawn last is drawn request by request; when the next one has to be opened before
// it is used up, its rest is drawn first.
//
// The last gap always ends on the window's end, which is excluded: N gaps make at most N - 1
// requests [QUIRK, spec workload 25.1 item 1].

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/number_text.h"
#include "workload/arrival_process.h"
#include "workload/generation/pending_runs.h"
#include "workload/generation/session_drawing.h"

namespace blis::workload {
namespace {

/// Scales `gaps_us` to sum to `duration_us` exactly; rounding goes to the last one. SOURCE spec
/// workload 11 step 6.
void rescale_gaps(std::vector<std::int64_t>& gaps_us, std::int64_t duration_us) {
  Micros sum;
  for (const std::int64_t gap_us : gaps_us) sum += Micros(gap_us);
  const double factor = static_cast<double>(duration_us) / static_cast<double>(sum.count());
  Micros scaled_sum;
  for (std::int64_t& gap_us : gaps_us) {
    gap_us = truncate_to_int64(static_cast<double>(gap_us) * factor);
    scaled_sum += Micros(gap_us);
  }
  gaps_us.back() = (Micros(gaps_us.back()) + (Micros(duration_us) - scaled_sum)).count();
}

class TimeVaryingProducer final : public ClientProducer {
 public:
  TimeVaryingProducer(const ProducerSetup& setup, WindowRates& rates)
      : setup_(setup), rates_(rates), stream_(setup.seed) {
    earliest_unopened_us_.resize(windows().size() + 1, std::numeric_limits<std::int64_t>::max());
    for (std::size_t i = windows().size(); i-- > 0;) {
      earliest_unopened_us_[i] = std::min(earliest_unopened_us_[i + 1], windows()[i].start_us);
    }
    const MultiTurnSpec* turns = spec().multi_turn();
    sorts_all_ = !context().lazy && turns != nullptr && turns->think_time_us < 0;
  }

  std::optional<std::int64_t> next_arrival_us() override {
    while (true) {
      const std::optional<std::int64_t> head_us = earliest_us();
      if (next_window_ == windows().size()) return head_us;
      if (head_us && !sorts_all_ && *head_us <= earliest_unopened_us_[next_window_]) return head_us;
      open_next_window();
    }
  }

  Produced take() override {
    if (streaming_is_earliest()) return draw_streaming();
    return pending_.pop();
  }

 private:
  /// The window drawn last, while its requests are independent.
  struct StreamingWindow {
    std::vector<std::int64_t> arrivals_us;
    std::size_t next = 0;
    std::size_t window = 0;
    LengthSampler* input_length = nullptr;
    LengthSampler* output_length = nullptr;

    bool is_done() const { return next == arrivals_us.size(); }
  };

  DrawingContext& context() const { return *setup_.context; }
  const ClientSpec& spec() const { return *setup_.client->spec; }
  const std::vector<WindowSpec>& windows() const { return setup_.client->activity->windows(); }

  bool streaming_is_earliest() const {
    if (streaming_.is_done()) return false;
    if (pending_.empty()) return true;
    const std::int64_t own_us = streaming_.arrivals_us[streaming_.next];
    const std::int64_t other_us = pending_.head_arrival_us();
    return own_us != other_us ? own_us < other_us : streaming_.window < pending_.head_index();
  }

  std::optional<std::int64_t> earliest_us() const {
    if (streaming_is_earliest()) return streaming_.arrivals_us[streaming_.next];
    if (!pending_.empty()) return pending_.head_arrival_us();
    return std::nullopt;
  }

  Produced draw_streaming() {
    Produced produced = draw_request(
        context(), *setup_.client, stream_, *streaming_.input_length, *streaming_.output_length,
        streaming_.arrivals_us[streaming_.next++], IndependentLabels{nullptr, false, false});
    produced.client_index = setup_.client_index;
    return produced;
  }

  void finish_streaming() {
    std::vector<Produced> rest;
    rest.reserve(streaming_.arrivals_us.size() - streaming_.next);
    while (!streaming_.is_done()) rest.push_back(draw_streaming());
    pending_.push(std::move(rest), streaming_.window);
  }

  void open_next_window() {
    finish_streaming();
    const std::size_t index = next_window_++;
    const WindowSpec& window = windows()[index];
    if (window.start_us >= context().horizon_us) return;
    const std::int64_t end_us = std::min(window.end_us, context().horizon_us);
    const double rate_per_s =
        rates_.rate_per_s(*setup_.client, window, end_us, *context().diagnostics);
    if (rate_per_s <= 0) return;
    const std::int64_t count = gap_count(rate_per_s, end_us - window.start_us);
    if (count == 0) return;

    const auto process = make_arrival_process(window.arrival ? *window.arrival : spec().arrival,
                                              rate_per_s / 1e6, *context().diagnostics);
    LengthSampler& input_length = context().samplers.get(
        window.input_distribution ? *window.input_distribution : spec().input_distribution,
        *setup_.client);
    LengthSampler& output_length = context().samplers.get(
        window.output_distribution ? *window.output_distribution : spec().output_distribution,
        *setup_.client);
    std::vector<std::int64_t> arrivals_us = draw_arrivals(*process, count, window.start_us, end_us);
    if (spec().multi_turn() != nullptr) {
      draw_sessions(arrivals_us, end_us, index, input_length, output_length);
    } else {
      streaming_ = {std::move(arrivals_us), 0, index, &input_length, &output_length};
    }
  }

  std::int64_t gap_count(double rate_per_s, std::int64_t duration_us) const {
    constexpr double kMaxCount = 1e9;
    const double count = std::ceil(rate_per_s * (static_cast<double>(duration_us) / 1e6));
    if (!(count >= 0 && count <= kMaxCount)) {
      throw ConfigError(fmt::format(
          "client \"{}\": a window asks for {} requests at {} per second; at most {} are possible",
          spec().id, count, rate_per_s, kMaxCount));
    }
    return static_cast<std::int64_t>(count);
  }

  std::vector<std::int64_t> draw_arrivals(ArrivalProcess& process, std::int64_t count,
                                          std::int64_t start_us, std::int64_t end_us) {
    std::vector<std::int64_t> times_us(static_cast<std::size_t>(count));
    for (std::int64_t& gap_us : times_us) gap_us = process.next_gap_us(stream_);
    rescale_gaps(times_us, end_us - start_us);
    Micros clock(start_us);
    std::size_t kept = 0;
    for (const std::int64_t gap_us : times_us) {
      clock += Micros(gap_us);
      if (clock.count() >= end_us) break;
      times_us[kept++] = clock.count();
    }
    times_us.resize(kept);
    return times_us;
  }

  void draw_sessions(const std::vector<std::int64_t>& starts_us, std::int64_t end_us,
                     std::size_t window, LengthSampler& input_length,
                     LengthSampler& output_length) {
    SessionLimits limits;
    limits.cutoff_us = end_us;
    limits.only_active_rounds = false;
    limits.has_slo_target = false;
    std::vector<Produced> all;
    for (const std::int64_t start_us : starts_us) {
      std::vector<Produced> rounds =
          draw_session(setup_, stream_, input_length, output_length, start_us, limits);
      std::ranges::move(rounds, std::back_inserter(all));
      if (spec().multi_turn()->single_session) break;
    }
    std::ranges::stable_sort(all, {},
                             [](const Produced& produced) { return produced.request.arrival; });
    pending_.push(std::move(all), window);
  }

  ProducerSetup setup_;
  WindowRates& rates_;
  random::RandomStream stream_;
  std::vector<std::int64_t> earliest_unopened_us_;  ///< min start of windows i, i+1, ...
  std::size_t next_window_ = 0;
  StreamingWindow streaming_;
  PendingRuns pending_;
  bool sorts_all_ = false;
};

}  // namespace

std::unique_ptr<ClientProducer> make_time_varying_producer(const ProducerSetup& setup,
                                                           WindowRates& rates) {
  return std::make_unique<TimeVaryingProducer>(setup, rates);
}

}  // namespace blis::workload
