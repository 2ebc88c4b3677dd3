# A prefix that one instance computed comes back from the remote store on another; both clusters are the same otherwise.
workload='version: "2"
seed: 3
aggregate_rate: 20
num_requests: 60
clients:
  - {id: a, rate_fraction: 1, prefix_group: shared, prefix_length: 1600, arrival: {process: constant},
     input_distribution: {type: constant, params: {value: 1700}}, output_distribution: {type: constant, params: {value: 20}}}
  - {id: b, rate_fraction: 4, arrival: {process: constant},
     input_distribution: {type: constant, params: {value: 1000}}, output_distribution: {type: constant, params: {value: 20}}}'
echo "$workload" >workload.yaml
chain() {
  cat >"$1.yaml" <<YAML
kv_offload:
  cpu_bytes_to_use: 671088640
  secondary_tiers:
    - {type: $1, root_dir: pool, direct_io: true, read_bandwidth: 3000, write_bandwidth: 3000, base_latency: 250}
YAML
}
chain fs
chain remote
flags="--model qwen/qwen3-14b --workload-spec workload.yaml --num-instances 2 --total-kv-blocks 300 --kv-tier-hits-save-prefill"
run blis run $flags --kv-offload-config fs.yaml
expect_status 0
expect_stdout_lacks "=== Shared KV Storage ==="
expect_stdout_lacks "kv_storage"
run blis run $flags --kv-offload-config remote.yaml --trace-output trace
expect_status 0
expect_stdout_contains "=== Shared KV Storage ==="
expect_stdout_contains "Remote store pool:"
expect_stdout_contains '"kv_storage"'
expect_stdout_contains '"foreign_read_blocks"'
expect_stdout_lacks '"foreign_read_blocks": 0'
save_stdout first
run blis run $flags --kv-offload-config remote.yaml
expect_status 0
save_stdout second
expect_same_files first second
# The trace carries the chain; a replay needs no other file.
run grep -c "type: remote" trace.yaml
expect_status 0
run blis replay --model qwen/qwen3-14b --trace-header trace.yaml --trace-data trace.csv --num-instances 2 --total-kv-blocks 300 --kv-tier-hits-save-prefill
expect_status 0
expect_stdout_contains "Remote store pool:"
