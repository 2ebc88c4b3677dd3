# SIGTERM in the middle of a stream loses no token.
run "$TEST_DIR/client.py" drain --model qwen/qwen3-14b --speedup 20
expect_status 0
expect_stdout <<'END'
500 1
status 0
END
