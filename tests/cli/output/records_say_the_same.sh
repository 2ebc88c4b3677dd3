# A run keeps short records of finished requests; one that writes them as a trace keeps them whole. Summary, metrics and
# results are the same.
workload=$TEST_DIR/../../../examples/day-in-the-life.yaml
run blis run --model qwen/qwen3-14b --tp 1 --workload-spec "$workload" --num-instances 3 --num-requests 400 \
  --metrics-path records.json
expect_status 0
expect_stdout_contains "Per-SLO Metrics"
save_stdout records.txt
run blis run --model qwen/qwen3-14b --tp 1 --workload-spec "$workload" --num-instances 3 --num-requests 400 \
  --metrics-path whole.json --trace-output t
expect_status 0
save_stdout whole.txt
expect_same_files records.txt whole.txt
expect_same_files records.json whole.json
