// Sends the workload as planned and measures what comes back. SOURCE spec traces 8.4.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/diagnostics.h"
#include "base/symbol_table.h"
#include "live/observe/http_client.h"
#include "live/observe/observed_record.h"
#include "live/observe/run_clock.h"
#include "live/observe/send_queue.h"
#include "live/observe/single_exchange.h"
#include "workload/session_manager.h"

namespace blis::live {

struct LoadOptions {
  std::size_t max_in_flight = 256;
  std::int64_t warm_up_requests = 0;  ///< the first ones are not recorded
  bool force_streaming = false;       ///< whatever the workload says
  bool no_streaming = false;
  bool unconstrained = false;
  bool keep_chunk_times = false;
  bool content_chunks_only = false;
};

/// How far the client kept to the plan.
struct SendStatistics {
  std::int64_t sent = 0;
  std::int64_t held_back = 0;        ///< due, but all places in flight were taken
  std::vector<std::int64_t> lag_us;  ///< sent after planned, of those not held back
};

class LoadGenerator {
 public:
  using OnRecord = std::function<void(ObservedRequest)>;

  /// Everything given outlives it. `sessions`: nullptr if the workload has none.
  LoadGenerator(const Session& session, const Target& target, const LoadOptions& options,
                const SymbolTable& symbols, SendQueue& queue, workload::SessionManager* sessions,
                OnRecord on_record, Diagnostics& diagnostics);
  ~LoadGenerator();
  LoadGenerator(const LoadGenerator&) = delete;
  LoadGenerator& operator=(const LoadGenerator&) = delete;

  /// Returns when everything is answered, or after the first signal: then what is in flight is
  /// broken off and recorded as an error with what was measured of it.
  void run(const RunClock& clock);

  const SendStatistics& statistics() const { return statistics_; }

 private:
  class InFlight;

  /// When something may be sent next; nullopt: not before an answer comes.
  std::optional<std::int64_t> next_send_us();
  void send(PlannedSend planned, std::int64_t planned_us);
  void finish(InFlight& request, const TransferEnd& end);
  void continue_session(const request::RequestSpec& spec, const ExchangeResult& result);

  Session session_;
  const Target& target_;
  LoadOptions options_;
  const SymbolTable& symbols_;
  SendQueue& queue_;
  workload::SessionManager* sessions_;
  OnRecord on_record_;
  Diagnostics& diagnostics_;
  const RunClock* clock_ = nullptr;
  std::map<std::int64_t, std::unique_ptr<InFlight>> in_flight_;  ///< by index of sending
  std::int64_t held_back_until_us_ = 0;  ///< when the last place became free that was waited for
  bool was_full_ = false;
  SendStatistics statistics_;
};

/// The body of a request of the load.
std::string load_body(const Target& target, const LoadOptions& options,
                      const request::RequestSpec& spec, std::string_view slo_class,
                      std::string_view prompt);

}  // namespace blis::live
