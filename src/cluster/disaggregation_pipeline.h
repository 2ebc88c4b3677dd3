// The way of a request when pools are configured: decode instance first, then perhaps an encode
// instance, then either whole to the decode instance or split: prompt to a prefill instance, KV
// transfer, output on the decode instance.
//
// A split request (the parent) never runs itself; two sub-requests do. Its record keeps what
// happened when, and at the end of the run what was measured of the halves is projected to it.
// Member functions are the cluster events of spec disaggregation 6 and 8, one each. Knows nothing
// of the loop that calls it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cluster/event_queue.h"
#include "cluster/fleet.h"
#include "cluster/gateway_pipeline.h"
#include "cluster/simulation_result.h"
#include "cluster/split_requests.h"
#include "disagg/decider.h"
#include "disagg/kv_transfer.h"
#include "request/request_source.h"

namespace blis::cluster {

class DisaggregationPipeline final : public SplitRequests {
 public:
  /// All references outlive the pipeline; `sessions` may be nullptr.
  DisaggregationPipeline(const ClusterConfig& config, Fleet& fleet, GatewayPipeline& gateway,
                         EventQueue& events, request::RequestTable& requests,
                         const SymbolTable& symbols, request::SessionListener* sessions);

  // Cluster events, at `clock`; `parent` is the subject of the event.
  void route(RequestId request, Micros clock);
  void route_prefill(std::uint32_t parent, Micros clock);
  void start_transfer(std::uint32_t parent, Micros clock);
  void complete_transfer(std::uint32_t parent, Micros clock);

  /// A half reached its end inside an instance; acted upon by detect_ends().
  /// `at`: the end of the step that completed it, or the time of another end.
  void note_terminal(RequestId sub_request, request::TerminalOutcome outcome, Micros at);
  /// To be called after every instance event, with the cluster's clock.
  void detect_ends(InstanceId instance, Micros clock);

  /// The instance has died, and whoever was on it is gone from it: no request that still needs it
  /// is under way any more, here or elsewhere. Appends the originals to `requests`, in the order in
  /// which they were split. COST O(splits since the first one that is not over).
  void abandon_requests_of(InstanceId instance, Micros clock, std::vector<RequestId>& requests);

  void note_withdrawn(RequestId half) override {
    parents_[parent_of_[half.index()]].stage = Stage::kOver;
  }
  void note_turned_away(RequestId request) override;
  void route_prefill_again(RequestId half, Micros clock) override;
  RequestId whole_of(RequestId request) const override;
  /// What was measured of the request that this half, its last, is of.
  request::Measurements measured_as_whole(RequestId half) const {
    return projection_of(parents_[parent_of_[half.index()]]);
  }
  /// Which half of the request is on its way or was last; the request itself if it was not split.
  RequestId current_half(RequestId request) const;

  /// Projects what was measured of the halves to their parents. SOURCE spec disaggregation 10.
  DisaggregationResult finish();

 private:
  enum class Stage : std::uint8_t {
    kPrefill,    ///< from the split to the end of the prefill half
    kTransfer,   ///< blocks are reserved at the decode instance
    kDecode,     ///< the decode half is in its instance
    kOver,       ///< ended, in whatever way
    kAbandoned,  ///< as kOver; the request starts over or is lost
  };

  /// Times are 0 until their moment comes [the reference's "unset"]. SOURCE spec
  /// disaggregation 5.1.
  struct Parent {
    RequestId request;
    RequestId prefill;  ///< sub-request
    RequestId decode;   ///< sub-request, none until KV is reserved for it
    InstanceId prefill_instance;
    InstanceId decode_instance;
    std::int64_t kv_blocks = 0;
    Micros transfer_start;
    Micros transfer_complete;
    Micros completion;
    Stage stage = Stage::kPrefill;
  };

  void split(RequestId request, InstanceId decode_instance, Micros clock);
  RequestId add_sub_request(std::uint32_t parent, request::RequestPart part);
  /// Of a half about to be sent to its instance. THROWS DataError if there are none.
  void require_tokens(const Parent& parent, std::int64_t tokens) const;
  void abandon(Parent& parent, Micros clock);
  void drop_at_decode(Parent& parent, Micros clock);
  void end_decode(Parent& parent, request::TerminalOutcome outcome, Micros at);
  void project(const Parent& parent);
  request::Measurements projection_of(const Parent& parent) const;
  void sort_by_name(std::vector<RequestId>& sub_requests) const;

  const ClusterConfig& config_;
  Fleet& fleet_;
  GatewayPipeline& gateway_;
  EventQueue& events_;
  request::RequestTable& requests_;
  const SymbolTable& symbols_;
  request::SessionListener* sessions_;
  std::unique_ptr<disagg::Decider> decider_;
  const disagg::EncodeDeciderEntry* encode_decider_;
  disagg::KvTransfers transfers_;
  std::vector<Parent> parents_;
  std::size_t first_not_over_ = 0;        // of parents_; those before it are over
  std::vector<std::uint32_t> parent_of_;  // by request id of a half
  DisaggregationResult counters_;
  // Halves that ended in the event being processed; all of its completions are in one step.
  Micros step_end_;
  std::vector<RequestId> ended_prefills_;
  std::vector<RequestId> completed_decodes_;
  std::vector<RequestId> timed_out_decodes_;
};

}  // namespace blis::cluster
