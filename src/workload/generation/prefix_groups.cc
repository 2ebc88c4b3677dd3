#include "workload/generation/prefix_groups.h"

namespace blis::workload {

PrefixGroups::PrefixGroups(const Traffic& traffic, random::RandomStream& stream,
                           std::int64_t block_size, bool observed) {
  for (const TrafficClient& client : traffic.clients) {
    if (client.prefix_group == SymbolTable::empty()) continue;
    auto& prefix = groups_[client.prefix_group.value()];
    if (prefix) continue;
    const std::int64_t length =
        client.spec->prefix_length > 0 ? client.spec->prefix_length : kDefaultLength;
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(length));
    stream.tokens(tokens);
    prefix = std::make_shared<const PrefixTokens>(std::move(tokens), block_size, observed);
  }
}

std::shared_ptr<const PrefixTokens> PrefixGroups::of(const TrafficClient& client) const {
  const auto found = groups_.find(client.prefix_group.value());
  return found == groups_.end() ? nullptr : found->second;
}

}  // namespace blis::workload
