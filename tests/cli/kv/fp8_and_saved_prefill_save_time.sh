# Smaller KV elements make decodes faster in both latency models; hits in host memory shorten prefills only when asked to.
mean() { grep -o "\"$2\": [0-9.]*" "$1" | tail -1 | grep -o '[0-9.]*$'; }
is_less() {
  run awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'
  expect_status 0
}
for latency_model in trained-physics roofline; do
  flags="--model qwen/qwen3-14b --latency-model $latency_model --num-requests 10 --rate 20 --prompt-tokens 4000"
  run blis run $flags
  expect_status 0
  save_stdout sixteen
  run blis run $flags --kv-cache-dtype fp8
  expect_status 0
  save_stdout eight
  is_less "$(mean eight itl_mean_ms)" "$(mean sixteen itl_mean_ms)"
done

cat >workload.yaml <<'YAML'
version: "2"
seed: 3
aggregate_rate: 4
num_requests: 60
clients:
  - {id: a, rate_fraction: 1, prefix_group: shared, prefix_length: 4000, arrival: {process: constant},
     input_distribution: {type: constant, params: {value: 40}}, output_distribution: {type: constant, params: {value: 20}}}
  - {id: b, rate_fraction: 4, arrival: {process: constant},
     input_distribution: {type: constant, params: {value: 1500}}, output_distribution: {type: constant, params: {value: 20}}}
YAML
flags="--model qwen/qwen3-14b --latency-model roofline --workload-spec workload.yaml --total-kv-blocks 400 --kv-cpu-blocks 20000"
run blis run $flags
expect_status 0
save_stdout computed
run blis run $flags --kv-tier-hits-save-prefill
expect_status 0
expect_stderr_lacks "no effect"
save_stdout saved
is_less "$(mean saved ttft_mean_ms)" "$(mean computed ttft_mean_ms)"
