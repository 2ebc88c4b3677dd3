# Record and replay on random deployments under random loads: every row of every request is the same.
run python3 "$TEST_DIR/replay_repeats_random_runs.py" 15
expect_status 0
expect_stdout "900"
