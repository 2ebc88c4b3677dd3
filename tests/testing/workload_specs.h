// The specs of the acceptance vectors (spec workload 23.4).
#pragma once

namespace blis::workload::testing {

inline constexpr char kSpecA[] = R"yaml(version: "2"
seed: 1234
aggregate_rate: 20
horizon: 20000000
clients:
- {id: a, tenant_id: t, slo_class: batch, rate_fraction: 2, arrival: {process: poisson}, prefix_group: g1,
   input_distribution: {type: pareto_lognormal, params: {alpha: 1.5, xm: 50, mu: 5.5, sigma: 1.2, mix_weight: 0.3}},
   output_distribution: {type: exponential, params: {mean: 40, min: 5, max: 200}}}
- {id: b, slo_class: standard, rate_fraction: 1, arrival: {process: gamma, cv: 3}, prefix_group: g1, prefix_length: 70, timeout: 5000000,
   input_distribution: {type: lognormal, params: {mu: 4, sigma: 1, max: 500}},
   output_distribution: {type: empirical, params: {"10": 0.5, "20": 0.25, "300": 0.25}}}
- {id: c, slo_class: critical, rate_fraction: 1, arrival: {process: weibull, cv: 0.5}, prefix_group: g2, prefix_length: 16, streaming: true,
   input_distribution: {type: gaussian, params: {mean: 100, std_dev: 60, min: 20, max: 150}},
   output_distribution: {type: constant, params: {value: 7}},
   lifecycle: {windows: [{start_us: 5000000, end_us: 8000000}, {start_us: 12000000, end_us: 13000000}]}}
- {id: d, slo_class: standard, rate_fraction: 1, arrival: {process: constant},
   input_distribution: {type: constant, params: {value: 1}},
   output_distribution: {type: gaussian, params: {mean: 50, std_dev: 10, min: 1, max: 100}},
   multimodal: {text_distribution: {type: exponential, params: {mean: 30}}, image_distribution: {type: constant, params: {value: 100}}, image_count_distribution: {type: gaussian, params: {mean: 1, std_dev: 1, min: 0, max: 3}}, audio_distribution: {type: exponential, params: {mean: 20}}, audio_count_distribution: {type: constant, params: {value: 2}}}}
)yaml";

inline constexpr char kSpecB[] = R"yaml(version: "2"
seed: 99
aggregate_rate: 30
horizon: 9000000
num_requests: 150
clients:
- {id: tv1, rate_fraction: 1, arrival: {process: poisson}, prefix_group: p, prefix_length: 20, timeout: 1000000,
   input_distribution: {type: gaussian, params: {mean: 60, std_dev: 10, min: 8, max: 400}},
   output_distribution: {type: exponential, params: {mean: 20}},
   lifecycle: {windows: [{start_us: 4000000, end_us: 8000000, trace_rate: 3}, {start_us: 0, end_us: 5000000, trace_rate: 2, arrival: {process: gamma, cv: 2.5}, input_distribution: {type: constant, params: {value: 11}}}, {start_us: 8500000, end_us: 99000000}]}}
- {id: tv2, rate_fraction: 0.5, arrival: {process: weibull, shape: 0.7, scale: 12345}, prefix_group: p,
   input_distribution: {type: gaussian, params: {mean: 60, std_dev: 10, min: 8, max: 400}},
   output_distribution: {type: exponential, params: {mean: 20}},
   reasoning: {reason_ratio_distribution: {type: empirical, params: {"0": 0.5, "40": 0.5}}, multi_turn: {max_rounds: 3, think_time_us: 700000, context_growth: accumulate}},
   lifecycle: {windows: [{start_us: 1000000, end_us: 6000000, trace_rate: 1}]}}
- {id: on, rate_fraction: 0.25, arrival: {process: poisson},
   input_distribution: {type: constant, params: {value: 5}},
   output_distribution: {type: constant, params: {value: 5}}}
)yaml";

inline constexpr char kSpecC[] = R"yaml(version: "2"
seed: -5
aggregate_rate: 3
horizon: 15000000000
num_requests: 400
cohorts:
- {id: day, population: 3, slo_class: standard, rate_fraction: 1, arrival: {process: poisson}, prefix_group: pg, prefix_sharing: per_member, prefix_length: 4,
   input_distribution: {type: constant, params: {value: 30}}, output_distribution: {type: exponential, params: {mean: 9}}, diurnal: {peak_hour: 2, peak_to_trough_ratio: 4}}
