#include "trace/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <span>

#include "base/error.h"
#include "testing/temporary_folder.h"
#include "trace/displacement.h"
#include "trace/streamed_source.h"
#include "trace/trace_writer.h"

namespace blis::trace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

struct Row {
  std::int64_t id = 0;
  std::int64_t arrival = 0;
  std::int64_t send = 0;
  std::int64_t input = 10;
  std::int64_t output = 5;
  std::string group = "";
  std::int64_t prefix = 0;
  std::string session = "";
  std::int64_t round = 0;
  std::int64_t think = 0;
  std::int64_t server_input = 0;
};

std::string csv_of(const std::vector<Row>& rows) {
  TraceColumns columns;
  std::vector<TraceRecord> records;
  for (const Row& row : rows) {
    TraceRecord r;
    r.request_id = row.id;
    r.arrival_time_us = row.arrival;
    r.send_time_us = row.send;
    r.input_tokens = row.input;
    r.output_tokens = row.output;
    r.prefix_group = row.group;
    r.prefix_length = row.prefix;
    r.session_id = row.session;
    r.round_index = row.round;
    r.think_time_us = row.think;
    r.server_input_tokens = row.server_input;
    columns.require_for(r, kModeGenerated);
    records.push_back(r);
  }
  TraceWriter writer(columns);
  for (const TraceRecord& record : records) writer.write(record);
  return writer.text();
}

using Rows = std::vector<Row>;

// A replay with everything it needs to live.
class Replayed {
 public:
  Replayed(const Replayed&) = delete;
  Replayed& operator=(const Replayed&) = delete;
  explicit Replayed(const std::vector<Row>& rows, ReplayOptions options = {},
                    TraceHeader header = {})
      : replay_(build_replay(header, folder_.write("t.csv", csv_of(rows)), options, symbols_,
                             diagnostics_)) {
    while (auto spec = replay_.source->next()) requests_.push_back(std::move(*spec));
  }

  const std::vector<request::RequestSpec>& requests() const { return requests_; }
  Replay& replay() { return replay_; }
  const Diagnostics& diagnostics() const { return diagnostics_; }
  std::vector<std::int64_t> numbers() const {
    std::vector<std::int64_t> numbers;
    for (const auto& spec : requests_) numbers.push_back(spec.name.number);
    return numbers;
  }
  const request::RequestSpec& with_number(std::int64_t number) const {
    for (const auto& spec : requests_) {
      if (spec.name.number == number) return spec;
    }
    throw std::out_of_range("no such request");
  }
  std::optional<request::RequestSpec> finish(const request::RequestSpec& spec, std::int64_t at) {
    return replay_.sessions->on_terminal(spec, request::TerminalOutcome::kCompleted,
                                         spec.input_tokens + spec.output_tokens - 1, Micros(at));
  }

 private:
  TemporaryFolder folder_;
  SymbolTable symbols_;
  Diagnostics diagnostics_;
  Replay replay_;
  std::vector<request::RequestSpec> requests_;
};

TEST(FixedReplay, InjectsWhenARequestWasSent) {
  const Replayed replayed({{.id = 7, .arrival = 30, .send = 50}, {.id = 8, .arrival = 40}});
  EXPECT_THAT(replayed.numbers(), ElementsAre(8, 7));
  EXPECT_EQ(replayed.requests()[1].arrival, Micros(50));
  EXPECT_EQ(replayed.requests()[1].max_output_tokens, 5);
}

TEST(FixedReplay, TheServersCountReplacesTheClientsUnlessAPrefixIsShared) {
  const Replayed replayed({{.id = 0, .input = 10, .server_input = 33},
                           {.id = 1, .input = 10, .group = "g", .prefix = 4, .server_input = 33}});
  EXPECT_EQ(replayed.with_number(0).input_tokens, 33);
  EXPECT_EQ(replayed.with_number(1).input_tokens, 14);
}

