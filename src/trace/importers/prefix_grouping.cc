#include "trace/importers/prefix_grouping.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace blis::trace {
namespace {

constexpr std::size_t kRoot = 0;

struct Node {
  std::size_t parent = kRoot;
  std::int64_t depth = 0;   // blocks
  std::int64_t rows = 0;    // whose chains pass through or end here
  std::int64_t ending = 0;  // of these, that end here
  std::size_t children = 0;
  std::size_t last_child = kRoot;
};

struct EdgeHash {
  std::size_t operator()(const std::pair<std::size_t, std::int64_t>& edge) const {
    return edge.first * 0x9e3779b97f4a7c15U ^ static_cast<std::size_t>(edge.second);
  }
};

// All blocks of all chains; a parent stands before its children.
class Tree {
 public:
  Tree() : nodes_(1) {}

  // Returns the node where the chain ends; counts the leading blocks that were there before.
  std::size_t add(const std::vector<std::int64_t>& chain, std::int64_t& known_blocks) {
    std::size_t here = kRoot;
    ++nodes_[kRoot].rows;
    for (const std::int64_t hash : chain) {
      const auto [edge, is_new] = edges_.try_emplace({here, hash}, nodes_.size());
      if (is_new) {
        nodes_.push_back({.parent = here, .depth = nodes_[here].depth + 1});
        ++nodes_[here].children;
        nodes_[here].last_child = edge->second;
      } else {
        ++known_blocks;
      }
      here = edge->second;
      ++nodes_[here].rows;
    }
    ++nodes_[here].ending;
    return here;
  }
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  std::vector<Node> nodes_;
  std::unordered_map<std::pair<std::size_t, std::int64_t>, std::size_t, EdgeHash> edges_;
};

// The tree without nodes that have the same rows as their only child.
struct Branch {
  std::size_t parent = kRoot;
  std::int64_t depth = 0;
  std::int64_t ending = 0;
  std::int64_t rows = 0;
  std::size_t level = 0;              // branches above it; the root has 0
  std::vector<std::int64_t> best{};   // by level of the deepest group above; [0] = none
  std::vector<bool> becomes_group{};  // by the same
};

std::vector<Branch> branches_of(const Tree& tree, std::vector<std::size_t>& branch_of_node) {
  const std::vector<Node>& nodes = tree.nodes();
  std::vector<Branch> branches(1);
  branches[kRoot].rows = nodes[kRoot].rows;
  branches[kRoot].ending = nodes[kRoot].ending;
  // For a node that is passed over: its parent's branch, which its children will hang on.
  branch_of_node.assign(nodes.size(), kRoot);
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    const std::size_t parent = branch_of_node[node.parent];
    if (node.children == 1 && nodes[node.last_child].rows == node.rows) {
      branch_of_node[i] = parent;
      continue;
    }
    branch_of_node[i] = branches.size();
    branches.push_back({.parent = parent,
                        .depth = node.depth,
                        .ending = node.ending,
                        .rows = node.rows,
                        .level = branches[parent].level + 1});
  }
  return branches;
}

// Depths of the branches on the way from the root to `branch`, which is the last.
std::vector<std::int64_t> depths_above(const std::vector<Branch>& branches, std::size_t branch) {
  std::vector<std::int64_t> depths(branches[branch].level + 1);
  for (std::size_t here = branch;; here = branches[here].parent) {
    depths[branches[here].level] = branches[here].depth;
    if (here == kRoot) return depths;
  }
}

void solve(std::vector<Branch>& branches) {
  // below[v][level] gathers what the children of v save; the entry of v's own level is with v as a
  // group.
  std::vector<std::vector<std::int64_t>> below(branches.size());
  for (std::size_t v = branches.size(); v-- > 1;) {
    Branch& branch = branches[v];
    const std::vector<std::int64_t> depths = depths_above(branches, v);
    std::vector<std::int64_t>& sums = below[v];
    sums.resize(branch.level + 1);
    const std::int64_t as_group = sums[branch.level] + (branch.ending - 1) * branch.depth;
    branch.best.resize(branch.level);
    branch.becomes_group.resize(branch.level);
    std::vector<std::int64_t>& up = below[branch.parent];
    up.resize(branch.level);
    for (std::size_t level = 0; level < branch.level; ++level) {
      const std::int64_t as_none = sums[level] + branch.ending * (level == 0 ? 0 : depths[level]);
      branch.becomes_group[level] = branch.rows >= 2 && as_group > as_none;
      branch.best[level] = branch.becomes_group[level] ? as_group : as_none;
      up[level] += branch.best[level];
    }
    std::vector<std::int64_t>().swap(sums);
  }
}

}  // namespace

PrefixGrouping group_by_prefix(std::span<const std::vector<std::int64_t>> chains) {
  PrefixGrouping result;
  Tree tree;
  std::vector<std::size_t> ends;
  ends.reserve(chains.size());
  for (const std::vector<std::int64_t>& chain : chains) {
    ends.push_back(tree.add(chain, result.reusable_blocks));
  }
  std::vector<std::size_t> branch_of_node;
  std::vector<Branch> branches = branches_of(tree, branch_of_node);
  solve(branches);

  // From the root down: which branch is the deepest group at or above each.
  std::vector<std::size_t> deepest(branches.size(), kRoot);
  for (std::size_t v = 1; v < branches.size(); ++v) {
    const std::size_t above = deepest[branches[v].parent];
    deepest[v] = branches[v].becomes_group[branches[above].level] ? v : above;
  }
  std::vector<std::int64_t> numbers(branches.size(), PrefixGrouping::kNone);
  std::int64_t groups = 0;
  for (const std::size_t end : ends) {
    const std::size_t group = deepest[branch_of_node[end]];
    if (group == kRoot) {
      result.group.push_back(PrefixGrouping::kNone);
      result.shared_blocks.push_back(0);
      continue;
    }
    if (numbers[group] == PrefixGrouping::kNone) {
      numbers[group] = groups++;
    } else {
      result.kept_blocks += branches[group].depth;
    }
    result.group.push_back(numbers[group]);
    result.shared_blocks.push_back(branches[group].depth);
  }
  return result;
}

}  // namespace blis::trace
