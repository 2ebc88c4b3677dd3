# Settings of the fleet that cannot work are refused with file, line and key; those without effect are pointed out.
cat >no_nodes.yaml <<'END'
failures:
  node: {mtbf_s: 100}
END
run blis run --model qwen/qwen3-14b --policy-config no_nodes.yaml
expect_status 1
expect_empty_stdout
expect_stderr_contains "no_nodes.yaml:2: failures.node: needs node_pools"

cat >typo.yaml <<'END'
failures:
  instance: {mtbf_s: 100}
  requests: lost
END
run blis validate typo.yaml
expect_status 1
expect_stderr_contains 'typo.yaml:3: failures.requests'
expect_stderr_contains 'lose'

cat >gpu.yaml <<'END'
node_pools:
  - {name: a, gpu_type: H1OO, gpus_per_node: 2, gpu_memory_gib: 80, initial_nodes: 1, max_nodes: 1}
placement: {hardware_of_node: true}
END
run blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --policy-config gpu.yaml
expect_status 1
expect_empty_stdout
expect_stderr_contains "node_pools[0].gpu_type"
expect_stderr_contains 'H100'

cat >inert.yaml <<'END'
placement: {retry: true}
failures:
  instance: {mtbf_s: 1e8}
  requests: lose
  max_retries: 2
END
run blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-requests 3 --policy-config inert.yaml
expect_status 0
expect_stderr_contains "placement has no effect"
expect_stderr_contains "max_retries and retry_delay_s have no effect"
