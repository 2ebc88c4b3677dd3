# A misspelt policy is refused with the names there are and the one that was probably meant.
run blis run --model qwen/qwen3-14b --routing-policy roundrobin
expect_status 1
expect_empty_stdout
expect_stderr_contains "roundrobin"
expect_stderr_contains "round-robin"
expect_stderr_contains "least-loaded"
