// Shared prefixes: one token sequence per group, drawn before anything else.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "random/random_stream.h"
#include "workload/generation/traffic.h"
#include "workload/session_manager.h"

namespace blis::workload {

/// The prefix of every group. Its length is what the first client of the group in client order
/// says, 50 if that says none; later members' `prefix_length` is ignored [QUIRK]. SOURCE spec
/// workload 9.
class PrefixGroups {
 public:
  static constexpr std::int64_t kDefaultLength = 50;

  /// Draws the tokens of all groups from `stream`, in order of first appearance.
  PrefixGroups(const Traffic& traffic, random::RandomStream& stream, std::int64_t block_size,
               bool observed);

  /// nullptr for a client without group.
  std::shared_ptr<const PrefixTokens> of(const TrafficClient& client) const;

 private:
  std::unordered_map<std::uint32_t, std::shared_ptr<const PrefixTokens>>
      groups_;  // by group symbol; looked up only
};

}  // namespace blis::workload
