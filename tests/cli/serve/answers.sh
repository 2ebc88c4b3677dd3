# A server answers over HTTP and ends with status 0 when it is told to.
run "$TEST_DIR/client.py" answer --model qwen/qwen3-14b --speedup 100
expect_status 0
expect_stdout <<'END'
200 3 4
400
status 0
END

# With a key, only those who have it are answered.
run "$TEST_DIR/client.py" key --model qwen/qwen3-14b --api-key secret
expect_status 0
expect_stdout <<'END'
401
200
status 0
END

# Nobody but this machine reaches it unless that is asked for.
run "$TEST_DIR/client.py" listeners --model qwen/qwen3-14b
expect_status 0
expect_stdout <<'END'
0100007F
status 0
END
