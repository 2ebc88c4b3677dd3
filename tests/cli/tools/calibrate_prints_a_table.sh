# The table is asked for, goes to stdout, and says the same as the file; without it nothing changes.
deployment=(--model qwen/qwen3-14b)
run blis run "${deployment[@]}" --rate 10 --num-requests 40 --trace-output recorded
expect_status 0
run blis replay "${deployment[@]}" --trace-header recorded.yaml --trace-data recorded.csv --results-path results.json --horizon 1000000000
expect_status 0
files=(--trace-header recorded.yaml --trace-data recorded.csv --sim-results results.json)
run blis calibrate "${files[@]}" --format table
expect_status 0
expect_stdout_contains "requests 40, warm-up excluded 0, matched 40"
expect_stdout_contains "TTFT  mean"
expect_stdout_contains "excellent"
run blis calibrate "${files[@]}" --report a.json
expect_status 0
expect_empty_stdout
run blis calibrate "${files[@]}" --report b.json --format table
expect_status 0
expect_same_files a.json b.json
run blis calibrate "${files[@]}"
expect_status 1
expect_stderr_contains "--report"
run blis calibrate "${files[@]}" --format tables
expect_status 1
expect_empty_stdout
expect_stderr_contains 'did you mean "table"?'
