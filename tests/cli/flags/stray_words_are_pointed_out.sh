# A boolean takes its value only with `=`; whoever writes a blank instead sets it to true, and is told about the stray word.
run blis run --model qwen/qwen3-14b --num-requests 2 --trace-level decisions --summarize-trace false
expect_status 0
expect_stdout_contains "=== Trace Summary ==="
expect_stderr_contains '"false"'
run blis run --model qwen/qwen3-14b --num-requests 2 --trace-level decisions --summarize-trace=false
expect_status 0
expect_stdout_lacks "=== Trace Summary ==="
