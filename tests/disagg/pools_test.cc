// Roles follow the index of the instance. SOURCE spec disaggregation 3.1.

#include "disagg/pools.h"

#include <gtest/gtest.h>

#include <vector>

namespace blis::disagg {
namespace {

using gateway::kDecodeRole;
using gateway::kEncodeRole;
using gateway::kNoRole;
using gateway::kPrefillRole;
using gateway::kSharedRole;
using gateway::PoolRoles;

std::vector<PoolRoles> roles(const PoolSizes& pools, std::size_t instances) {
  std::vector<PoolRoles> roles;
  for (std::size_t i = 0; i < instances; ++i) roles.push_back(role_of(pools, i));
  return roles;
}

TEST(Pools, AreDealtOutInOrder) {
  EXPECT_EQ(
      roles({.prefill = 1, .decode = 1, .shared = 1, .encode = 2}, 5),
      (std::vector<PoolRoles>{kPrefillRole, kDecodeRole, kSharedRole, kEncodeRole, kEncodeRole}));
  EXPECT_EQ(roles({.prefill = 2, .decode = 1}, 3),
            (std::vector<PoolRoles>{kPrefillRole, kPrefillRole, kDecodeRole}));
  EXPECT_EQ(roles({.shared = 2}, 2), (std::vector<PoolRoles>{kSharedRole, kSharedRole}));
}

TEST(Pools, LeaveInstancesWithoutARole) {
  EXPECT_EQ(roles({.prefill = 1, .decode = 1}, 4),
            (std::vector<PoolRoles>{kPrefillRole, kDecodeRole, kNoRole, kNoRole}));
  EXPECT_EQ(roles({}, 2), (std::vector<PoolRoles>{kNoRole, kNoRole}));
}

TEST(Pools, ASharedInstanceServesBoth) {
  const PoolRoles shared = role_of({.shared = 1}, 0);
  EXPECT_EQ(shared & kPrefillRole, kPrefillRole);
  EXPECT_EQ(shared & kDecodeRole, kDecodeRole);
  EXPECT_EQ(shared & kEncodeRole, 0);
}

TEST(Pools, AreActiveIfAnybodyPrefillsOrDecodes) {
  EXPECT_FALSE(PoolSizes{}.are_active());
  EXPECT_TRUE((PoolSizes{.prefill = 1, .decode = 1}.are_active()));
  EXPECT_TRUE((PoolSizes{.shared = 1}.are_active()));
  EXPECT_FALSE((PoolSizes{.encode = 1}.are_active()));
}

}  // namespace
}  // namespace blis::disagg
