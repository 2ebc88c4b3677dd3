#include "report/fleet_counters.h"

namespace blis::report {
namespace {

void write_placement(JsonWriter& json, const cluster::PlacementCounters& c) {
  json.key("placement");
  json.begin_object();
  json.member("nodes", c.nodes);
  json.member("nodes_provisioned", c.nodes_provisioned);
  json.member("nodes_removed", c.nodes_removed);
  json.member("instances_waiting", c.instances_waiting);
  json.member("instances_waited", c.instances_waited);
  json.member("most_instances_waiting", c.most_waiting);
  json.end_object();
}

void write_failures(JsonWriter& json, const cluster::FailureCounters& c) {
  json.key("failures");
  json.begin_object();
  json.member("gpu_failures", c.gpu_failures);
  json.member("node_failures", c.node_failures);
  json.member("instance_failures", c.instance_failures);
  json.member("instances_evacuated", c.instances_evacuated);
  json.member("instance_restarts", c.instance_restarts);
  json.member("interrupted_requests", c.interrupted_requests);
  json.member("request_retries", c.request_retries);
  json.member("lost_requests", c.lost_requests);
  json.end_object();
}

}  // namespace

void write_fleet_counters(JsonWriter& json, const cluster::SimulationResult& result) {
  if (result.placement) write_placement(json, *result.placement);
  if (result.failures) write_failures(json, *result.failures);
}

}  // namespace blis::report