TEST(FixedReplay, AGroupSharesThePrefixOfItsFirstRow) {
  // Block size 16: the shared part of rows 1 and 2 is two full blocks.
  const Replayed replayed({{.id = 0, .group = "late"},
                           {.id = 1, .group = "g", .prefix = 32},
                           {.id = 2, .group = "g", .prefix = 5},
                           {.id = 3, .group = "late", .prefix = 16},
                           {.id = 4, .input = 42}});
  EXPECT_EQ(replayed.with_number(2).input_tokens, 42);
  EXPECT_EQ(replayed.with_number(0).input_tokens, 26);  // though its own length is 0
  const auto& one = replayed.with_number(1).keys->sequence;
  const auto& two = replayed.with_number(2).keys->sequence;
  const auto& stranger = replayed.with_number(4).keys->sequence;
  EXPECT_TRUE(one[0] == two[0] && one[1] == two[1]);
  EXPECT_FALSE(one[0] == stranger[0]);
}

TEST(FixedReplay, TheOrderOfTheFileDecidesTokensAndTheExport) {
  const std::vector<Row> sorted = {{.id = 0, .arrival = 1, .input = 40},
                                   {.id = 1, .arrival = 2, .input = 40}};
  const std::vector<Row> unsorted = {{.id = 0, .arrival = 9, .input = 40},
                                     {.id = 1, .arrival = 2, .input = 40}};
  Replayed a(sorted);
  Replayed b(unsorted);
  EXPECT_THAT(b.numbers(), ElementsAre(1, 0));
  for (const std::int64_t number : {0, 1}) {
    EXPECT_EQ(a.with_number(number).keys->sequence, b.with_number(number).keys->sequence);
  }
  EXPECT_EQ(b.replay().source->built()[0].name.number, 0);
  EXPECT_THAT(b.replay().source->arrival_order(), ElementsAre(1u, 0u));
}

TEST(FixedReplay, HorizonIsTwiceTheLastArrival) {
  EXPECT_EQ(Replayed(Rows{{.arrival = 21}}).replay().horizon, Micros(42));
  EXPECT_EQ(Replayed(Rows{{.arrival = 0}}).replay().horizon, Micros(600'000'000));
  EXPECT_EQ(Replayed(Rows{{.arrival = INT64_MAX / 2 + 1}}).replay().horizon, Micros::max());
  EXPECT_EQ(Replayed(Rows{{.arrival = 21}}, {.horizon = Micros(5)}).replay().horizon, Micros(5));
}

// Fixed replay that reads the file twice gives what keeping its rows gives, whatever their order.
RC_GTEST_PROP(StreamedReplay, GivesTheRequestsOfTheKeptRows, ()) {
  const bool sorted = *rc::gen::arbitrary<bool>();
  std::vector<Row> rows;
  std::int64_t now = 0;
  const int count = *rc::gen::inRange(1, 20);
  for (int i = 0; i < count; ++i) {
    const std::int64_t gap = *rc::gen::inRange<std::int64_t>(0, 3);
    now = sorted ? now + gap : gap;
    rows.push_back({.id = i,
                    .arrival = now,
                    .input = *rc::gen::inRange<std::int64_t>(0, 40),
                    .output = *rc::gen::inRange<std::int64_t>(1, 20),
                    .group = *rc::gen::element<std::string>("", "g", "h"),
                    .prefix = *rc::gen::element<std::int64_t>(0, 16, 33),
                    .session = *rc::gen::element<std::string>("", "s"),
                    .round = *rc::gen::inRange<std::int64_t>(0, 3)});
  }
  const TemporaryFolder folder;
  const std::string file =
      folder.write(*rc::gen::element<std::string>("t.csv", "t.csv.gz", "t.csv.zst"), csv_of(rows));
  const auto replayed = [&](bool keep_built, std::vector<request::RequestSpec>& requests) {
    SymbolTable symbols;
    Diagnostics diagnostics;
    ReplayOptions options;
    options.keep_built = keep_built;
    const Replay replay = build_replay({}, file, options, symbols, diagnostics);
    while (auto spec = replay.source->next()) requests.push_back(std::move(*spec));
    RC_ASSERT(replay.source->size() == requests.size());
    return replay.horizon;
  };
  std::vector<request::RequestSpec> kept;
  std::vector<request::RequestSpec> streamed;
  RC_ASSERT(replayed(true, kept) == replayed(false, streamed));
  RC_ASSERT(kept.size() == streamed.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    RC_ASSERT(kept[i].name == streamed[i].name);
    RC_ASSERT(kept[i].arrival == streamed[i].arrival);
    RC_ASSERT(kept[i].input_tokens == streamed[i].input_tokens);
    RC_ASSERT(kept[i].prefix_group == streamed[i].prefix_group);
    RC_ASSERT(kept[i].session == streamed[i].session);
    RC_ASSERT(kept[i].round_index == streamed[i].round_index);
    RC_ASSERT(kept[i].keys->sequence == streamed[i].keys->sequence);
  }
}

