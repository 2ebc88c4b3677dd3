# Requests that wait keep what they reloaded from host memory, and nobody finds enough blocks any more: the run is given up with
# a message that names them, and no results are printed.
cat >workload.yaml <<'YAML'
version: "2"
seed: 2
aggregate_rate: 40
num_requests: 40
clients:
  - {id: a, rate_fraction: 1, prefix_group: a, prefix_length: 64, arrival: {process: poisson},
     input_distribution: {type: constant, params: {value: 100}}, output_distribution: {type: constant, params: {value: 20}}}
  - {id: b, rate_fraction: 1, prefix_group: b, prefix_length: 64, arrival: {process: poisson},
     input_distribution: {type: constant, params: {value: 100}}, output_distribution: {type: constant, params: {value: 20}}}
  - {id: c, rate_fraction: 1, arrival: {process: poisson},
     input_distribution: {type: constant, params: {value: 180}}, output_distribution: {type: constant, params: {value: 20}}}
YAML
flags="--model qwen/qwen3-14b --workload-spec workload.yaml --total-kv-blocks 13 --timeout -1 --long-prefill-token-threshold 48"
run blis run $flags --kv-cpu-blocks 100 --max-idle-steps 2000
expect_status 1
expect_empty_stdout
expect_stderr_contains "the run does not come to an end: instance_0 has made 2000 steps in which no request came or went"
expect_stderr_contains "waiting: request_"
expect_stderr_contains "(164 + 20 tokens)"
# The same load ends without the tier.
run blis run $flags --max-idle-steps 2000
expect_status 0
