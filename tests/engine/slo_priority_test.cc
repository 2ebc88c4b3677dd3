#include "engine/slo_priority.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace blis::engine {
namespace {

TEST(SloPriorities, HaveTheirDefaults) {
  const SloPriorities priorities;
  EXPECT_EQ(priorities.engine_priority("critical"), 0);
  EXPECT_EQ(priorities.engine_priority("standard"), 1);
  EXPECT_EQ(priorities.engine_priority("batch"), 5);
  EXPECT_EQ(priorities.engine_priority("sheddable"), 6);
  EXPECT_EQ(priorities.engine_priority("background"), 7);
  EXPECT_EQ(priorities.engine_priority("anything"), priorities.engine_priority("standard"));
  EXPECT_EQ(priorities.engine_priority(""), priorities.engine_priority("standard"));
}

// law data-plane L19
RC_GTEST_PROP(SloPriorities, AreMoreUrgentTheMoreImportant, ()) {
  const std::vector<std::string> classes = {"",          "critical",   "standard", "batch",
                                            "sheddable", "background", "gold",     "anything"};
  std::map<std::string, std::int64_t> overrides;
  for (const std::string& name : classes) {
    if (*rc::gen::inRange(0, 2) == 0) overrides[name] = *rc::gen::inRange(-100, 101);
  }
  const SloPriorities priorities(overrides);
  for (const std::string& a : classes) {
    RC_ASSERT(priorities.engine_priority(a) >= 0);
    RC_ASSERT(priorities.is_sheddable(a) == (priorities.priority(a) < 0));
    for (const std::string& b : classes) {
      RC_ASSERT((priorities.priority(a) < priorities.priority(b)) ==
                (priorities.engine_priority(a) > priorities.engine_priority(b)));
    }
  }
}

}  // namespace
}  // namespace blis::engine
