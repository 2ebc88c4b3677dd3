# A misspelt key in a workload file is an error that says where it is; ignoring it would simulate something else.
cat >workload.yaml <<'END'
version: "2"
aggregate_rate: 10
num_requests: 5
clients:
  - id: a
    rate_fracton: 1
END
run blis run --model qwen/qwen3-14b --workload-spec workload.yaml
expect_status 1
expect_empty_stdout
expect_stderr_contains "workload.yaml"
expect_stderr_contains "6"
expect_stderr_contains "rate_fracton"
