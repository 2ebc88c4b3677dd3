# A request that outgrows the cache is preempted for ever; without deadline and horizon the run would not end.
run blis run --model qwen/qwen3-14b --num-requests 1 --prompt-tokens 17 --prompt-tokens-stdev 0 --output-tokens 200 \
  --output-tokens-stdev 0 --total-kv-blocks 4 --max-model-len 0 --timeout -1
expect_status 1
expect_empty_stdout
expect_stderr_contains "request_0"
expect_stderr_contains "raise --total-kv-blocks or set --max-model-len"
