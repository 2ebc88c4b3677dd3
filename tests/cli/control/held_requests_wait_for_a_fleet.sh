# A fleet that starts with nobody loads; requests that are held until then are all served.
cat >cold.yaml <<'END'
node_pools:
  - {name: h100, gpu_type: H100, gpus_per_node: 8, gpu_memory_gib: 80, initial_nodes: 1, max_nodes: 1}
instance_lifecycle: {loading_delay: {mean: 5}}
END
run blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-instances 1 --rate 10 --num-requests 20 \
  --prompt-tokens 100 --output-tokens 10 --policy-config cold.yaml
expect_status 0
expect_stdout_contains "Rejected Requests (Routing): 20"
{ cat cold.yaml; echo "routing: {empty_fleet_hold_us: 60000000}"; } >held.yaml
run blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-instances 1 --rate 10 --num-requests 20 \
  --prompt-tokens 100 --output-tokens 10 --policy-config held.yaml
expect_status 0
expect_stdout_contains '"completed_requests": 20'
expect_stdout_lacks "Rejected Requests (Routing)"
{ cat cold.yaml; echo "routing: {empty_fleet_hold_us: 1000000}"; } >short.yaml
run blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-instances 1 --rate 10 --num-requests 20 \
  --prompt-tokens 100 --output-tokens 10 --policy-config short.yaml
expect_status 0
expect_stdout_contains "Rejected Requests (Routing): 20"
