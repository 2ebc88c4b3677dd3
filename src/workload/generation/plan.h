// A validated workload, ready to draw: who generates, from which seed, with which prefix.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "workload/generate.h"
#include "workload/generation/client_producer.h"
#include "workload/generation/client_rates.h"
#include "workload/generation/merge.h"
#include "workload/generation/prefix_groups.h"
#include "workload/generation/request_drawing.h"
#include "workload/generation/traffic.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// Everything that producers and sources of one generation point to. Not movable: they do point to
/// it.
class Plan {
 public:
  /// Expands and validates `spec`, draws prefixes and client seeds. THROWS ConfigError, DataError.
  Plan(WorkloadSpec spec, const GenerationOptions& options, SymbolTable& symbols,
       Diagnostics& diagnostics);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  const WorkloadSpec& spec() const { return spec_; }
  const GenerationOptions& options() const { return options_; }
  const Traffic& traffic() const { return traffic_; }
  const PrefixGroups& prefixes() const { return *prefixes_; }
  DrawingContext& context() { return context_; }

  /// Whether some client's sessions run closed-loop, or some client is a pool of virtual users:
  /// then the initial requests have to be known before the first one is handed out.
  bool has_closed_loop() const { return has_closed_loop_; }

  /// One producer per generating client, in client order, from the beginning.
  std::unique_ptr<ClientMerge> start_merge();

  /// Clients whose sessions run closed-loop and that claim those of `client`: itself and, in eager
  /// mode, all with the same id, because the reference matches by the text of the id [QUIRK, spec
  /// workload 13.1]. Client order.
  std::vector<std::uint32_t> claimants_of(std::uint32_t client) const;
  bool is_id_shared(std::uint32_t client) const;

  SymbolTable& symbols() { return *context_.symbols; }
  Diagnostics& diagnostics() { return *context_.diagnostics; }

 private:
  struct GeneratingClient {
    std::uint32_t index = 0;
    std::int64_t seed = 0;
    double rate_per_us = 0;
  };

  void draw_seeds(random::RandomStream& workload_stream);
  bool every_client_has_its_own_stream() const;
  std::unique_ptr<ClientProducer> start_client(const GeneratingClient& client);
  /// The same, with its first arrival found; silent if that was done `again`.
  std::unique_ptr<ClientProducer> advance_to_first(const GeneratingClient& client, bool again);
  SessionTreatment session_treatment(std::uint32_t client_index) const;
  void index_claimants();
  void fail_early();

  WorkloadSpec spec_;
  GenerationOptions options_;
  Traffic traffic_;
  DrawingContext context_;
  std::unique_ptr<PrefixGroups> prefixes_;
  std::unique_ptr<WindowRates> window_rates_;  ///< only if time-varying
  std::vector<GeneratingClient> generating_;
  bool has_closed_loop_ = false;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> claimants_by_id_;  // looked up only
  std::unordered_map<std::uint32_t, std::uint32_t> clients_by_id_;  ///< how many; looked up only
};

}  // namespace blis::workload
