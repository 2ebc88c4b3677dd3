// All clients' requests in one order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "workload/generation/client_producer.h"

namespace blis::workload {

/// The k-way merge of the clients' requests by (arrival, client index, order within the client).
/// That is also the stable sort by arrival of their concatenation, so eager and lazy mode share it.
/// SOURCE spec workload 12, 15.1.
class ClientMerge {
 public:
  /// `producers` in client order.
  explicit ClientMerge(std::vector<std::unique_ptr<ClientProducer>> producers);

  /// The next request, nullopt when all clients are exhausted. COST O(log clients) and what drawing
  /// it costs.
  std::optional<Produced> pop();

 private:
  struct Head {
    std::int64_t arrival_us;
    std::uint32_t producer;
  };
  static bool is_later(const Head& a, const Head& b) {
    return a.arrival_us != b.arrival_us ? a.arrival_us > b.arrival_us : a.producer > b.producer;
  }
  void add_head(std::uint32_t producer);

  std::vector<std::unique_ptr<ClientProducer>> producers_;
  std::vector<Head> heap_;
  std::optional<std::uint32_t>
      last_popped_;  ///< its next arrival is asked for only when somebody wants more
};

}  // namespace blis::workload
