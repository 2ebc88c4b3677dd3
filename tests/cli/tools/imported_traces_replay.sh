# Every format that `convert` reads becomes a trace that replays, or a spec that runs; a wrong file leaves nothing behind.
examples=$TEST_DIR/../../../examples/traces
replays() { # replays NAME FILE REQUESTS
  run blis convert "$1" --input "$examples/$2" --output "$1.csv.gz"
  expect_status 0
  expect_empty_stdout
  run blis replay --model qwen/qwen3-14b --trace-header "$1.yaml" --trace-data "$1.csv.gz" --horizon 1000000000
  expect_status 0
  expect_stdout_contains "\"injected_requests\": $3"
}
replays azure azure.csv 5
replays burstgpt burstgpt.csv 3
replays mooncake mooncake.jsonl 5
replays vllm-bench vllm-bench.json 3
replays guidellm guidellm.json 3
replays inference-perf-results inference-perf-results.json 2
run blis convert sharegpt --input "$examples/sharegpt.json" --rate 5
expect_status 0
save_stdout sharegpt.yaml
run blis run --model qwen/qwen3-14b --workload-spec sharegpt.yaml --num-requests 10
expect_status 0

run blis convert azure --input "$examples/burstgpt.csv" --output none
expect_status 1
expect_empty_stdout
expect_stderr_contains "burstgpt.csv:1: TIMESTAMP: there is no such column"
expect_no_file none.csv
expect_no_file none.yaml