// A server's trace is in order of completion.
TEST(StreamedReplay, ReadsAheadOnlySoFar) {
  const auto streams = [](std::size_t rows_before) {
    std::string csv = csv_of({{.id = 0, .arrival = 1}, {.id = 1, .arrival = 900}});
    const std::size_t last_row = csv.rfind('\n', csv.size() - 2) + 1;
    const std::string row = csv.substr(last_row);
    for (std::size_t i = 1; i < rows_before; ++i) csv += row;
    csv += csv_of({{.id = 2, .arrival = 5}}).substr(csv.find('\n') + 1);
    const TemporaryFolder folder;
    SymbolTable symbols;
    Diagnostics diagnostics;
    const StreamedTrace trace =
        stream_trace(folder.write("t.csv", csv), 42, 16, symbols, diagnostics);
    if (!trace.source) return false;
    EXPECT_EQ(trace.last_arrival, Micros(900));
    EXPECT_EQ(trace.ids_differ, rows_before == 1);
    EXPECT_EQ(trace.source->next()->name.number, 0);
    EXPECT_EQ(trace.source->next()->name.number, 2);
    std::size_t rest = 0;
    while (trace.source->next()) ++rest;
    EXPECT_EQ(rest, rows_before);
    return true;
  };
  EXPECT_TRUE(streams(1));
  EXPECT_TRUE(streams(kReorderRows));
  EXPECT_FALSE(streams(kReorderRows + 1));
}

RC_GTEST_PROP(Displacement, IsHowFarARowIsAheadOfOneThatArrivesEarlier, ()) {
  const auto arrivals = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(-5, 30)));
  Displacement displacement;
  std::size_t expected = 0;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    displacement.look_at(Micros(arrivals[i]));
    for (std::size_t k = 0; k < i; ++k) {
      if (arrivals[k] > arrivals[i]) expected = std::max(expected, i - k);
    }
  }
  RC_ASSERT(displacement.rows() == expected);
  RC_ASSERT(displacement.last_arrival() == Micros(std::ranges::max(arrivals)));
}

