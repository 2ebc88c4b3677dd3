# The program finds its catalogue from wherever it is started, here from an empty folder through a link to the program.
run blis run --model qwen/qwen3-14b --num-requests 2
expect_status 0
expect_stdout_contains '"completed_requests": 2'
