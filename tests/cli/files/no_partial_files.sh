# A run that fails leaves no output file behind, not even an empty one.
run blis run --model qwen/qwen3-14b --num-requests 5 --metrics-path metrics.json --slo-ttft critical
expect_status 1
expect_no_file metrics.json
