# What cannot be measured or written is refused before the first request.
run blis observe --server-url localhost:8000 --model m --trace-header h.yaml --trace-data d.csv --rate 1 --num-requests 1
expect_status 1
expect_empty_stdout
expect_stderr_contains "--server-url"
expect_no_file d.csv.partial
run blis observe --server-url http://127.0.0.1:9 --model m --trace-header h.yaml --trace-data no/such/d.csv --rate 1 --num-requests 1
expect_status 1
expect_stderr_contains "--trace-data"
run blis observe --server-url http://127.0.0.1:9 --model m --trace-header h.yaml --trace-data d.csv --rate 1 --num-requests 1 --streaming --no-streaming
expect_status 1
expect_stderr_contains "--no-streaming"
