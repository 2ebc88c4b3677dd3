#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <type_traits>

#include "base/check.h"
#include "base/diagnostics.h"
#include "base/ids.h"
#include "base/micros.h"
#include "base/symbol_table.h"

namespace blis {
namespace {

TEST(Micros, TruncatesTowardZeroAndClamps) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(Micros::truncate(1.5), Micros(1));
  EXPECT_EQ(Micros::truncate(-5), Micros(-5));
  EXPECT_EQ(Micros::truncate(-1.5), Micros(-1));
  EXPECT_EQ(Micros::truncate(1e30), Micros::max());
  EXPECT_EQ(Micros::truncate(-1e30), Micros(kMin));
  EXPECT_EQ(Micros::truncate(std::nan("")), Micros::max());
  EXPECT_EQ(Micros::truncate(std::numeric_limits<double>::infinity()), Micros::max());
}

TEST(Micros, SumsWrap) {
  EXPECT_EQ(Micros::max() + Micros(1), Micros(std::numeric_limits<std::int64_t>::min()));
}

TEST(Id, KindsDoNotMix) {
  static_assert(!std::is_convertible_v<RequestId, InstanceId>);
  static_assert(!std::is_convertible_v<int, RequestId>);
  static_assert(std::is_trivially_copyable_v<RequestId> && sizeof(RequestId) == 4);
  EXPECT_TRUE(RequestId().is_none());
  EXPECT_FALSE(RequestId(std::size_t{0}).is_none());
  EXPECT_LT(RequestId(std::size_t{1}), RequestId(std::size_t{2}));
}

TEST(SymbolTable, StartsWithTheEmptyString) {
  SymbolTable table;
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.intern(""), SymbolTable::empty());
  EXPECT_EQ(table.text(SymbolTable::empty()), "");
  EXPECT_TRUE(table.find("a").is_none());
}

RC_GTEST_PROP(SymbolTable, IsABijectionBetweenTextsAndSymbols, ()) {
  const auto texts = *rc::gen::arbitrary<std::vector<std::string>>();
  SymbolTable table;
  std::vector<Symbol> symbols;
  for (const std::string& text : texts) symbols.push_back(table.intern(text));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    RC_ASSERT(table.text(symbols[i]) == texts[i]);
    RC_ASSERT(table.find(texts[i]) == symbols[i]);
  }
  std::set<std::string> distinct(texts.begin(), texts.end());
  distinct.insert("");
  RC_ASSERT(table.size() == distinct.size());
}

TEST(Diagnostics, CountsKindsAndKeepsTheFirstExample) {
  Diagnostics diagnostics;
  diagnostics.warn("too long", "request_3");
  diagnostics.info("note");
  diagnostics.warn("too long", "request_9");
  ASSERT_EQ(diagnostics.entries().size(), 2u);
  EXPECT_EQ(diagnostics.entries()[0].kind, "too long");
  EXPECT_EQ(diagnostics.entries()[0].first, "request_3");
  EXPECT_EQ(diagnostics.entries()[0].count, 2);
  EXPECT_EQ(diagnostics.entries()[1].severity, Severity::kInfo);
}

TEST(CheckDeathTest, NamesPlaceConditionAndMessage) {
  EXPECT_EXIT(BLIS_CHECK(1 + 1 == 3, "law L{}: at {}", 8, 100), ::testing::ExitedWithCode(2),
              "basics_test.cc:[0-9]+: check failed: 1 \\+ 1 == 3: law L8: at 100");
  BLIS_CHECK(true, "not formatted");
}

}  // namespace
}  // namespace blis
