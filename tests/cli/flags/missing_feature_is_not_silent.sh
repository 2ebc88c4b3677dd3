# What the program cannot do yet stops it with status 2; it never simulates something else instead.
run blis observe --server-url http://127.0.0.1:9 --model m --trace-header h.yaml --trace-data d.csv --rate 1 --num-requests 1
expect_status 2
expect_empty_stdout
expect_stderr_contains "not available yet"
