# Integers may be written as in source code; exponents and fractions are not integers.
run blis run --model qwen/qwen3-14b --num-requests 0x10 --seed 1_000
expect_status 0
expect_stdout_contains '"completed_requests": 16'
run blis run --model qwen/qwen3-14b --num-requests 1e1
expect_status 1
expect_empty_stdout
expect_stderr_contains '--num-requests: "1e1"'
