# A result that cannot be stored must not look like success.
run blis run --model qwen/qwen3-14b --num-requests 5 --metrics-path no/such/folder/metrics.json
expect_status 1
expect_stderr_contains "no/such/folder/metrics.json"
