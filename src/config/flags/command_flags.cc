#include "config/flags/command_flags.h"

#include <string>

#include "config/flags/policy_names.h"

namespace blis::config {
namespace {

void register_length(const std::string& side, LengthFlags& f, FlagSet& set) {
  const std::string base = side + "-tokens";
  set.add(base, &f.mean, "mean " + side + " length").unit("tokens");
  set.add(base + "-stdev", &f.stdev, "standard deviation of the " + side + " length")
      .unit("tokens");
  set.add(base + "-min", &f.min, "shortest " + side).unit("tokens");
  set.add(base + "-max", &f.max, "longest " + side).unit("tokens");
}

void register_tokens(TokenFlags& f, FlagSet& set) {
  register_length("prompt", f.prompt, set);
  register_length("output", f.output, set);
  set.add("prefix-tokens", &f.prefix_tokens, "prompt tokens that all requests share")
      .unit("tokens");
}

}  // namespace

void register_flags(RunFlags& f, FlagSet& set) {
  set.begin_group("Workload");
  set.add("workload-spec", &f.workload_spec,
          "workload description (YAML); wins over all other workload flags")
      .path();
  set.add("workload", &f.workload, "distribution (the token flags), or the name of a preset");
  set.add("rate", &f.rate, "arrivals").unit("requests/s");
  set.add("num-requests", &f.num_requests, "requests to generate; 0 = until the horizon")
      .unit("requests");
  set.add("concurrency", &f.concurrency,
          "closed loop: users that each wait for an answer; 0 = open loop")
      .unit("users");
  set.add("think-time-ms", &f.think_time_ms,
          "closed loop: pause of a user between answer and next request")
      .unit("ms");
  register_tokens(f.tokens, set);
  set.add("timeout", &f.timeout, "deadline of a request; negative = none").unit("s");
  register_flags(f.simulation, set);
}

void register_flags(ReplayFlags& f, FlagSet& set) {
  set.begin_group("Trace");
  set.add("trace-header", &f.trace_header, "header of the trace (YAML)").path();
  set.add("trace-data", &f.trace_data, "requests of the trace (CSV)").path();
  set.add("session-mode", &f.session_mode,
          "fixed: recorded arrivals; closed-loop: rounds follow their predecessors")
      .choices(session_mode_names());
  set.add("think-time-ms", &f.think_time_ms,
          "closed loop: constant pause between rounds; 0 = from the trace")
      .unit("ms");
  set.add("think-time-dist", &f.think_time_dist,
          "closed loop: distribution of the pause, as type:key=value,...");
  set.add("results-path", &f.results_path,
          "file for the per-request results that calibrate reads (JSON)")
      .path();
  register_flags(f.simulation, set);
}

void register_flags(ServeFlags& f, FlagSet& set) {
  set.begin_group("Server");
  set.add("config", &f.simulation.gateway.policy_config,
          "the platform: another name for --policy-config (YAML)")
      .path();
  set.add("host", &f.host, "address to listen on");
  set.add("port", &f.port, "port to listen on; 0 = any free one");
  set.add("speedup", &f.speedup, "simulated seconds per second");
  set.add("served-model-name", &f.served_model_name, "name of the model; empty = --model");
  set.add("api-key", &f.api_key, "bearer token that clients must send; empty = none");
  set.add("tokenizer", &f.tokenizer,
          "tokenizer.json to count tokens with; empty = an approximation")
      .path();
  set.add("answer-tokens", &f.answer_tokens, "answer of a chat that sets no limit").unit("tokens");
  set.add("max-body-bytes", &f.max_body_bytes, "largest request body").unit("bytes");
  set.add("max-connections", &f.max_connections, "most open connections");
  set.add("idle-timeout", &f.idle_timeout, "pause between requests that ends a connection")
      .unit("s");
  set.add("inject", &f.inject,
          "fault on purpose, repeatable: error:rate=,status= slow:rate=,ms= "
          "disconnect:rate=,after= drop:at=,instance=");
  set.add("drain-timeout", &f.drain_timeout, "time for answers under way after SIGTERM").unit("s");
  register_flags(f.simulation, set);
}

void register_flags(ObserveFlags& f, FlagSet& set) {
  set.begin_group("Server");
  set.add("server-url", &f.server_url, "base URL of the server");
  set.add("model", &f.model, "model name sent with every request");
  set.add("api-format", &f.api_format, "API to speak").choices(api_format_names());
  set.add("api-key", &f.api_key, "bearer token");
  set.add("server-type", &f.server_type, "kind of server, recorded in the trace");
  set.add("max-concurrency", &f.max_concurrency, "most requests in flight").unit("requests");
  set.add("timeout", &f.timeout, "limit of one HTTP request, 1 to 86400").unit("s");
  set.add("streaming", &f.streaming, "ask for streams, whatever the workload says");
  set.add("no-streaming", &f.no_streaming, "ask for whole answers");
  set.add("unconstrained-output", &f.unconstrained_output, "send no limits on the output length");
  set.begin_group("Workload");
  set.add("workload-spec", &f.workload_spec, "workload description (YAML)").path();
  set.add("workload", &f.workload, "name of a preset; needs --rate");
  set.add("defaults-filepath", &f.defaults_filepath, "file of presets").path();
  set.add("rate", &f.rate, "arrivals").unit("requests/s").default_shown_as("");
  set.add("num-requests", &f.num_requests,
          "requests to send; 0 = from the description or unlimited")
      .unit("requests");
  set.add("horizon", &f.horizon, "length of the run; 0 = from the description or unlimited")
      .unit("µs");
  set.add("seed", &f.seed, "seed of the workload");
  set.add("concurrency", &f.concurrency,
          "closed loop: users that each wait for an answer; 0 = open loop")
      .unit("users");
  set.add("think-time-ms", &f.think_time_ms,
          "closed loop: pause of a user between answer and next request")
      .unit("ms");
  set.add("think-time-dist", &f.think_time_dist,
          "closed loop: distribution of the pause, as type:key=value,...");
  register_tokens(f.tokens, set);
  set.add("lazy-generation", &f.lazy_generation, "generate requests while sending");
  set.begin_group("Recording");
  set.add("trace-header", &f.trace_header, "file for the header of the trace (YAML)").path();
  set.add("trace-data", &f.trace_data, "file for the requests of the trace (CSV)").path();
  set.add("warmup-requests", &f.warmup_requests, "first requests that are not recorded")
      .unit("requests");
  set.add("prewarm-duration", &f.prewarm_duration, "warm the server up before the run");
  set.add("rtt-ms", &f.rtt_ms, "network round trip, recorded in the trace").unit("ms");
  set.add("record-itl", &f.record_itl, "record the time of every chunk");
  set.add("itl-output", &f.itl_output, "file for the chunk times (CSV)").path();
  set.add("content-chunks-only", &f.content_chunks_only,
          "count and time only chunks that carry text");
  set.add(
      "reference-clock", &f.reference_clock,
      "write measured times since the Unix epoch, as the reference does, and planned ones since "
      "the start");
  set.add("scrape-kv-metrics", &f.scrape_kv_metrics, "record the server's KV cache hit rate");
  set.add("kv-metrics-url", &f.kv_metrics_url, "where to scrape; empty = <server-url>/metrics");
  set.add("vllm-commit", &f.vllm_commit, "version of the server, recorded in the trace");
  register_flags(f.goodput, set);
  register_flags(f.saturation, set);
}

void register_flags(CalibrateFlags& f, FlagSet& set) {
  set.begin_group("Real and simulated");
  set.add("trace-header", &f.trace_header, "header of the real trace (YAML)").path();
  set.add("trace-data", &f.trace_data, "requests of the real trace (CSV)").path();
  set.add("sim-results", &f.sim_results, "per-request results of replay (JSON)").path();
  set.add("report", &f.report, "file for the report (JSON)").path();
  set.add("format", &f.format,
          "json: only the file of --report; table: a table on stdout, and the file if one is named")
      .choices(calibrate_format_names());
  set.add("itl-data", &f.itl_data, "chunk times of the real trace (CSV)").path();
  set.add("sim-metrics", &f.sim_metrics,
          "aggregate metrics of the simulation (JSON), for the hit rate")
      .path();
  set.begin_group("Correction");
  set.add("warmup-requests", &f.warmup_requests,
          "first requests to leave out; -1 = from the header")
      .unit("requests");
  set.add("network-rtt-us", &f.network_rtt_us, "network round trip; -1 = from the header")
      .unit("µs");
  set.add("network-bandwidth-mbps", &f.network_bandwidth_mbps, "network bandwidth; 0 = infinite")
      .unit("Mbit/s");
  set.begin_group("Tolerances");
  set.add("hit-rate-tolerance-pp", &f.hit_rate_tolerance_pp, "difference of hit rates that passes")
      .unit("percentage points");
  set.add("ttft-mape-threshold", &f.ttft_mape_threshold, "TTFT error that passes, as a fraction");
  set.begin_group("Adapter reference");
  set.add("adapter-reference", &f.adapter_reference,
          "reference results with adapters (JSON); compares these instead")
      .path();
  set.add("sim-metrics-blind", &f.sim_metrics_blind, "metrics of a run without adapters (JSON)")
      .path();
  set.add("adapter-mape-threshold", &f.adapter_mape_threshold, "error that passes, as a fraction");
  register_flags(f.goodput, set);
}

void register_flags(ConvertServegenFlags& f, FlagSet& set) {
  set.begin_group("Conversion");
  set.add("path", &f.path, "folder of the ServeGen data").path().required();
  set.add("window-duration-seconds", &f.window_duration_seconds, "length of one window").unit("s");
  set.add("drain-timeout-seconds", &f.drain_timeout_seconds, "pause after the last window")
      .unit("s");
  set.add("time", &f.time, "keep only the cohorts of this time of day").choices(day_time_names());
}

void register_flags(ConvertPresetFlags& f, FlagSet& set) {
  set.begin_group("Conversion");
  set.add("name", &f.name, "name of the preset").required();
  set.add("rate", &f.rate, "arrivals").unit("requests/s");
  set.add("num-requests", &f.num_requests, "requests to generate").unit("requests");
  set.add("defaults-filepath", &f.defaults_filepath, "file of presets").path();
}

void register_flags(ConvertInferencePerfFlags& f, FlagSet& set) {
  set.begin_group("Conversion");
  set.add("spec", &f.spec, "workload description with an inference_perf section (YAML)")
      .path()
      .required();
}

void register_flags(ComposeFlags& f, FlagSet& set) {
  set.begin_group("Composition");
  set.add("from", &f.from, "workload description (YAML); repeatable").path().required();
}

namespace {

void register_output(Flag<std::string>& output, FlagSet& set) {
  set.add("output", &output,
          "name of the new trace: <name>.yaml and <name>.csv; <name>.csv.gz and <name>.csv.zst are "
          "compressed")
      .path()
      .required();
}

void register_files(TraceFileFlags& f, FlagSet& set) {
  set.begin_group("Trace");
  set.add("trace-header", &f.header, "header of the trace (YAML)").path().required();
  set.add("trace-data", &f.data, "requests of the trace (CSV)").path().required();
  register_output(f.output, set);
}

}  // namespace

void register_flags(ConvertTraceFlags& f, FlagSet& set) {
  set.begin_group("Conversion");
  set.add("input", &f.input, "file to convert; .gz and .zst are decompressed").path().required();
  register_output(f.output, set);
}

void register_flags(ConvertShareGptFlags& f, FlagSet& set) {
  set.begin_group("Conversion");
  set.add("input", &f.input, "conversations (JSON)").path().required();
  set.add("rate", &f.rate, "arrivals").unit("requests/s");
  set.add("characters-per-token", &f.characters_per_token, "length of a token in the texts")
      .unit("characters");
}

void register_flags(TraceInfoFlags& f, FlagSet& set) {
  set.begin_group("Trace");
  set.add("trace-data", &f.trace_data, "requests of the trace (CSV)").path().required();
  set.add("trace-header", &f.trace_header, "header of the trace (YAML), if it is to be shown")
      .path();
  set.begin_group("Report");
  set.add("format", &f.format, "table for people, json for programs")
      .choices(trace_info_format_names());
  set.add("window-seconds", &f.window_seconds, "length of one stretch of the rates over time")
      .unit("s");
}

void register_flags(TraceSliceFlags& f, FlagSet& set) {
  register_files(f.files, set);
  set.begin_group("What stays");
  set.add("from-seconds", &f.from_seconds, "arrivals this long after the first one, or later")
      .unit("s");
  set.add("to-seconds", &f.to_seconds, "arrivals earlier than this; 0 = to the end").unit("s");
  set.add("skip-rows", &f.skip_rows, "leave out the first rows of the file").unit("rows");
  set.add("rows", &f.rows, "then look at this many rows; 0 = all").unit("rows");
  set.add("tenant", &f.tenant, "only rows of this tenant");
  set.add("slo-class", &f.slo_class, "only rows of this class");
  set.add("model", &f.model, "only rows of this model");
  set.add("status", &f.status, "only rows of this status");
  set.add("rebase", &f.rebase, "let times begin at 0, those of a real server included");
}

void register_flags(TraceScaleFlags& f, FlagSet& set) {
  register_files(f.files, set);
  set.begin_group("Scaling");
  set.add("rate-factor", &f.rate_factor, "arrivals per second, relative to the trace").required();
  set.add("method", &f.method,
          "compress: the gaps change; thin: sessions are left out; superpose: delayed copies are "
          "added")
      .choices(trace_scale_method_names());
  set.add("seed", &f.seed, "thin, superpose: decides which sessions stay");
  set.add("copy-delay-seconds", &f.copy_delay_seconds,
          "superpose: each copy starts this much later")
      .unit("s");
}

void register_flags(TraceMergeFlags& f, FlagSet& set) {
  set.begin_group("Traces");
  set.add("trace-data", &f.trace_data, "requests of a trace (CSV); repeatable").path().required();
  set.add("trace-header", &f.trace_header, "header of the new trace (YAML); none = a fresh one")
      .path();
  register_output(f.output, set);
}

void register_flags(TraceAnonymizeFlags& f, FlagSet& set) {
  register_files(f.files, set);
  set.begin_group("Names");
  set.add("models", &f.models, "replace the names of models, too");
}

void register_flags(BenchFlags& f, FlagSet& set) {
  set.begin_group("Measurement");
  set.add("format", &f.format, "how the figures are printed").choices(bench_format_names());
  set.add("repeat", &f.repeat, "runs of each scenario, of which the fastest counts").unit("runs");
  set.add("num-requests", &f.num_requests,
          "requests of every scenario; unset = each one's own number, by which figures compare")
      .unit("requests");
}

void register_flags(HelpFlags& f, FlagSet& set) {
  set.begin_group("Formats");
  set.add("man", &f.man, "print the man page");
  set.add("markdown", &f.markdown, "print the flag reference of the documentation");
}

}  // namespace blis::config
