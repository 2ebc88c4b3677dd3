// Finished requests as records: what a summary asks for comes back, what does not fit stays whole.

#include "request/request_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace blis::request {
namespace {

RequestSpec spec_of(std::int64_t number, SymbolTable& symbols) {
  RequestSpec spec;
  spec.name.number = number;
  spec.arrival = Micros(1000 * number);
  spec.input_tokens = 100 + number;
  spec.output_tokens = 10 + number;
  spec.slo_class = symbols.intern(number % 2 == 0 ? "batch" : "critical");
  spec.tenant = symbols.intern("a");
  if (number % 5 == 0) {
    spec.session = symbols.intern("s");
    spec.round_index = static_cast<std::int32_t>(number);
  }
  return spec;
}

// Every second request is an ordinary one, whose mean ITL follows from its latencies.
void end(Request& r) {
  r.state = RequestState::kCompleted;
  Measurements& m = r.measured;
  m.instance = InstanceId(std::uint32_t{3});
  m.registered = m.has_ttft = m.has_e2e = m.has_itl_mean = m.has_scheduling_delay = true;
  m.ttft = Micros(17);
  m.e2e = Micros(4'000'000'000);
  m.scheduling_delay = Micros(5);
  m.itl_sum = m.e2e - m.ttft - Micros(12);
  m.itl_mean_us = r.spec.name.number % 2 == 0 ? 1.0 / 3
                                              : static_cast<double>(m.itl_sum.count()) /
                                                    static_cast<double>(r.spec.output_tokens - 1);
  m.completion_time = r.spec.arrival + m.e2e;
}

TEST(RequestTable, GivesBackWhatASummaryAsksFor) {
  SymbolTable symbols;
  RequestTable table;
  for (std::int64_t k = 0; k < 3000; ++k) {
    RequestSpec spec = spec_of(k, symbols);
    if (k > 1500 && k % 4 == 0) spec.name.number = k + 10'000;  // no longer the id
    if (k % 11 == 0) spec.arrival = Micros((std::int64_t{1} << 44) - 1);
    const RequestId id = table.add(std::move(spec));
    end(table[id]);
    if (k % 3 == 0) table[id].state = RequestState::kTimedOut;
    const Request whole = table[id];
    table.retire(id);
    ASSERT_TRUE(table.is_retired(id));
    EXPECT_EQ(table.state(id), whole.state);
    EXPECT_EQ(table.name(id), whole.spec.name);
    Request r;
    table.restore(id, r);
    EXPECT_EQ(r.spec.name, whole.spec.name);
    EXPECT_EQ(r.spec.arrival, whole.spec.arrival);
    EXPECT_EQ(r.spec.input_tokens, whole.spec.input_tokens);
    EXPECT_EQ(r.spec.output_tokens, whole.spec.output_tokens);
    EXPECT_EQ(r.spec.slo_class, whole.spec.slo_class);
    EXPECT_EQ(r.spec.tenant, whole.spec.tenant);
    EXPECT_EQ(r.spec.session, whole.spec.session);
    EXPECT_EQ(r.spec.round_index, whole.spec.round_index);
    EXPECT_EQ(r.measured.instance, whole.measured.instance);
    EXPECT_EQ(r.measured.ttft, whole.measured.ttft);
    EXPECT_EQ(r.measured.e2e, whole.measured.e2e);
    EXPECT_EQ(r.measured.scheduling_delay, whole.measured.scheduling_delay);
    EXPECT_EQ(r.measured.itl_mean_us, whole.measured.itl_mean_us);
    EXPECT_EQ(r.measured.completion_time, whole.measured.completion_time);
    EXPECT_TRUE(r.measured.registered && r.measured.has_ttft && r.measured.has_e2e);
    EXPECT_FALSE(r.measured.length_capped);
  }
}

TEST(RequestTable, KnowsEachRequestWhereverItsNeighboursStand) {
  SymbolTable symbols;
  RequestTable table;
  for (std::int64_t k = 0; k < 5000; ++k) {
    const RequestId id = table.add(spec_of(k, symbols));
    if (k % 7 == 0 || k < 2048) end(table[id]);
  }
  for (std::int64_t k = 4999; k >= 0; --k) table.retire(RequestId(static_cast<std::size_t>(k)));
  for (std::int64_t k = 0; k < 5000; ++k) {
    const RequestId id(static_cast<std::size_t>(k));
    ASSERT_EQ(table.is_retired(id), k % 7 == 0 || k < 2048);
    Request r;
    table.restore(id, r);
    ASSERT_EQ(r.spec.input_tokens, 100 + k);
    ASSERT_EQ(r.state, table.state(id));
    ASSERT_EQ(r.spec.name, table.name(id));
    ASSERT_EQ(r.spec.session, spec_of(k, symbols).session);
    ASSERT_EQ(r.spec.round_index, spec_of(k, symbols).round_index);
  }
}

TEST(RequestTable, UsesTheRowOfARetiredRequestForTheNextOne) {
  SymbolTable symbols;
  RequestTable table;
  const RequestId first = table.add(spec_of(1, symbols));
  const Request* row = &table[first];
  end(table[first]);
  table.retire(first);
  const RequestId second = table.add(spec_of(2, symbols));
  EXPECT_EQ(&table[second], row);
  EXPECT_FALSE(table[second].measured.has_e2e);
  EXPECT_EQ(table.size(), 2u);
}

TEST(RequestTable, OfForgottenRequestsNothingIsLeft) {
  SymbolTable symbols;
  RequestTable table;
  std::vector<RequestId> under_way;
  std::int64_t number = 0;
  for (int round = 0; round < 50'000; ++round) {
    under_way.push_back(table.add(spec_of(number++, symbols)));
    if (under_way.size() < 10) continue;
    const auto whose = under_way.begin() + round % 10;  // not in the order in which they came
    EXPECT_FALSE(table.is_retired(*whose));
    table.forget(*whose);
    table.forget(*whose);  // once more does nothing
    EXPECT_TRUE(table.is_retired(*whose));
    EXPECT_EQ(table.state(*whose), RequestState::kCompleted);
    under_way.erase(whose);
  }
  EXPECT_TRUE(table.is_retired(RequestId(std::uint32_t{0})));
  EXPECT_EQ(table.room().rows, 64U);
  EXPECT_EQ(table.room().records, 0U);
  EXPECT_LE(table.room().ids, 2048U);
  for (const RequestId id : under_way) EXPECT_LT(table[id].spec.name.number, number);
}

TEST(RequestTable, IdsGoRoundWhenRequestsAreForgotten) {
  SymbolTable symbols;
  RequestTable table(0U - 5 * 1024);
  const RequestId waits = table.add(spec_of(0, symbols));
  for (std::int64_t k = 1; k < 10'000; ++k) {
    const RequestId id = table.add(spec_of(k, symbols));
    ASSERT_FALSE(id.is_none());
    EXPECT_EQ(table[id].spec.name.number, k);
    table.forget(id);
    ASSERT_TRUE(table.is_retired(id));
  }
  EXPECT_EQ(table[waits].spec.name.number, 0);
  EXPECT_EQ(table.room().ids, 10U * 1024);  // one that takes long holds up those behind it
  table.forget(waits);
  EXPECT_EQ(table.room().ids, 1024U);
  const RequestId next = table.add(spec_of(1, symbols));
  EXPECT_EQ(next.value(), 10'000U - 5 * 1024 + 1);  // one id is none
  EXPECT_EQ(table[next].spec.name.number, 1);
  EXPECT_TRUE(table.is_retired(waits));
}

TEST(RequestTable, KeepsWholeWhatDoesNotFit) {
  SymbolTable symbols;
  RequestTable table;
  const auto stays = [&](auto change) {
    const RequestId id = table.add(spec_of(7, symbols));
    end(table[id]);
    change(table[id]);
    table.retire(id);
    return !table.is_retired(id);
  };
  EXPECT_TRUE(stays([](Request& r) { r.state = RequestState::kRunning; }));
  EXPECT_TRUE(stays([](Request& r) { r.measured.e2e = Micros(std::int64_t{1} << 32); }));
  EXPECT_TRUE(stays([](Request& r) { r.measured.instance = InstanceId::none(); }));
  EXPECT_TRUE(stays([](Request& r) { r.measured.instance = InstanceId(std::size_t{1} << 14); }));
  EXPECT_TRUE(stays([](Request& r) { r.measured.ttft = Micros(-1); }));
  EXPECT_TRUE(stays([](Request& r) { r.spec.arrival = Micros(std::int64_t{1} << 44); }));
  EXPECT_TRUE(stays([](Request& r) { r.spec.input_tokens = 1 << 18; }));
  EXPECT_TRUE(stays([](Request& r) { r.spec.output_tokens = 1 << 20; }));
  EXPECT_TRUE(stays([](Request& r) { r.measured.gateway_enqueue = Micros(1); }));
  EXPECT_TRUE(stays([&](Request& r) { r.spec.name.session = symbols.intern("s"); }));
  EXPECT_TRUE(stays([](Request& r) { r.spec.name.part = RequestPart::kDecode; }));
  EXPECT_FALSE(stays([](Request&) {}));
}

}  // namespace
}  // namespace blis::request
