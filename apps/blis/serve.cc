// `blis serve`: the simulated platform behind an OpenAI-compatible server, in real or scaled time.

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/output_file.h"
#include "command.h"
#include "config/deployment.h"
#include "config/flags/command_flags.h"
#include "config/kv_offload_resolution.h"
#include "environment.h"
#include "live/serve/bpe_tokenizer.h"
#include "live/serve/http_server.h"
#include "logging.h"

namespace blis::app {
namespace {

std::int64_t in_range(const char* flag, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return value;
  throw ConfigError({.file = "", .line = 0, .key = flag},
                    fmt::format("must be from {} to {}, not {}", least, most, value));
}

live::HttpServerConfig server_config(const config::ServeFlags& flags) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  constexpr std::int64_t kDay = 86'400;
  live::HttpServerConfig server;
  server.host = *flags.host;
  server.port = static_cast<std::uint16_t>(in_range("--port", *flags.port, 0, 65'535));
  server.speedup = *flags.speedup;
  if (!std::isfinite(server.speedup) || server.speedup <= 0) {
    throw ConfigError({.file = "", .line = 0, .key = "--speedup"},
                      fmt::format("must be a number above 0, not {}", server.speedup));
  }
  server.max_body_bytes =
      static_cast<std::size_t>(in_range("--max-body-bytes", *flags.max_body_bytes, 1, kMost));
  server.max_connections =
      static_cast<std::size_t>(in_range("--max-connections", *flags.max_connections, 1, kMost));
  server.idle_timeout =
      std::chrono::seconds(in_range("--idle-timeout", *flags.idle_timeout, 1, kDay));
  server.drain_timeout =
      std::chrono::seconds(in_range("--drain-timeout", *flags.drain_timeout, 0, kDay));
  server.faults = live::FaultPlan(*flags.inject, *flags.simulation.control.seed);
  for (const live::InstanceDrop& drop : server.faults.drops()) {
    in_range("--inject", drop.instance, 0, *flags.simulation.gateway.num_instances - 1);
  }
  return server;
}

bool publishes_kv_events(const config::ServeFlags& flags) {
  return !flags.kv_events->empty() || !flags.kv_events_connect->empty();
}

/// nullptr if nobody is to be told.
std::unique_ptr<live::KvPublisher> make_kv_publisher(const config::ServeFlags& flags,
                                                     const std::string& model) {
  if (!publishes_kv_events(flags)) {
    for (const auto* flag : {&flags.kv_events_replay, &flags.kv_events_topic}) {
      if (flag->is_set) {
        log_warning(
            "--kv-events-replay and --kv-events-topic have no effect without --kv-events or "
            "--kv-events-connect");
        break;
      }
    }
    return nullptr;
  }
  return std::make_unique<live::KvPublisher>(
      live::KvPublisherConfig{.bind = *flags.kv_events,
                              .connect = *flags.kv_events_connect,
                              .replay = *flags.kv_events_replay,
                              .topic = *flags.kv_events_topic,
                              .model = model});
}

live::ServiceConfig service_config(const config::ServeFlags& flags,
                                   const cluster::ClusterConfig& cluster) {
  live::ServiceConfig service;
  service.model =
      flags.served_model_name->empty() ? *flags.simulation.model.model : *flags.served_model_name;
  for (const model::LoraAdapter& adapter : cluster.lora.adapters) {
    service.adapters.push_back(adapter.id);
  }
  service.api_key = *flags.api_key;
  service.max_model_len_tokens = cluster.instance.max_model_len_tokens;
  service.block_size_tokens = cluster.instance.block_size_tokens;
  service.answer_tokens = in_range("--answer-tokens", *flags.answer_tokens, 1, 1 << 20);
  service.keeps_token_ids = publishes_kv_events(flags);
  return service;
}

/// A server has no end at which to report, and its own clock.
void warn_of_flags_without_effect(const config::SimulationFlags& flags) {
  const auto warn = [](const char* flag, bool is_set) {
    if (is_set) log_warning(fmt::format("{} has no effect on a server", flag));
  };
  warn("--horizon", flags.control.horizon.is_set);
  warn("--metrics-path", flags.output.metrics_path.is_set);
  warn("--trace-output", flags.output.trace_output.is_set);
  warn("--trace-level", flags.output.trace_level.is_set);
  warn("--summarize-trace", flags.output.summarize_trace.is_set);
  warn("--fitness-weights", flags.output.fitness_weights.is_set);
  warn("--timeseries", flags.output.timeseries.is_set);
  warn("--timeseries-interval", flags.output.timeseries_interval.is_set);
  warn("--gpu-costs", flags.output.gpu_costs.is_set);
  warn("--gpu-hour-cost", flags.output.gpu_hour_cost.is_set);
  warn("--slo-ttft", flags.goodput.slo_ttft.is_set);
  warn("--slo-itl", flags.goodput.slo_itl.is_set);
  warn("--slo-e2e", flags.goodput.slo_e2e.is_set);
  warn("--detectors", flags.saturation.detectors.is_set);
  warn("--saturation-report", flags.saturation.saturation_report.is_set);
}

std::unique_ptr<live::Tokenizer> make_tokenizer(const std::string& file) {
  return file.empty() ? live::make_approximate_tokenizer()
                      : live::parse_bpe_tokenizer(read_file(file), file);
}

}  // namespace

int serve_command(Arguments words) {
  const CommandLine<config::ServeFlags> line(words);
  if (line.help_requested) return print_help("serve");
  const config::ServeFlags& flags = line.flags;
  set_log_level(*flags.simulation.control.log);

  const live::HttpServerConfig server = server_config(flags);
  warn_of_flags_without_effect(flags.simulation);
  Diagnostics diagnostics;
  const config::ResolvedModel model = resolve_model(flags.simulation, diagnostics);
  const config::Deployment deployment = config::resolve_deployment(
      flags.simulation, config::CommandKind::kRun, model,
      config::resolve_offload(flags.simulation, model), Micros::max(), diagnostics);
  const live::ServiceConfig service_settings = service_config(flags, deployment.cluster);
  log_diagnostics(diagnostics);

  const auto symbols = std::make_shared<SymbolTable>();
  const std::unique_ptr<live::Tokenizer> tokenizer = make_tokenizer(*flags.tokenizer);
  Diagnostics run_diagnostics;
  cluster::ClusterConfig cluster = deployment.cluster;
  cluster.kv.records_index_changes = publishes_kv_events(flags);
  const std::unique_ptr<live::KvPublisher> kv_events =
      make_kv_publisher(flags, service_settings.model);
  live::Platform platform(cluster, symbols, run_diagnostics);
  log_diagnostics(run_diagnostics);
  live::ServeMetrics metrics(service_settings.model, service_settings.max_model_len_tokens,
                             cluster.lora.is_active() ? *cluster.lora.adapter_capacity : 0);
  const live::Service service(service_settings, *tokenizer, *symbols);
  live::serve(server, service, *tokenizer, platform, metrics, kv_events.get(),
              [&](const live::Listening& listening) {
                fmt::print(stderr, "blis serve: listening on http://{}:{}\n", server.host,
                           listening.port);
              });
  return kSuccess;
}

}  // namespace blis::app
