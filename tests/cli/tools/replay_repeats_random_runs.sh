# Record and replay on random deployments under random loads: all that they print and every row of every request is the same.
run python3 "$TEST_DIR/replay_repeats_random_runs.py" 15
expect_status 0
expect_stdout_contains "requests; runs with"
expect_stdout_lacks "preemptions: 0,"
