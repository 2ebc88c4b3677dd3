# A misspelt flag is refused with its nearest neighbour, and nothing is simulated.
run blis run --model qwen/qwen3-14b --num-request 5
expect_status 1
expect_empty_stdout
expect_stderr_contains "--num-request"
expect_stderr_contains "--num-requests"
