# `blis trace`: what is in a trace, and traces made of traces, which replay like any other.
run blis run --model qwen/qwen3-14b --rate 10 --num-requests 80 --trace-output whole
expect_status 0
run blis trace info --trace-data whole.csv
expect_status 0
expect_stdout_contains "whole.csv: 80 requests in"
expect_stdout_contains "arrivals per second"
run blis trace info --trace-data whole.csv --format json
expect_status 0
save_stdout info.json
run python3 -c '
import json
info = json.load(open("info.json"))
assert info["requests"] == 80, info
assert sum(info["rate_over_time"]["arrivals"]) == 80
assert info["duplicate_request_ids"]["count"] == 0'
expect_status 0

run blis trace slice --trace-header whole.yaml --trace-data whole.csv --output first --rows 30
expect_status 0
run blis trace scale --trace-header whole.yaml --trace-data whole.csv --output twice.csv.gz --rate-factor 2
expect_status 0
run blis trace merge --trace-data first.csv --trace-data twice.csv.gz --output both
expect_status 0
run blis trace anonymize --trace-header both.yaml --trace-data both.csv --output blind.csv.zst
expect_status 0
expect_empty_stdout
expect_empty_stderr
run blis replay --model qwen/qwen3-14b --trace-header blind.yaml --trace-data blind.csv.zst
expect_status 0
expect_stdout_contains '"injected_requests": 110'

run blis trace slice --trace-header whole.yaml --trace-data whole.csv --output none --tenant nobody
expect_status 1
expect_stderr_contains "no row is left"
expect_no_file none.csv
expect_no_file none.yaml
run blis trace scale --trace-header whole.yaml --trace-data whole.csv --output none --rate-factor 2 --method thin
expect_status 1
expect_stderr_contains "--rate-factor"
run blis trace slise
expect_status 1
expect_stderr_contains 'did you mean "slice"?'
run blis trace info --trace-data whole.csv --format jsn
expect_status 1
expect_stderr_contains 'did you mean "json"?'
