# The round trip: record a run as a trace, replay the trace, compare the two. A replay of one's own run on the same deployment
# is that run, so nothing may differ.
deployment=(--model qwen/qwen3-14b --num-instances 2)
run blis run "${deployment[@]}" --workload chatbot --rate 10 --num-requests 60 --trace-output recorded
expect_status 0
save_stdout run.txt
expect_file recorded.yaml
expect_file recorded.csv
run blis replay "${deployment[@]}" --trace-header recorded.yaml --trace-data recorded.csv --results-path results.json
expect_status 0
expect_file results.json
run blis calibrate --trace-header recorded.yaml --trace-data recorded.csv --sim-results results.json --report report.json
expect_status 0
expect_empty_stdout
run python3 -c '
import json
assert len(json.load(open("results.json"))) == 60
json.load(open("report.json"))'
expect_status 0
