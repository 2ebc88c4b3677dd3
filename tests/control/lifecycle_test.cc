#include "control/lifecycle.h"

#include <gtest/gtest.h>

namespace blis::control {
namespace {

using enum InstanceState;

TEST(Lifecycle, GoesForwardOnly) {
  constexpr InstanceState kAll[] = {kLoading, kActive, kDraining, kTerminated};
  constexpr bool kAllowed[4][4] = {
      {false, true, false, true},    // Loading
      {false, false, true, true},    // Active
      {false, false, false, true},   // Draining
      {false, false, false, false},  // Terminated
  };
  for (std::size_t from = 0; from < 4; ++from) {
    for (std::size_t to = 0; to < 4; ++to) {
      EXPECT_EQ(may_follow(kAll[from], kAll[to]), kAllowed[from][to])
          << name_of(kAll[from]) << " to " << name_of(kAll[to]);
    }
  }
}

TEST(Lifecycle, IsRoutableOnlyWhileActive) {
  Lifecycle lifecycle(kLoading);
  EXPECT_FALSE(lifecycle.is_routable());
  lifecycle.advance(kActive);
  EXPECT_TRUE(lifecycle.is_routable());
  lifecycle.advance(kDraining);
  EXPECT_FALSE(lifecycle.is_routable());
  EXPECT_EXIT(lifecycle.advance(kActive), testing::ExitedWithCode(2), "Draining to Active");
}

}  // namespace
}  // namespace blis::control
