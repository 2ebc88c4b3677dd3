# A value out of range names the flag and the value.
run blis run --model qwen/qwen3-14b --rate -3
expect_status 1
expect_empty_stdout
expect_stderr_contains "rate"
expect_stderr_contains "-3"
run blis run --model qwen/qwen3-14b --num-instances many
expect_status 1
expect_empty_stdout
expect_stderr_contains "num-instances"
expect_stderr_contains "many"
