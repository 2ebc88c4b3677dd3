// The gateway's book of instances: who can take requests, what each last reported, and how many
// requests are in flight.
//
// Instance-reported signals are scraped per instance and on demand: a read at clock c takes the
// live values if c - last >= interval and then sets last := c; otherwise it returns what it took at
// `last` (0, with everything zero, at first). Nothing happens between reads and nothing aligns
// them, so whoever reads also decides when the next refresh is due: every router state that the
// spec builds must be read here, even if nobody looks at it (observe() or touch()). SOURCE spec
// data-plane 6.2, 6.3. Law: data-plane L13.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "engine/instance.h"
#include "gateway/gateway_config.h"
#include "gateway/instance_signals.h"
#include "gateway/prefix_cache_views.h"

namespace blis::gateway {

/// Where live values come from; an engine instance, or a fake in a test.
class SignalSource {
 public:
  virtual ~SignalSource() = default;
  /// Overwrites the scraped fields of `signals`, and `details` except the adapters.
  virtual void read(InstanceSignals& signals, InstanceDetails& details) const = 0;
  virtual std::span<const Symbol> resident_adapters() const { return {}; }
};

/// Reads an engine instance, which outlives the source.
std::unique_ptr<SignalSource> make_instance_source(const engine::Instance& instance);

/// Roles of pools, a bit set. SOURCE spec disaggregation 1.
using PoolRoles = std::uint8_t;
inline constexpr PoolRoles kNoRole = 0;
inline constexpr PoolRoles kPrefillRole = 1;
inline constexpr PoolRoles kDecodeRole = 2;
inline constexpr PoolRoles kSharedRole = 3;
inline constexpr PoolRoles kEncodeRole = 4;

class SignalBook {
 public:
  /// `uses_prefix_views`: a configured scorer or decider asks for cached prefixes.
  SignalBook(const SignalConfig& config, bool uses_prefix_views);

  // --- the fleet

  /// Adds the next instance; it is routable, has no role and nothing in flight. The instance
  /// outlives the book.
  InstanceId add_instance(engine::Instance& instance, InstanceProfile profile);
  InstanceId add_source(std::unique_ptr<SignalSource> source, kv::KvStore* cache,
                        InstanceProfile profile);
  /// Routable means Active or WarmingUp.
  void set_routable(InstanceId instance, bool routable);
  bool is_routable(InstanceId instance) const { return rows_[instance.index()].routable; }
  void set_role(InstanceId instance, PoolRoles roles);
  PoolRoles role(InstanceId instance) const { return rows_[instance.index()].roles; }
  /// A terminated instance: not routable, and its cache view answers 0.
  void retire(InstanceId instance);
  const InstanceProfile& profile(InstanceId instance) const {
    return rows_[instance.index()].profile;
  }
  std::size_t size() const { return rows_.size(); }

  // --- requests in flight (spec data-plane 5.4)

  std::int64_t in_flight(InstanceId instance) const {
    return rows_[instance.index()].signals.in_flight_requests;
  }
  void add_in_flight(InstanceId instance);
  /// False if that would be below zero; the count is then 0.
  bool remove_in_flight(InstanceId instance, std::int64_t count);

  // --- reads

  /// The router state for a request of `model` ("" = any): refreshes what is due, for the instances
  /// that it includes. COST O(1) if nothing changed but in-flight counts since the last read with
  /// this model, else O(instances); with an interval <= 0 always O(instances).
  RouterState observe(Micros clock, Symbol model = SymbolTable::empty());
  /// The same refreshes as observe() for a state that nobody will look at. COST O(1) until
  /// something is due.
  void touch(Micros clock, Symbol model = SymbolTable::empty());
  /// The router state of a pool: refreshes all routable instances, then keeps those that have all
  /// bits of `roles`.
  RouterState observe_pool(Micros clock, PoolRoles roles);
  const PrefixCacheViews& prefix_views() const { return prefix_views_; }

 private:
  struct Row {
    std::unique_ptr<SignalSource> source;
    InstanceProfile profile;
    InstanceSignals signals;
    InstanceDetails details;  // what signals.details shows
    Micros last;              // of the last refresh
    bool routable = true;
    PoolRoles roles = kNoRole;
  };

  /// The rows that one kind of router state reads and shows; kept between reads.
  struct View {
    Symbol model = SymbolTable::empty();
    PoolRoles roles = kNoRole;         // kNoRole: not a pool
    std::vector<std::uint32_t> reads;  // rows refreshed by this view
    std::vector<InstanceSignals> shown;
    std::vector<std::int32_t> position;  // row -> index in `shown`, -1 = not shown
    Micros next_due;                     // no row of `reads` is due before
    bool is_filled = false;
  };

  View& view_of(Symbol model, PoolRoles roles);
  void fill(View& view) const;
  void refresh(View& view, Micros clock);
  void refresh_row(std::uint32_t row, Micros clock);
  /// Where the view shows the row; nullptr if it does not.
  static InstanceSignals* shown(View& view, std::uint32_t row);
  /// Copies the row into the views that show it.
  void show(std::uint32_t row);
  void show_in_flight(std::uint32_t row);
  /// Instances came, went or changed: views must be filled again.
  void forget_views();

  SignalConfig config_;
  PrefixCacheViews prefix_views_;
  std::deque<Row> rows_;  // which stay where they are
  std::vector<View> views_;
  std::size_t next_victim_ = 0;  // of views_, when there are too many
};

}  // namespace blis::gateway
