# Without node_provisioning a pool keeps its initial nodes, and a note says that its other settings do nothing; with it
# instances that fit nowhere get machines, and machines that stand empty go.
cat >fixed.yaml <<'END'
node_pools:
  - {name: a, gpu_type: H100, gpus_per_node: 2, gpu_memory_gib: 80, initial_nodes: 1, min_nodes: 1, max_nodes: 3,
     provisioning_delay: {mean: 5}}
END
run blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-instances 6 --rate 5 --num-requests 100 --policy-config fixed.yaml
expect_status 0
expect_stderr_contains "have no effect without node_provisioning"
expect_stderr_contains "left out"
expect_stdout_lacks "nodes_provisioned"

{ cat fixed.yaml; echo "node_provisioning: {idle_time_s: 10}"; } >growing.yaml
run blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-instances 6 --rate 5 --num-requests 100 --policy-config growing.yaml
expect_status 0
expect_stderr_lacks "no effect"
expect_stderr_lacks "left out"
expect_stdout_contains '"nodes_provisioned": 2'
expect_stdout_contains '"instances_waited": 4'
expect_stdout_contains '"instances_waiting": 0'
expect_stdout_contains '"instance_id": "instance_5"'

{ cat fixed.yaml; echo "placement: {retry: true}"; } >waiting.yaml
run blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-instances 6 --rate 5 --num-requests 100 --policy-config waiting.yaml
expect_status 0
expect_stdout_contains '"instances_waiting": 4'
