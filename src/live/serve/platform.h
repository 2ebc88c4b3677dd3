// The simulated platform as a server sees it: requests go in when they come, tokens come out when
// they are due.
//
//   Platform platform(config, symbols, diagnostics);
//   const Ticket ticket = platform.submit(std::move(spec), now);
//   platform.advance(now);
//   while (auto notice = platform.next_notice(now)) …
//   sleep until platform.next_due()
//
// `now` is simulated time that its owner derives from a clock; this class reads none. It steps the
// one cluster::Simulation and holds each token back until the time at which the model has it. What
// happens is what a run over the same arrivals would do.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/diagnostics.h"
#include "base/symbol_table.h"
#include "cluster/simulation.h"
#include "request/request_source.h"

namespace blis::live {

using Ticket = std::uint64_t;

enum class EndReason : std::uint8_t {
  kCompleted,
  kTimedOut,
  kUnservable,    ///< too long for the instance that it was routed to
  kRejected,      ///< by admission, or it was not let into the gateway queue or put out of it
  kInstanceLost,  ///< its instance broke down
  kEvicted,       ///< taken off its instance for a more important one
  kNoInstance,    ///< nobody takes requests of this model
};

/// What was measured of a request that completed. Times are simulated.
struct EndRecord {
  InstanceId instance;
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;  ///< of the prompt, found in the prefix cache
  std::int64_t output_tokens = 0;
  std::int64_t max_tokens = 0;  ///< asked for; 0 = not limited
  Micros queued;                ///< arrival to admission to a batch
  Micros ttft;
  Micros e2e;
};

/// Something that a client is to hear.
struct Notice {
  Ticket ticket = 0;
  std::int64_t tokens = 0;         ///< of the answer that exist by now; never falls
  std::int64_t new_tokens = 0;     ///< of them, those that this notice brings
  Micros at;                       ///< the model's time of it
  Micros gap;                      ///< since the token before; 0 at the first one
  InstanceId instance;             ///< who made the tokens; none if nobody did
  std::optional<EndReason> ended;  ///< set in the last notice of a ticket
  EndRecord record;                ///< only if ended == kCompleted
};

class Platform final : private cluster::LiveListener {
 public:
  /// Requests that have ended are forgotten, unless the configuration has pools (see
  /// ClusterConfig::can_forget_requests()); decisions are not recorded. `diagnostics` outlives the
  /// platform.
  Platform(const cluster::ClusterConfig& config, std::shared_ptr<SymbolTable> symbols,
           Diagnostics& diagnostics);

  /// A request arrives now; `spec.arrival` is set here. Its first notice comes after the next
  /// advance(). REQUIRES  `now` does not decrease from call to call.
  Ticket submit(request::RequestSpec spec, Micros now);
  /// Nobody wants the answer any more: no further notices, and its room becomes free as soon as
  /// the request can be taken out of where it is. Returns the instance that had it, if any.
  InstanceId cancel(Ticket ticket);
  /// An instance breaks down, now. REQUIRES  there is one with this index.
  void drop_instance(InstanceId instance) { simulation_.drop_instance(instance); }
  /// Executes everything that is due by `now`.
  void advance(Micros now);
  /// The next notice with a time not after `now`, in order of their times.
  std::optional<Notice> next_notice(Micros now);
  /// When advance() or next_notice() have something to do next; Micros::max() if never.
  Micros next_due() const;

  /// What became findable in an instance's GPU cache, or ceased to be, since the last call.
  /// REQUIRES the configuration records it.
  std::vector<kv::IndexChange> take_cache_changes(InstanceId instance) {
    return simulation_.take_cache_changes(instance);
  }

  const cluster::Simulation& simulation() const { return simulation_; }
  const SymbolTable& symbols() const { return *symbols_; }
  /// Requests that were submitted and have not come to their end.
  std::size_t in_flight() const { return live_.size(); }
  /// What is remembered of requests: constant but for those in flight, and the cancelled ones that
  /// are still to be taken out.
  struct Room {
    request::RequestTable::Room table;
    std::size_t rows = 0;  ///< of instances
    std::size_t own = 0;   ///< entries of this class
  };
  Room room() const;
  /// Engine steps, and how many tokens of prompts and answers they made, since the last call; for
  /// the histogram of iteration sizes.
  struct Step {
    InstanceId instance;
    std::int64_t tokens = 0;
  };
  std::vector<Step> take_steps() { return std::exchange(steps_, {}); }

 private:
  class Source final : public request::RequestSource {
   public:
    std::optional<request::RequestSpec> next() override;
    std::deque<request::RequestSpec> specs;
  };
  struct Place {
    RequestId request;    // none: it has ended
    InstanceId instance;  // that it ended at
  };
  struct Live {
    Ticket ticket = 0;
    std::int64_t reported_tokens = 0;
    std::int64_t cached_tokens = 0;
    Micros first_token_at;
    Micros last_token_at;
  };
  /// A notice in the order in which they come out. The heap is of these and not of notices, which
  /// are five times as long.
  struct Pending {
    Micros at;
    std::uint64_t serial = 0;
    std::uint32_t slot = 0;  ///< of notices_
  };
  struct Later {
    bool operator()(const Pending& a, const Pending& b) const {
      return a.at != b.at ? a.at > b.at : a.serial > b.serial;
    }
  };

  void on_arrival(RequestId request) override;
  void on_step(InstanceId instance) override;
  void on_end(RequestId request, request::TerminalOutcome outcome, Micros at) override;
  void on_loss(RequestId request, cluster::Loss loss, Micros at) override;

  Live* find(RequestId request);
  void report_tokens(RequestId request, InstanceId instance, Live& live);
  void end(RequestId request, EndReason reason, Micros at, InstanceId instance);
  void push(const Notice& notice);
  void retry_withdrawals();

  std::shared_ptr<SymbolTable> symbols_;
  Source source_;
  cluster::Simulation simulation_;
  Micros advanced_to_{-1};
  Ticket next_ticket_ = 1;
  std::deque<Ticket> arriving_;                    // submitted, not seen by the simulation
  absl::flat_hash_map<std::uint32_t, Live> live_;  // by request
  absl::flat_hash_map<Ticket, Place> places_;      // from arrival to the last notice
  std::vector<Ticket> cancelled_early_;            // before they arrived
  std::vector<RequestId> withdrawals_;             // still to be taken out
  std::vector<Notice> notices_;                    // those pending and unused_notices_
  std::vector<std::uint32_t> unused_notices_;
  std::vector<Pending> pending_;  // heap
  std::uint64_t next_serial_ = 0;
  std::vector<Step> steps_;
};

}  // namespace blis::live
