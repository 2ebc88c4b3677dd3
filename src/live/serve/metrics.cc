#include "live/serve/metrics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>
#include <span>

#include "control/lifecycle.h"

namespace blis::live {
namespace {

double seconds(Micros time) { return static_cast<double>(time.count()) / 1e6; }

const std::vector<double> kFirstTokenEdges = {0.001, 0.005, 0.01, 0.02,  0.04,  0.06,  0.08, 0.1,
                                              0.25,  0.5,   0.75, 1.0,   2.5,   5.0,   7.5,  10.0,
                                              20.0,  40.0,  80.0, 160.0, 640.0, 2560.0};
const std::vector<double> kTokenEdges = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,  0.3,  0.4, 0.5,
                                         0.75, 1.0,   2.5,  5.0,   7.5, 10.0, 20.0, 40.0, 80.0};
const std::vector<double> kRequestEdges = {0.3,  0.5,   0.8,   1.0,   1.5,   2.0,    2.5,
                                           5.0,  10.0,  15.0,  20.0,  30.0,  40.0,   50.0,
                                           60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0};
const std::vector<double> kIterationEdges = {1,   8,    16,   32,   64,   128,  256,
                                             512, 1024, 2048, 4096, 8192, 16384};

constexpr std::array<std::string_view, 7> kReasons = {
    "completed", "timeout", "unservable", "rejected", "instance_lost", "evicted", "no_instance"};

void header(std::string_view name, std::string_view type, std::string_view help, std::string& out) {
  out += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

std::string escaped_label(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::vector<double> one_two_five(std::int64_t most) {
  std::vector<double> edges;
  for (std::int64_t decade = 1;; decade *= 10) {
    for (const std::int64_t step : {1, 2, 5}) {
      if (step * decade > most) return edges;
      edges.push_back(static_cast<double>(step * decade));
    }
  }
}

void PrometheusHistogram::observe(double value) {
  const auto edge = std::ranges::lower_bound(edges_, value);
  ++counts_[static_cast<std::size_t>(edge - edges_.begin())];
  ++total_;
  sum_ += value;
}

void PrometheusHistogram::write(std::string_view name, std::string_view labels,
                                std::string& out) const {
  std::int64_t below = 0;
  const std::string_view comma = labels.empty() ? "" : ",";
  for (std::size_t i = 0; i < edges_.size(); ++i) {
    below += counts_[i];
    out += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, edges_[i], below);
  }
  out +=
      fmt::format("{0}_bucket{{{1}{4}le=\"+Inf\"}} {2}\n{0}_count{{{1}}} {2}\n{0}_sum{{{1}}} {3}\n",
                  name, labels, total_, sum_, comma);
}

ServeMetrics::OfInstance::OfInstance(std::int64_t max_model_len_tokens)
    : ttft(kFirstTokenEdges),
      inter_token(kTokenEdges),
      per_output_token(kTokenEdges),
      e2e(kRequestEdges),
      queued(kRequestEdges),
      inference(kRequestEdges),
      prefill(kRequestEdges),
      decode(kRequestEdges),
      prompt_tokens(one_two_five(max_model_len_tokens)),
      generation_tokens(one_two_five(max_model_len_tokens)),
      max_tokens(one_two_five(max_model_len_tokens)),
      iteration_tokens(kIterationEdges) {}

ServeMetrics::OfInstance& ServeMetrics::of(InstanceId instance) {
  while (instances_.size() <= instance.index()) {
    instances_.emplace_back(max_model_len_tokens_ > 0 ? max_model_len_tokens_ : 1'000'000);
  }
  return instances_[instance.index()];
}

void ServeMetrics::count_notice(const Notice& notice) {
  if (notice.ended) {
    const auto reason = static_cast<std::size_t>(*notice.ended);
    ends_by_reason_.resize(kReasons.size());
    ++ends_by_reason_[reason];
  }
  if (notice.instance.is_none()) return;
  OfInstance& m = of(notice.instance);
  if (!notice.ended) {
    m.generated_total += notice.new_tokens;
    if (notice.gap > Micros()) m.inter_token.observe(seconds(notice.gap));
    return;
  }
  if (*notice.ended != EndReason::kCompleted) {
    ++m.aborted;
    return;
  }
  const EndRecord& r = notice.record;
  m.prompt_total += r.prompt_tokens;
  m.cached_total += r.cached_tokens;
  ++(r.max_tokens > 0 ? m.by_length : m.by_stop);
  m.ttft.observe(seconds(r.ttft));
  m.e2e.observe(seconds(r.e2e));
  m.queued.observe(seconds(r.queued));
  m.inference.observe(seconds(r.e2e - r.queued));
  m.prefill.observe(seconds(r.ttft - r.queued));
  m.decode.observe(seconds(r.e2e - r.ttft));
  if (r.output_tokens > 1) {
    m.per_output_token.observe(seconds(r.e2e - r.ttft) / static_cast<double>(r.output_tokens - 1));
  }
  m.prompt_tokens.observe(static_cast<double>(r.prompt_tokens));
  m.generation_tokens.observe(static_cast<double>(r.output_tokens));
  if (r.max_tokens > 0) m.max_tokens.observe(static_cast<double>(r.max_tokens));
}

void ServeMetrics::count_step(const Platform::Step& step) {
  of(step.instance).iteration_tokens.observe(static_cast<double>(step.tokens));
}

void ServeMetrics::count_lateness(double seconds_late) { lateness_.observe(seconds_late); }

void ServeMetrics::count_abort(InstanceId instance) {
  if (!instance.is_none()) ++of(instance).aborted;
}

void ServeMetrics::count_http(int status) {
  const auto found =
      std::ranges::find(http_by_status_, status, &std::pair<int, std::int64_t>::first);
  if (found != http_by_status_.end()) {
    ++found->second;
  } else {
    http_by_status_.emplace_back(status, 1);
  }
}

std::string ServeMetrics::render(const Platform& platform, std::size_t open_connections) const {
  std::string out;
  render_instances(platform, out);
  if (adapter_slots_ > 0) render_adapters(platform, out);
  render_counters(platform, out);
  render_gateway(platform, open_connections, out);
  return out;
}

std::string ServeMetrics::labels(const Platform& platform, std::size_t instance) const {
  return fmt::format(
      "model_name=\"{}\",engine=\"{}\",pod=\"{}\"", escaped_label(model_), instance,
      escaped_label(platform.simulation().fleet().profile(InstanceId(instance)).name));
}

void ServeMetrics::render_instances(const Platform& platform, std::string& out) const {
  const cluster::Simulation& simulation = platform.simulation();
  const cluster::Fleet& fleet = simulation.fleet();
  // One value per instance that still exists.
  const auto per_instance = [&](std::string_view name, std::string_view type, std::string_view help,
                                auto value) {
    header(name, type, help, out);
    for (std::size_t i = 0; i < fleet.size(); ++i) {
      if (simulation.state_of(InstanceId(i)) == control::InstanceState::kTerminated) continue;
      out += fmt::format("{}{{{}}} {}\n", name, labels(platform, i), value(fleet[InstanceId(i)]));
    }
  };
  using engine::Instance;
  per_instance("vllm:num_requests_running", "gauge", "Requests in the running batch.",
               [](const Instance& i) { return i.batch_size(); });
  per_instance("vllm:num_requests_waiting", "gauge", "Requests waiting for the batch.",
               [](const Instance& i) { return i.queue_depth(); });
  const auto kv_usage = [](const Instance& i) {
    const std::int64_t total = i.kv().total_blocks();
    return total == 0 ? 0.0
                      : static_cast<double>(i.kv().used_blocks()) / static_cast<double>(total);
  };
  per_instance("vllm:kv_cache_usage_perc", "gauge", "KV blocks in use, 1 = all.", kv_usage);
  per_instance("vllm:gpu_cache_usage_perc", "gauge", "Old name of vllm:kv_cache_usage_perc.",
               kv_usage);
  per_instance("vllm:num_preemptions_total", "counter", "Requests put out of the batch.",
               [](const Instance& i) { return i.preemption_count(); });
  header("vllm:cache_config_info", "gauge", "Size of the KV cache.", out);
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    const kv::KvStore& kv = fleet[InstanceId(i)].kv();
    out += fmt::format("vllm:cache_config_info{{{},block_size=\"{}\",num_gpu_blocks=\"{}\"}} 1\n",
                       labels(platform, i), kv.block_size(), kv.total_blocks());
  }
}

// Which adapters the requests of an instance use, and which those that wait for it.
void ServeMetrics::render_adapters(const Platform& platform, std::string& out) const {
  const cluster::Simulation& simulation = platform.simulation();
  const auto adapters_of = [&](std::span<const RequestId> requests) {
    std::set<std::string_view> names;
    for (const RequestId request : requests) {
      const Symbol adapter = simulation.requests()[request].spec.adapter;
      if (adapter != SymbolTable::empty()) names.insert(platform.symbols().text(adapter));
    }
    return escaped_label(fmt::format("{}", fmt::join(names, ",")));
  };
  header("vllm:lora_requests_info", "gauge", "Adapters in use and waited for.", out);
  for (std::size_t i = 0; i < simulation.fleet().size(); ++i) {
    if (simulation.state_of(InstanceId(i)) == control::InstanceState::kTerminated) continue;
    const engine::Instance& instance = simulation.fleet()[InstanceId(i)];
    out += fmt::format(
        "vllm:lora_requests_info{{{},max_lora=\"{}\",running_lora_adapters=\"{}\","
        "waiting_lora_adapters=\"{}\"}} {}\n",
        labels(platform, i), adapter_slots_, adapters_of(instance.running_requests()),
        adapters_of(instance.waiting_requests()), seconds(simulation.clock()));
  }
}

void ServeMetrics::render_counters(const Platform& platform, std::string& out) const {
  const auto counter = [&](std::string_view name, std::string_view help, auto value) {
    header(name, "counter", help, out);
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      out += fmt::format("{}{{{}}} {}\n", name, labels(platform, i), value(instances_[i]));
    }
  };
  counter("vllm:prompt_tokens_total", "Prompt tokens of requests that completed.",
          [](const OfInstance& m) { return m.prompt_total; });
  counter("vllm:generation_tokens_total", "Tokens generated.",
          [](const OfInstance& m) { return m.generated_total; });
  counter("vllm:prefix_cache_queries_total", "Prompt tokens looked up in the prefix cache.",
          [](const OfInstance& m) { return m.prompt_total; });
  counter("vllm:prefix_cache_hits_total", "Prompt tokens found in the prefix cache.",
          [](const OfInstance& m) { return m.cached_total; });
  header("vllm:request_success_total", "counter", "Requests that ended.", out);
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    const OfInstance& m = instances_[i];
    const std::pair<std::string_view, std::int64_t> reasons[] = {
        {"stop", m.by_stop}, {"length", m.by_length}, {"abort", m.aborted}};
    for (const auto& [reason, n] : reasons) {
      out += fmt::format("vllm:request_success_total{{{},finished_reason=\"{}\"}} {}\n",
                         labels(platform, i), reason, n);
    }
  }

  struct Row {
    std::string_view name;
    std::string_view help;
    const PrometheusHistogram OfInstance::*histogram;
  };
  constexpr Row kHistograms[] = {
      {"vllm:time_to_first_token_seconds", "Arrival to first token.", &OfInstance::ttft},
      {"vllm:inter_token_latency_seconds", "Token to token.", &OfInstance::inter_token},
      {"vllm:time_per_output_token_seconds", "Old name of vllm:inter_token_latency_seconds.",
       &OfInstance::inter_token},
      {"vllm:request_time_per_output_token_seconds", "Mean of a request.",
       &OfInstance::per_output_token},
      {"vllm:e2e_request_latency_seconds", "Arrival to end.", &OfInstance::e2e},
      {"vllm:request_queue_time_seconds", "Arrival to the batch.", &OfInstance::queued},
      {"vllm:request_inference_time_seconds", "Time in the batch.", &OfInstance::inference},
      {"vllm:request_prefill_time_seconds", "Batch to first token.", &OfInstance::prefill},
      {"vllm:request_decode_time_seconds", "First token to end.", &OfInstance::decode},
      {"vllm:request_prompt_tokens", "Prompt length.", &OfInstance::prompt_tokens},
      {"vllm:request_generation_tokens", "Answer length.", &OfInstance::generation_tokens},
      {"vllm:request_params_max_tokens", "Limit asked for.", &OfInstance::max_tokens},
      {"vllm:iteration_tokens_total", "Tokens per engine step.", &OfInstance::iteration_tokens}};
  for (const Row& row : kHistograms) {
    header(row.name, "histogram", row.help, out);
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      (instances_[i].*row.histogram).write(row.name, labels(platform, i), out);
    }
  }
}