// With private blocks keys end where a request's own tokens begin; what is drawn stays in step.
RC_GTEST_PROP(PrivateBlocks, LeaveOnlyTheKeysThatAreShared, ()) {
  std::vector<Row> rows;
  const int count = *rc::gen::inRange(1, 20);
  for (int i = 0; i < count; ++i) {
    rows.push_back({.id = i,
                    .arrival = *rc::gen::inRange<std::int64_t>(0, 30),
                    .input = *rc::gen::inRange<std::int64_t>(0, 40),
                    .output = *rc::gen::inRange<std::int64_t>(1, 20),
                    .group = *rc::gen::element<std::string>("", "g", "h"),
                    .prefix = *rc::gen::element<std::int64_t>(0, 16, 30, 33)});
  }
  const TemporaryFolder folder;
  const std::string file = folder.write("t.csv", csv_of(rows));
  ReplayOptions options;
  options.block_size = *rc::gen::element<std::int64_t>(4, 16);
  options.keep_built = *rc::gen::arbitrary<bool>();
  const auto replayed = [&](bool use_private_blocks) {
    SymbolTable symbols;
    Diagnostics diagnostics;
    const Replay replay = build_replay({}, file, options, symbols, diagnostics);
    if (use_private_blocks) replay.source->use_private_blocks();
    std::vector<request::RequestSpec> requests;
    while (auto spec = replay.source->next()) requests.push_back(std::move(*spec));
    return requests;
  };
  const auto named = replayed(false);
  const auto unnamed = replayed(true);
  RC_ASSERT(named.size() == unnamed.size());
  for (std::size_t i = 0; i < named.size(); ++i) {
    const request::TokenKeys& all = *named[i].keys;
    const request::TokenKeys& shared = *unnamed[i].keys;
    RC_ASSERT(named[i].name == unnamed[i].name);
    RC_ASSERT(named[i].input_tokens == unnamed[i].input_tokens);
    if (!shared.rest_is_private) {
      RC_ASSERT(all.sequence == shared.sequence);
      continue;
    }
    RC_ASSERT(shared.sequence.size() <= all.sequence.size());
    RC_ASSERT(
        std::ranges::equal(shared.sequence, std::span(all.sequence).first(shared.sequence.size())));
    // What follows is like no block of anybody else.
    for (std::size_t k = shared.sequence.size(); k < all.sequence.size(); ++k) {
      for (std::size_t other = 0; other < named.size(); ++other) {
        if (other == i || named[other].keys->sequence.size() <= k) continue;
        RC_ASSERT(named[other].keys->sequence[k] != all.sequence[k]);
      }
    }
  }
}

TEST(FixedReplay, RefusesMoreTokensThanAnyModelTakes) {
  EXPECT_THAT(
      [] {
        Replayed(Rows{{.id = 0}, {.id = 1, .input = 1'000'000'000'000}});
      },
      ::testing::ThrowsMessage<DataError>(
          HasSubstr("t.csv:3: input_tokens: 1000000000000 tokens")));
}

TEST(FixedReplay, RefusesAnEmptyTrace) { EXPECT_THROW(Replayed(Rows{}), DataError); }

RC_GTEST_PROP(FixedReplay, ReplaysEveryRowOnceWithItsLengths, ()) {
  const auto sizes = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 50)));
  std::vector<Row> rows;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    rows.push_back({.id = static_cast<std::int64_t>(i),
                    .arrival = *rc::gen::inRange<std::int64_t>(0, 1000),
                    .input = sizes[i],
                    .output = sizes[i] / 2 + 1});
  }
  const Replayed first(rows);
  const Replayed again(rows);
  const Replayed other(rows, {.seed = 43});
  RC_ASSERT(first.requests().size() == rows.size());
  Micros last;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto& spec = first.requests()[k];
    const Row& row = rows[static_cast<std::size_t>(spec.name.number)];
    RC_ASSERT(last <= spec.arrival);
    last = spec.arrival;
    RC_ASSERT(spec.input_tokens == row.input);
    RC_ASSERT(spec.output_tokens == row.output);
    RC_ASSERT(spec.keys->sequence == again.requests()[k].keys->sequence);
    RC_ASSERT(spec.keys->sequence.size() == other.requests()[k].keys->sequence.size());
    if (!spec.keys->sequence.empty()) {
      RC_ASSERT(spec.keys->sequence != other.requests()[k].keys->sequence);
    }
  }
}

TEST(ClosedLoopReplay, FollowUpsWaitForTheRoundBefore) {
  Replayed replayed(
      {{.id = 0, .arrival = 100, .session = "s", .round = 0},
       {.id = 1, .arrival = 150},
       {.id = 2, .arrival = 300, .input = 20, .output = 7, .session = "s", .round = 1}},
      {.closed_loop = true});
  EXPECT_THAT(replayed.numbers(), ElementsAre(0, 1));
  EXPECT_EQ(replayed.replay().horizon, Micros(300));  // round 1 does not arrive by itself
  const auto follow_up = replayed.finish(replayed.requests()[0], 1000);
  // The preliminary horizon is twice the last arrival of first rounds and lone requests.
  EXPECT_FALSE(follow_up.has_value());
}

