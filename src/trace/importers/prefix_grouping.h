// From chains of block hashes to prefix groups.
//
// A trace in which every request names the blocks of its prompt says everything about sharing: two
// requests share as many blocks as their chains have in common from the start. A TraceV2 row knows
// one prefix group, and groups share nothing with each other. Which groups keep most of the reuse?
//
//   The chains form a tree. A group is a node, at depth d blocks; a row may join a group on its own
//   path. A group of n rows saves (n - 1) * d blocks: each row d, less d for computing it once.
//   best(v, u) = the most that the rows below v save when u is the deepest group above them
//     v a group:   sum over children c of best(c, v) + rows ending at v * depth(v) - depth(v)
//     v no group:  sum over children c of best(c, u) + rows ending at v * depth(u)
//
// which a pass from the leaves to the root solves exactly. A run of nodes with the same rows counts
// as its last node, so that the tree has at most twice as many nodes as there are rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace blis::trace {

struct PrefixGrouping {
  static constexpr std::int64_t kNone = -1;
  std::vector<std::int64_t> group{};  ///< of each row, numbered by first appearance, or kNone
  std::vector<std::int64_t> shared_blocks{};  ///< of each row's group; 0 without one
  std::int64_t reusable_blocks = 0;  ///< of all rows: leading blocks that an earlier row had, too
  std::int64_t kept_blocks = 0;      ///< of these, what the groups keep
};

/// REQUIRES every chain holds the hashes of full blocks only.
/// COST memory for the tree; time rows * depth of the tree of branches.
PrefixGrouping group_by_prefix(std::span<const std::vector<std::int64_t>> chains);

}  // namespace blis::trace
