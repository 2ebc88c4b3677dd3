# An HPA grows the fleet to max_replicas and not beyond, and nobody is turned away meanwhile.
cat >bundle.yaml <<'END'
node_pools:
  - {name: h100, gpu_type: H100, gpus_per_node: 8, gpu_memory_gib: 80, initial_nodes: 1, max_nodes: 1}
instance_lifecycle: {warm_start_initial_instances: true}
autoscaler:
  policy: hpa
  interval_us: 1000000
  targets:
    - min_replicas: 2
      max_replicas: 4
      metrics: [{name: in-flight-requests, target: 8}]
END
run blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-instances 2 --rate 30 --num-requests 300 \
  --prompt-tokens 1000 --output-tokens 100 --policy-config bundle.yaml
expect_status 0
expect_stdout_contains "autoscale-qwen/qwen3-14b-000002"
expect_stdout_lacks "autoscale-qwen/qwen3-14b-000003"
expect_stdout_contains '"completed_requests": 300'
