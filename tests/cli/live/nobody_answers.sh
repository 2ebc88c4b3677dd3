# A server that is not there is recorded, not refused: every row says why, and the files are whole.
run blis observe --server-url http://127.0.0.1:9 --model m --trace-header h.yaml --trace-data d.csv --rate 1000 --num-requests 3
expect_status 0
expect_stdout_contains '"completed_requests": 0'
expect_stderr_contains "requests failed"
expect_no_file d.csv.partial
run blis trace info --trace-header h.yaml --trace-data d.csv
expect_status 0
