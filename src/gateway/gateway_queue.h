// The gateway queue: bands by priority, one FIFO flow per tenant in each band.
//
// A band exists from the first offer of its priority on, even a rejected one, for ever; its place
// among the bands decides at which saturation it is still served. A flow exists while it holds
// entries. Sequence numbers count all offers, from 1. SOURCE spec data-plane 10.1-10.4, 10.6. Laws:
// data-plane L11, L12.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.h"
#include "base/micros.h"
#include "base/symbol_table.h"
#include "gateway/gateway_config.h"
#include "gateway/per_symbol.h"
#include "gateway/route_query.h"
#include "request/request_name.h"

namespace blis::gateway {

struct GatewayQueueCounters {
  std::int64_t rejected = 0;  ///< offers refused for lack of room
  std::int64_t shed = 0;      ///< entries displaced by more important ones
  std::int64_t expired = 0;   ///< entries removed by expire()
};

struct OfferResult {
  bool queued = false;
  std::optional<RequestId> victim;  ///< displaced to make room
};

class GatewayQueue {
 public:
  /// `symbols` outlives the queue.
  GatewayQueue(const FlowControlConfig& config, const SymbolTable& symbols);
  GatewayQueue(const GatewayQueue&) = delete;
  GatewayQueue& operator=(const GatewayQueue&) = delete;

  /// Takes the request in at the end of its flow, if there is room or if a less important sheddable
  /// entry can be displaced. COST  O(bands + log tenants), and O(log entries of the flow) for
  /// slo-deadline.
  OfferResult offer(const RouteQuery& query, const request::RequestName& name, Micros clock);

  /// Removes and returns the request to dispatch at this saturation; nullopt if the first non-empty
  /// band, or an empty one above it, has a ceiling that is not above `saturation`. COST as for
  /// offer().
  std::optional<RequestId> gated_dequeue(double saturation);

  /// Removes the waiting entry with this name, if it is still indexed, and returns its request.
  /// With repeated names the reference's index decides which (spec data-plane 10.1). REQUIRES the
  /// configuration has a TTL. COST as for offer(), and O(entries of this name).
  std::optional<RequestId> expire(const request::RequestName& name);

  /// Removes a request whose sender has gone; false if it does not wait here. COST O(entries).
  bool withdraw(RequestId request);

  std::int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Something waits that must not be shed (priority >= 0).
  bool has_non_sheddable() const { return non_sheddable_ > 0; }
  std::int64_t band_size(std::int64_t priority) const;
  /// Priorities of all bands, descending.
  std::vector<std::int64_t> band_priorities() const;
  /// Saturation from which on band `position` (0 = most important) is not served. SOURCE spec
  /// data-plane 10.4.
  double ceiling(std::size_t position) const;
  const GatewayQueueCounters& counters() const { return counters_; }

 private:
  using Sequence = std::uint64_t;
  using Slot = std::uint32_t;  // of entries_
  static constexpr Slot kNone = 0xffff'ffff;

  /// Neighbours in a list of entries, which are in order of their sequence numbers because they
  /// only ever come in at the end.
  struct Links {
    Slot previous = kNone;
    Slot next = kNone;
  };
  struct List {
    Slot first = kNone;
    Slot last = kNone;
    std::int64_t size = 0;
  };
  struct Flow {
    List entries;
    std::set<std::tuple<Micros, Sequence, Slot>> deadlines;  // in slo-deadline order only
  };
  using Flows = std::map<std::string_view, Flow>;  // by tenant; never empty ones
  struct Entry {
    RequestId request;
    request::RequestName name;
    Sequence sequence = 0;
    Micros deadline = Micros::max();
    std::size_t band = 0;  // index into bands_
    Flows::iterator flow;
    Links in_band;
    Links in_flow;
  };
  struct Band {
    std::int64_t priority = 0;
    List entries;  // of all flows
    Flows flows;
    std::optional<std::string_view> cursor;  // round-robin: tenant served last
  };
  /// What the reference's index knows about a name, and the entries that bear it.
  struct NameRecord {
    bool is_indexed = false;
    std::size_t band = 0;
    std::string_view tenant;
    std::vector<Slot> live;  // in order of their sequence numbers
  };
  struct NameHash {
    std::size_t operator()(const request::RequestName& name) const;
  };
  struct TargetOf {
    std::map<std::string, std::int64_t, std::less<>> targets;
    std::optional<std::int64_t> operator()(std::string_view slo_class) const;
  };

  std::size_t band_for(std::int64_t priority);
  std::string_view tenant_text(Symbol tenant) const;
  std::optional<Slot> find_victim() const;
  const Flow& pick_flow(Band& band);
  Micros deadline_of(const RouteQuery& query, Micros clock);
  void append(const RouteQuery& query, const request::RequestName& name, Sequence sequence,
              std::size_t band, Micros clock);
  RequestId remove(Slot slot);
  Slot new_entry();
  void link(List& list, Links Entry::*links, Slot slot);
  void unlink(List& list, Links Entry::*links, Slot slot);
  void forget_name(const Entry& entry, Slot slot);

  FlowControlConfig config_;
  const SymbolTable& symbols_;
  PerSymbol<std::optional<std::int64_t>, TargetOf> target_us_;
  std::vector<Entry> entries_;  // those in use and those in unused_
  std::vector<Slot> unused_;
  std::int64_t size_ = 0;
  std::deque<Band> bands_;          // in order of creation; entries point into them
  std::vector<std::size_t> order_;  // bands by descending priority
  absl::flat_hash_map<request::RequestName, NameRecord, NameHash> names_;  // only with a TTL
  Sequence next_sequence_ = 1;
  std::int64_t non_sheddable_ = 0;
  GatewayQueueCounters counters_;
};

}  // namespace blis::gateway
