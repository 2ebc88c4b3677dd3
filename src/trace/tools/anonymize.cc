#include <fmt/format.h>

#include <string>
#include <unordered_map>

#include "base/error.h"
#include "trace/tools/rewrite.h"
#include "trace/tools/row_times.h"
#include "trace/trace_output.h"

namespace blis::trace {
namespace {

// New names for one kind of thing, numbered in order of first appearance.
class Pseudonyms {
 public:
  explicit Pseudonyms(std::string_view kind) : kind_(kind) {}
  void replace(std::string& name) {
    if (name.empty()) return;
    const auto [found, is_new] = numbers_.try_emplace(name, numbers_.size());
    name = fmt::format("{}-{}", kind_, found->second);
  }

 private:
  std::string_view kind_;
  std::unordered_map<std::string, std::size_t> numbers_;
};

/// Paths, stores and devices lose their names; what was the same stays the same.
void hide_names(std::vector<OffloadTierHeader>& tiers) {
  Pseudonyms stores("store");
  Pseudonyms devices("device");
  for (OffloadTierHeader& tier : tiers) {
    if (tier.type == "remote") {
      stores.replace(tier.root_dir);
    } else {
      tier.root_dir.assign(1, '/');
    }
    devices.replace(tier.shared_device);
  }
}

TraceHeader without_origin(const TraceHeader& header) {
  TraceHeader kept;
  kept.trace_version = header.trace_version;
  kept.time_unit = header.time_unit;
  kept.mode = header.mode;
  kept.warm_up_requests = header.warm_up_requests;
  kept.session_context_growth = header.session_context_growth;
  kept.measured_rtt_ms = header.measured_rtt_ms;
  kept.goodput_slo_targets = header.goodput_slo_targets;
  kept.kv_offload = header.kv_offload;
  if (kept.kv_offload) {
    hide_names(kept.kv_offload->secondary_tiers);
  }
  kept.observed_kv_metrics = header.observed_kv_metrics;
  if (kept.observed_kv_metrics) kept.observed_kv_metrics->vllm_commit.clear();
  return kept;
}

}  // namespace

void anonymize_trace(const RewriteFiles& files, const AnonymizeOptions& options) {
  const TraceHeader header = load_trace_header(files.header);
  const TimeOrigin origin = origin_of(files.data, [](const TraceRecord&, std::int64_t) {
                              return true;
                            }).value_or(TimeOrigin());
  TraceColumns columns = TraceReader(files.data, TraceReader::Fields::kAsWritten).columns();
  columns.x_request_id = false;

  TraceOutput out(files.output, columns);
  Pseudonyms clients("client");
  Pseudonyms tenants("tenant");
  Pseudonyms sessions("session");
  Pseudonyms groups("group");
  Pseudonyms adapters("adapter");
  Pseudonyms models("model");
  for_each_row(files.data, [&](TraceRecord& record, std::int64_t /*row*/) {
    clients.replace(record.client_id);
    tenants.replace(record.tenant_id);
    sessions.replace(record.session_id);
    groups.replace(record.prefix_group);
    adapters.replace(record.adapter);
    if (options.models) models.replace(record.model);
    record.error_message.clear();
    record.x_request_id.clear();
    shift(record, -origin.arrival_us, -origin.send_us);
    out.write(record);
    return true;
  });
  out.commit(without_origin(header));
}

}  // namespace blis::trace