void ServeMetrics::render_gateway(const Platform& platform, std::size_t open_connections,
                                  std::string& out) const {
  const cluster::Simulation& simulation = platform.simulation();
  const cluster::Fleet& fleet = simulation.fleet();
  // As llm-d's endpoint picker names them, for autoscalers that watch these.
  header("llm_d_epp_flow_control_queue_size", "gauge", "Requests waiting at the gateway.", out);
  out += fmt::format("llm_d_epp_flow_control_queue_size {}\n", simulation.gateway_queue_size());
  header("llm_d_epp_request_running", "gauge", "Requests that have not ended.", out);
  out += fmt::format("llm_d_epp_request_running{{model_name=\"{}\"}} {}\n", escaped_label(model_),
                     platform.in_flight());
  header("blis_gateway_queue_size", "gauge", "Requests waiting at the gateway.", out);
  out += fmt::format("blis_gateway_queue_size {}\n", simulation.gateway_queue_size());
  header("blis_requests_in_flight", "gauge", "Requests that have not ended.", out);
  out += fmt::format("blis_requests_in_flight {}\n", platform.in_flight());
  header("blis_instances", "gauge", "Instances by state.", out);
  for (const auto state : {control::InstanceState::kLoading, control::InstanceState::kActive,
                           control::InstanceState::kDraining}) {
    std::int64_t n = 0;
    for (std::size_t i = 0; i < fleet.size(); ++i) n += simulation.state_of(InstanceId(i)) == state;
    std::string name(control::name_of(state));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    out += fmt::format("blis_instances{{state=\"{}\"}} {}\n", name, n);
  }
  header("blis_requests_total", "counter", "Requests by the way they ended.", out);
  for (std::size_t i = 0; i < ends_by_reason_.size(); ++i) {
    out +=
        fmt::format("blis_requests_total{{outcome=\"{}\"}} {}\n", kReasons[i], ends_by_reason_[i]);
  }
  header("blis_http_responses_total", "counter", "HTTP responses by status.", out);
  for (const auto& [status, n] : http_by_status_) {
    out += fmt::format("blis_http_responses_total{{code=\"{}\"}} {}\n", status, n);
  }
  header("blis_http_connections", "gauge", "Open connections.", out);
  out += fmt::format("blis_http_connections {}\n", open_connections);
  header("blis_token_lateness_seconds", "histogram",
         "Wall time from when a token was due to when it was handed to its connection.", out);
  lateness_.write("blis_token_lateness_seconds", "", out);
  header("blis_simulated_seconds", "gauge", "Simulated time.", out);
  out += fmt::format("blis_simulated_seconds {}\n", seconds(simulation.clock()));
}

}  // namespace blis::live
