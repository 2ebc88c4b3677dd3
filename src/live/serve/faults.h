// Faults on purpose, so that clients, routers and dashboards can be seen to cope with them.
//
//   error:rate=0.1,status=503      that share of the requests is answered with this status
//   slow:rate=0.1,ms=500           … reaches the platform that much later
//   disconnect:rate=0.1,after=5    … loses its connection after so many tokens
//   drop:at=60,instance=1          at 60 simulated seconds this instance breaks down
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/micros.h"

namespace blis::live {

/// What happens to one request.
struct Fault {
  std::optional<int> status;
  std::chrono::milliseconds delay{0};
  std::optional<std::int64_t> disconnect_after_tokens;
};

struct InstanceDrop {
  Micros at;
  std::int64_t instance = 0;
};

class FaultPlan {
 public:
  FaultPlan() = default;
  /// One rule per text. THROWS ConfigError for `--inject`.
  explicit FaultPlan(std::span<const std::string> rules, std::int64_t seed);

  /// Of the request with this number. The same number gives the same, whatever else happens.
  Fault draw(std::uint64_t request) const;
  /// Ascending by time.
  const std::vector<InstanceDrop>& drops() const { return drops_; }

 private:
  struct Share {
    double rate = 0;
    std::int64_t value = 0;
  };
  void add(const std::string& rule);

  std::uint64_t seed_ = 0;
  std::vector<Share> errors_;
  std::vector<Share> delays_;
  std::vector<Share> disconnects_;
  std::vector<InstanceDrop> drops_;
};

}  // namespace blis::live
