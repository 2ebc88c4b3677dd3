# stdout holds results and nothing else: a cluster of one prints one block and no log line, even when asked to talk.
run blis run --model qwen/qwen3-14b --num-requests 5 --log debug
expect_status 0
expect_stdout_contains '=== Simulation Metrics ==='
expect_stdout_contains '"instance_id": "cluster"'
expect_stdout_contains '"completed_requests": 5'
expect_stdout_lacks 'level='