- {id: dr, population: 2, slo_class: batch, rate_fraction: 0.5, arrival: {process: constant},
   input_distribution: {type: constant, params: {value: 30}}, output_distribution: {type: exponential, params: {mean: 9}}, drain: {start_time_us: 50000000, ramp_duration_us: 100000007}}
- {id: sp, population: 2, slo_class: batch, rate_fraction: 0.5, arrival: {process: gamma, cv: 0.5}, prefix_group: pg2,
   input_distribution: {type: constant, params: {value: 30}}, output_distribution: {type: exponential, params: {mean: 9}}, spike: {start_time_us: 20000000, duration_us: 30000000}}
)yaml";

inline constexpr char kSpecD[] = R"yaml(version: "2"
seed: 42
aggregate_rate: 10
horizon: 3000000
num_requests: 40
clients:
- {id: u, concurrency: 5, think_time_us: 333333, slo_class: standard, prefix_group: sys, prefix_length: 12,
   input_distribution: {type: gaussian, params: {mean: 100, std_dev: 20, min: 1, max: 300}}, output_distribution: {type: exponential, params: {mean: 30}}}
- {id: v, concurrency: 2, think_time_us: 100000, slo_class: standard, timeout: 0,
   input_distribution: {type: constant, params: {value: 40}}, output_distribution: {type: constant, params: {value: 4}}}
- {id: w, rate_fraction: 1, slo_class: standard, arrival: {process: poisson}, prefix_group: sys,
   input_distribution: {type: gaussian, params: {mean: 100, std_dev: 20, min: 1, max: 300}}, output_distribution: {type: exponential, params: {mean: 30}}}
)yaml";

inline constexpr char kSpecE1[] = R"yaml(version: "2"
seed: 7
horizon: 11000000
inference_perf:
  stages: [{rate: 2.5, duration: 10}]
  shared_prefix: {num_unique_system_prompts: 2, num_users_per_system_prompt: 2, system_prompt_len: 8, question_len: 6, output_len: 3, enable_multi_turn_chat: false}
)yaml";

inline constexpr char kSpecE3[] = R"yaml(version: "2"
seed: 7
horizon: 22000000
inference_perf:
  stages: [{rate: 2.5, duration: 10}, {rate: 5, duration: 10}]
  shared_prefix: {num_unique_system_prompts: 2, num_users_per_system_prompt: 2, system_prompt_len: 8, question_len: 6, output_len: 3, enable_multi_turn_chat: true}
)yaml";

inline constexpr char kSpecF[] = R"yaml(version: "2"
seed: 5
aggregate_rate: 2
horizon: 30000000
num_requests: 30
clients:
- {id: m, rate_fraction: 1, slo_class: standard, arrival: {process: poisson}, prefix_group: sys,
   input_distribution: {type: gaussian, params: {mean: 20, std_dev: 5, min: 1, max: 300}}, output_distribution: {type: exponential, params: {mean: 10}},
   reasoning: {multi_turn: {max_rounds: 4, think_time_us: 1500000, context_growth: ""}}}
- {id: n, rate_fraction: 1, slo_class: standard, arrival: {process: gamma, cv: 2}, closed_loop: false, timeout: 2000000,
   input_distribution: {type: gaussian, params: {mean: 20, std_dev: 5, min: 1, max: 300}}, output_distribution: {type: exponential, params: {mean: 10}},
   reasoning: {reason_ratio_distribution: {type: constant, params: {value: 0}}, multi_turn: {max_rounds: 3, think_time_us: 900000, context_growth: accumulate, single_session: true}}}
)yaml";

inline constexpr char kSpecG[] = R"yaml(version: "1"
seed: 11
aggregate_rate: 3
horizon: 20000000
num_requests: 60
clients:
- {id: q, rate_fraction: 1, slo_class: interactive, arrival: {process: poisson}, prefix_group: sys, prefix_length: 9, slo_target_us: 500000,
   input_distribution: {type: gaussian, params: {mean: 20, std_dev: 5, min: 1, max: 300}}, output_distribution: {type: exponential, params: {mean: 10}},
   reasoning: {multi_turn: {max_rounds: 4, think_time_us: 1500000, context_growth: accumulate}}}
)yaml";

}  // namespace blis::workload::testing
