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
  return spec;
}

void end(Request& r) {
  r.state = RequestState::kCompleted;
  Measurements& m = r.measured;
  m.instance = InstanceId(std::uint32_t{3});
  m.registered = m.has_ttft = m.has_e2e = m.has_itl_mean = m.has_scheduling_delay = true;
  m.ttft = Micros(17);
  m.e2e = Micros(4'000'000'000);
  m.scheduling_delay = Micros(5);
  m.itl_mean_us = 1.0 / 3;
  m.completion_time = r.spec.arrival + m.e2e;
}

TEST(RequestTable, GivesBackWhatASummaryAsksFor) {
  SymbolTable symbols;
  RequestTable table;
  for (std::int64_t k = 0; k < 1000; ++k) {
    const RequestId id = table.add(spec_of(k, symbols));
    end(table[id]);
    if (k % 3 == 0) table[id].state = RequestState::kTimedOut;
    const Request whole = table[id];
    table.retire(id);
    ASSERT_TRUE(table.is_retired(id));
    EXPECT_EQ(table.state(id), whole.state);
    Request r;
    table.restore(id, r);
    EXPECT_EQ(r.spec.name, whole.spec.name);
    EXPECT_EQ(r.spec.arrival, whole.spec.arrival);
    EXPECT_EQ(r.spec.input_tokens, whole.spec.input_tokens);
    EXPECT_EQ(r.spec.output_tokens, whole.spec.output_tokens);
    EXPECT_EQ(r.spec.slo_class, whole.spec.slo_class);
    EXPECT_EQ(r.spec.tenant, whole.spec.tenant);
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
  EXPECT_EQ(table.room().rows, 10U);
  EXPECT_EQ(table.room().records, 0U);
  EXPECT_LE(table.room().ids, 2100U);
  for (const RequestId id : under_way) EXPECT_LT(table[id].spec.name.number, number);
}

TEST(RequestTable, IdsGoRoundWhenRequestsAreForgotten) {
  SymbolTable symbols;
  constexpr std::uint32_t kFirst = 0xffff'ffff - 5'000;
  RequestTable table(kFirst);
  const RequestId waits = table.add(spec_of(0, symbols));
  for (std::int64_t k = 1; k < 10'000; ++k) {
    const RequestId id = table.add(spec_of(k, symbols));
    ASSERT_FALSE(id.is_none());
    EXPECT_EQ(table[id].spec.name.number, k);
    table.forget(id);
    ASSERT_TRUE(table.is_retired(id));
  }
  EXPECT_EQ(table[waits].spec.name.number, 0);
  EXPECT_EQ(table.room().ids, 10'001U);  // one request that takes long holds up those behind it
  table.forget(waits);
  EXPECT_EQ(table.room().ids, 0U);
  const RequestId next = table.add(spec_of(1, symbols));
  EXPECT_EQ(next.value(), 10'000U - 5'000U);
  EXPECT_EQ(table[next].spec.name.number, 1);
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
  EXPECT_TRUE(stays([](Request& r) { r.measured.gateway_enqueue = Micros(1); }));
  EXPECT_TRUE(stays([&](Request& r) { r.spec.session = symbols.intern("s"); }));
  EXPECT_TRUE(stays([](Request& r) { r.spec.name.part = RequestPart::kDecode; }));
  EXPECT_FALSE(stays([](Request&) {}));
}

}  // namespace
}  // namespace blis::request
