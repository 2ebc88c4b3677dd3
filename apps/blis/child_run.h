// Work done in a process of its own, so that its cost can be told from everybody else's.
#pragma once

#include <functional>
#include <string>

namespace blis::app {

/// What a child process cost, from its start to its end.
struct ChildCost {
  double wall_s = 0;
  double cpu_s = 0;     ///< user and system
  double peak_mib = 0;  ///< largest resident set
};

struct ChildRun {
  std::string answer;
  ChildCost cost;
};

/// Calls `work` in a child process and hands over the text that it returns. Nothing else that the
/// child changes is seen here.
/// THROWS  DataError if there can be no child, or if `work` throws; its message names the reason.
ChildRun run_in_child(const std::function<std::string()>& work);

}  // namespace blis::app
