# An old flag name binds the same setting as the new one, the last of both counts, and stderr says what to write instead.
run blis run --model qwen/qwen3-14b --num-requests 2 --max-num-seqs 4
expect_status 0
save_stdout new.txt
run blis run --model qwen/qwen3-14b --num-requests 2 --max-num-seqs 0 --max-num-running-reqs 4
expect_status 0
expect_stderr_contains "Flag --max-num-running-reqs has been deprecated, use --max-num-seqs instead"
save_stdout old.txt
expect_same_files new.txt old.txt
run blis run --model qwen/qwen3-14b --num-requests 2 --max-num-running-reqs 4 --max-num-seqs 0
expect_status 1
expect_empty_stdout
