#include "cluster/holding_room.h"

#include <algorithm>
#include <utility>

namespace blis::cluster {

bool HoldingRoom::hold(RequestId request, EventKind kind, std::uint32_t subject, Micros clock) {
  const auto [deadline, is_new] = deadlines_.try_emplace(request, clock + ttl_);
  if (clock >= deadline->second) return false;
  if (is_new) events_.push(deadline->second, EventKind::kHoldExpiry, request.value());
  held_.push_back({request, kind, subject});
  return true;
}

void HoldingRoom::release(Micros clock) {
  for (const Held& held : std::exchange(held_, {})) events_.push(clock, held.kind, held.subject);
}

bool HoldingRoom::expire(RequestId request) {
  const auto found = std::ranges::find(held_, request, &Held::request);
  if (found == held_.end()) return false;
  held_.erase(found);
  return true;
}

}  // namespace blis::cluster
