# A file that is not there is named in the message.
run blis run --model qwen/qwen3-14b --workload-spec nowhere.yaml
expect_status 1
expect_empty_stdout
expect_stderr_contains "nowhere.yaml"
