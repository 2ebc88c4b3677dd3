# Scale targets that mean nothing are refused with line and key; those without effect are pointed out.
cat >bundle.yaml <<'END'
autoscaler:
  interval_us: 1000000
  policy: hpa
  targets:
    - max_replicas: 4
      metrics: [{name: queue-lenght, target: 8}]
END
run blis validate bundle.yaml
expect_status 1
expect_stderr_contains 'bundle.yaml:6'
expect_stderr_contains 'did you mean "queue-length"'
cat >roles.yaml <<'END'
autoscaler:
  interval_us: 1000000
  targets: [{role: decode, max_replicas: 4}]
END
run blis run --model qwen/qwen3-14b --num-requests 2 --policy-config roles.yaml
expect_status 1
expect_empty_stdout
expect_stderr_contains "there is no pool of instances with its role"
cat >idle.yaml <<'END'
autoscaler:
  optimizer: placement-aware
END
run blis run --model qwen/qwen3-14b --num-requests 2 --policy-config idle.yaml
expect_status 0
expect_stderr_contains "have no effect without interval_us"
