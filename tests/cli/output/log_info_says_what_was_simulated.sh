# At --log info a run says on standard error what it consisted of.
run blis run --model qwen/qwen3-14b --num-requests 3 --num-instances 2 --log info
expect_status 0
expect_stderr_contains "simulated 3 requests in "
expect_stderr_contains " engine steps of 2 instances, "
run blis run --model qwen/qwen3-14b --num-requests 3 --num-instances 2
expect_status 0
expect_stderr_lacks "simulated"
