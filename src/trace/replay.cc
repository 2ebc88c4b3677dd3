#include "trace/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "trace/closed_loop.h"
#include "trace/replay_rows.h"
#include "trace/streamed_source.h"
#include "trace/token_drawing.h"

namespace blis::trace {
namespace {

// SOURCE spec traces 7.4: twice the last arrival; ten minutes if everything arrives at 0.
Micros derived_horizon(std::int64_t last_us) {
  constexpr std::int64_t kTenMinutesUs = 600'000'000;
  if (last_us > std::numeric_limits<std::int64_t>::max() / 2) return Micros::max();
  return Micros(last_us <= 0 ? kTenMinutesUs : 2 * last_us);
}

// Requests of which the first few have their tokens and the others draw them from one stream, in
// the order in which they were built. In a sorted trace one request holds keys at a time; in an
// unsorted one those that come early in the file and arrive late are drawn ahead and keep their
// keys until they arrive.
class Source final : public ReplaySource {
 public:
  Source(const PrefixTable& prefixes, const random::RandomStream& stream)
      : prefixes_(prefixes), stream_(stream) {}

  // REQUIRES add() was not called yet.
  void add_drawn(request::RequestSpec spec) {
    keys_.push_back(std::move(spec.keys));
    built_.push_back(std::move(spec));
    fresh_inputs_.push_back(0);
    drawn_ = built_.size();
  }

  void add(const ReplayRow& row) {
    keys_.emplace_back();
    built_.push_back(row.spec);
    built_.back().input_tokens = full_input(row, prefixes_);
    fresh_inputs_.push_back(row.fresh_input);
  }

  void sort_by_arrival() {
    order_.resize(built_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::stable_sort(order_, {}, [this](std::size_t i) { return built_[i].arrival; });
  }

  std::optional<request::RequestSpec> next() override {
    if (given_ == order_.size()) return std::nullopt;
    const std::size_t i = order_[given_++];
    for (; drawn_ <= i; ++drawn_) {
      keys_[drawn_] = drawing_.draw(built_[drawn_], fresh_inputs_[drawn_], prefixes_, stream_);
    }
    request::RequestSpec spec = built_[i];
    spec.keys = std::move(keys_[i]);
    return spec;
  }

  void use_private_blocks() override { drawing_.use_private_blocks(prefixes_.block_size()); }
  std::size_t size() const override { return built_.size(); }
  const std::vector<request::RequestSpec>& built() const override { return built_; }
  const std::vector<std::size_t>& arrival_order() const override { return order_; }

  Micros last_arrival() const { return built_.empty() ? Micros() : built_[order_.back()].arrival; }

 private:
  PrefixTable prefixes_;
  random::RandomStream stream_;
  TokenDrawing drawing_;
  std::vector<request::RequestSpec> built_;
  std::vector<std::int64_t> fresh_inputs_;
  std::vector<std::shared_ptr<const request::TokenKeys>> keys_;
  std::vector<std::size_t> order_;
  std::size_t drawn_ = 0;
  std::size_t given_ = 0;
};

bool accumulates(const TraceHeader& header) {
  const std::string& growth = header.session_context_growth;
  if (growth.empty()) return false;
  if (growth == "accumulate") return true;
  throw ConfigError(
      {.file = "", .line = 0, .key = "session_context_growth"},
      fmt::format("\"{}\" in the trace header is not known; valid is accumulate", growth));
}

std::int64_t last_recorded_arrival_us(const std::vector<ReplayRow>& rows,
                                      const RowsBySession& grouped) {
  std::int64_t last_us = std::numeric_limits<std::int64_t>::min();
  for (const SessionRows& session : grouped.sessions) {
    last_us = std::max(last_us, rows[session.front()].arrival_time_us);
  }
  for (const std::size_t i : grouped.set_aside) {
    last_us = std::max(last_us, rows[i].arrival_time_us);
  }
  return last_us;
}

Micros simulation_horizon(const Source& source, const ReplayOptions& options) {
  return options.horizon.value_or(derived_horizon(source.last_arrival().count()));
}

Replay build_fixed(const ReplayRows& loaded, const PrefixTable& prefixes,
                   const random::RandomStream& stream, const ReplayOptions& options) {
  auto source = std::make_unique<Source>(prefixes, stream);
  for (const ReplayRow& row : loaded.rows) source->add(row);
  source->sort_by_arrival();
  const Micros horizon = simulation_horizon(*source, options);
  return {.source = std::move(source),
          .sessions = nullptr,
          .horizon = horizon,
          .ids_differ = loaded.ids_differ};
}

Replay build_closed_loop(const ReplayRows& loaded, const RowsBySession& grouped, bool accumulate,
                         const PrefixTable& prefixes, random::RandomStream stream,
                         const ReplayOptions& options, const SymbolTable& symbols,
                         Diagnostics& diagnostics) {
  const std::vector<ReplayRow>& rows = loaded.rows;
  const ClosedLoopSettings settings{
      .accumulates = accumulate,
      .horizon = options.horizon.value_or(derived_horizon(last_recorded_arrival_us(rows, grouped))),
      .think_time = options.think_time};
  std::vector<request::RequestSpec> first_rounds;
  std::vector<workload::SessionBlueprint> blueprints;
  TokenDrawing drawing;
  for (const SessionRows& session : grouped.sessions) {
    OpenedSession opened = open_session(rows, session, settings, prefixes, stream, drawing);
    first_rounds.push_back(std::move(opened.first_round));
    blueprints.push_back(std::move(opened.blueprint));
  }

  auto source = std::make_unique<Source>(prefixes, stream);
  for (request::RequestSpec& spec : first_rounds) source->add_drawn(std::move(spec));
  for (const std::size_t i : grouped.set_aside) source->add(rows[i]);
  source->sort_by_arrival();
  const Micros horizon = simulation_horizon(*source, options);
  workload::SessionManager::Options session_options;
  session_options.block_size = options.block_size;
  return {.source = std::move(source),
          .sessions = std::make_unique<workload::SessionManager>(
              std::move(blueprints), session_options, symbols, diagnostics),
          .horizon = horizon,
          .ids_differ = loaded.ids_differ};
}

}  // namespace

Replay build_replay(const TraceHeader& header, const std::string& data_file,
                    const ReplayOptions& options, SymbolTable& symbols, Diagnostics& diagnostics) {
  warn_of_other_units(header, diagnostics);
  if (!options.closed_loop && !options.keep_built) {
    StreamedTrace streamed =
        stream_trace(data_file, options.seed, options.block_size, symbols, diagnostics);
    if (streamed.source) {
      const Micros horizon =
          options.horizon.value_or(derived_horizon(streamed.last_arrival.count()));
      return {.source = std::move(streamed.source),
              .sessions = nullptr,
              .horizon = horizon,
              .ids_differ = streamed.ids_differ};
    }
  }
  const ReplayRows loaded = load_replay_rows(data_file, symbols, diagnostics);
  random::RandomStream stream(options.seed);
  PrefixTable prefixes(options.block_size);
  prefixes.draw(loaded.rows, stream);
  if (!options.closed_loop) return build_fixed(loaded, prefixes, stream, options);

  const bool accumulate = accumulates(header);
  const RowsBySession grouped = group_by_session(loaded.rows, data_file, symbols);
  if (grouped.sessions.empty()) {
    diagnostics.warn("closed-loop replay of a trace without sessions: replaying fixed arrivals");
    return build_fixed(loaded, prefixes, stream, options);
  }
  return build_closed_loop(loaded, grouped, accumulate, prefixes, stream, options, symbols,
                           diagnostics);
}

}  // namespace blis::trace
