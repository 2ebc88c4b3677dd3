# What is wrong with the time series is found before the simulation; a run that fails leaves nothing of it.
run blis run --model qwen/qwen3-14b --num-requests 2 --timeseries no/such/folder/t.csv
expect_status 1
expect_empty_stdout
expect_stderr_contains "--timeseries: cannot write no/such/folder/t.csv"
run blis run --model qwen/qwen3-14b --num-requests 2 --timeseries-interval 2s
expect_status 1
expect_empty_stdout
expect_stderr_contains "--timeseries-interval: has no effect without --timeseries"
run blis run --model qwen/qwen3-14b --num-requests 2 --timeseries t.csv --timeseries-interval 500ns
expect_status 1
expect_stderr_contains "--timeseries-interval: must be at least 1us"
run blis run --model qwen/qwen3-14b --num-requests 2 --gpu-hour-cost 3
expect_status 1
expect_empty_stdout
expect_stderr_contains "--gpu-hour-cost: \"3\" is not of the form type=price"
# A run without an end is given up.
run blis run --model qwen/qwen3-14b --num-requests 1 --prompt-tokens 17 --prompt-tokens-stdev 0 --output-tokens 200 \
  --output-tokens-stdev 0 --total-kv-blocks 4 --max-model-len 0 --timeout -1 --timeseries t.csv
expect_status 1
expect_empty_stdout
run ls -A
expect_status 0
expect_stdout ""
