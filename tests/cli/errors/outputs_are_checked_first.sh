# A mistake that only concerns the output is found before the simulation, not after it: nothing is printed.
run blis run --model qwen/qwen3-14b --num-requests 2 --fitness-weights speed:1
expect_status 1
expect_empty_stdout
expect_stderr_contains "speed"
run blis run --model qwen/qwen3-14b --num-requests 2 --metrics-path no/such/folder/m.json
expect_status 1
expect_empty_stdout
expect_stderr_contains "--metrics-path"
run blis run --model qwen/qwen3-14b --num-requests 2 --saturation-report x.json
expect_status 1
expect_empty_stdout
