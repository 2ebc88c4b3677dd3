# With placement.hardware_of_node an instance on an A100 is slower than one on an H100; without it both are as fast as
# --hardware, as in the reference.
cat >mixed.yaml <<'END'
node_pools:
  - {name: fast, gpu_type: H100, gpus_per_node: 1, gpu_memory_gib: 80, initial_nodes: 1, max_nodes: 1}
  - {name: slow, gpu_type: A100-80, gpus_per_node: 1, gpu_memory_gib: 80, initial_nodes: 1, max_nodes: 1}
END
blis_run="blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-instances 2 --rate 2 --num-requests 60 \
  --prompt-tokens 1000 --prompt-tokens-stdev 0 --output-tokens 100 --output-tokens-stdev 0 --routing-policy round-robin"
run $blis_run --policy-config mixed.yaml
expect_status 0
save_stdout same.txt
{ cat mixed.yaml; echo "placement: {hardware_of_node: true}"; } >own.yaml
run $blis_run --policy-config own.yaml
expect_status 0
save_stdout own.txt
cat >check.py <<'END'
import json
def e2e(file):
    blocks = open(file).read().split("=== Simulation Metrics ===\n")[1:3]
    return [json.loads(block)["e2e_mean_ms"] for block in blocks]
same, own = e2e("same.txt"), e2e("own.txt")
assert abs(same[0] - same[1]) < 0.1 * same[0], same
assert own[1] > 1.2 * own[0], own
END
run python3 check.py
expect_status 0
