# A run that only prints its summary keeps short records of finished requests; one that writes them to a file keeps them
# whole. The summary is the same.
workload=$TEST_DIR/../../../examples/day-in-the-life.yaml
run blis run --model qwen/qwen3-14b --tp 1 --workload-spec "$workload" --num-instances 3 --num-requests 400
expect_status 0
expect_stdout_contains "Per-SLO Metrics"
save_stdout records.txt
run blis run --model qwen/qwen3-14b --tp 1 --workload-spec "$workload" --num-instances 3 --num-requests 400 \
  --metrics-path metrics.json
expect_status 0
save_stdout whole.txt
expect_same_files records.txt whole.txt