TEST(ClosedLoopReplay, ThinksAsLongAsTheArrivalsWereApart) {
  Replayed replayed(
      {{.id = 0, .arrival = 100, .session = "s", .round = 0},
       {.id = 2, .arrival = 300, .input = 20, .output = 7, .session = "s", .round = 1}},
      {.closed_loop = true, .horizon = Micros(5000)});
  const auto follow_up = replayed.finish(replayed.requests()[0], 1000);
  ASSERT_TRUE(follow_up.has_value());
  EXPECT_EQ(follow_up->arrival, Micros(1200));
  EXPECT_EQ(follow_up->input_tokens, 20);
  EXPECT_EQ(follow_up->output_tokens, 7);
  EXPECT_EQ(follow_up->deadline, Micros(1200 + 300'000'000));
  EXPECT_FALSE(replayed.finish(*follow_up, 2000).has_value());  // two rounds are all there are
}

TEST(ClosedLoopReplay, RecordedThinkTimesBeatArrivals) {
  Replayed replayed({{.id = 0, .arrival = 100, .session = "s", .round = 0, .think = 999},
                     {.id = 2, .arrival = 300, .session = "s", .round = 1, .think = 11}},
                    {.closed_loop = true, .horizon = Micros(5000)});
  EXPECT_EQ(replayed.finish(replayed.requests()[0], 1000)->arrival, Micros(1011));
}

TEST(ClosedLoopReplay, TheCommandLinesThinkTimeBeatsBoth) {
  Replayed replayed({{.id = 0, .arrival = 100, .session = "s", .round = 0},
                     {.id = 2, .arrival = 300, .session = "s", .round = 1, .think = 11}},
                    {.closed_loop = true,
                     .horizon = Micros(5000),
                     .think_time = workload::make_constant_sampler(500)});
  EXPECT_EQ(replayed.finish(replayed.requests()[0], 1000)->arrival, Micros(1500));
}

TEST(ClosedLoopReplay, AccumulatesContextIfTheHeaderSaysSo) {
  Replayed replayed({{.id = 0, .arrival = 1, .input = 40, .session = "s", .round = 0},
                     {.id = 1, .arrival = 2, .input = 8, .session = "s", .round = 1}},
                    {.closed_loop = true, .horizon = Micros(5000)},
                    {.session_context_growth = "accumulate"});
  const request::RequestSpec& first = replayed.requests()[0];
  const auto second = replayed.finish(first, 10);
  ASSERT_TRUE(second.has_value());
  // 40 + the four output tokens that progress counts + 8.
  EXPECT_EQ(second->input_tokens, 52);
  EXPECT_EQ(second->keys->sequence[0], first.keys->sequence[0]);
  EXPECT_EQ(second->keys->sequence[1], first.keys->sequence[1]);
}

TEST(ClosedLoopReplay, NeedsEveryRoundOnce) {
  const auto message = [](const std::vector<Row>& rows) -> std::string {
    try {
      Replayed replayed(rows, {.closed_loop = true});
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message({{.session = "s", .round = 1}}),
              HasSubstr("t.csv:2: round_index: session \"s\" has round 1 where 0 is expected"));
  EXPECT_THAT(message({{.session = "s", .round = 0}, {.session = "s", .round = 0}}),
              HasSubstr("t.csv:3"));
  EXPECT_EQ(message({{.session = "s", .round = 1}, {.session = "s", .round = 0}}), "");
}

TEST(ClosedLoopReplay, WithoutSessionsItIsAFixedReplayWithAWarning) {
  Replayed replayed({{.id = 0}, {.id = 1}}, {.closed_loop = true});
  EXPECT_EQ(replayed.replay().sessions, nullptr);
  EXPECT_EQ(replayed.requests().size(), 2u);
  EXPECT_EQ(replayed.diagnostics().entries().size(), 1u);
  EXPECT_THROW(Replayed({{.id = 0}}, {.closed_loop = true}, {.session_context_growth = "x"}),
               ConfigError);
}

}  // namespace
}  // namespace blis::trace
