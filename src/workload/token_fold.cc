#include "workload/token_fold.h"

namespace blis::workload {

void TokenDigest::append(std::span<const std::int32_t> more) {
  tokens.insert(tokens.end(), more.begin(), more.end());
  for (const std::int32_t token : more) {
    if (count < static_cast<std::int64_t>(first.size())) {
      first[static_cast<std::size_t>(count)] = token;
    }
    ++count;
    weighted_sum += static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(token);
  }
}

}  // namespace blis::workload
