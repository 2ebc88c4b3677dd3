# Speculative decoding needs to know how often guesses are right; its companions say when they mean nothing.
run blis run --model qwen/qwen3-14b --speculative-draft-tokens 3
expect_status 1
expect_empty_stdout
expect_stderr_contains "--speculative-acceptance-rate"
run blis run --model qwen/qwen3-14b --speculative-draft-tokens -1 --speculative-acceptance-rate 0.5
expect_status 1
expect_empty_stdout
expect_stderr_contains "--speculative-draft-tokens"
run blis run --model qwen/qwen3-14b --speculative-draft-tokens 3 --speculative-acceptance-rate 1.5
expect_status 1
expect_stderr_contains "1.5 is not in [0, 1]"
run blis run --model qwen/qwen3-14b --speculative-draft-tokens 3 --speculative-acceptance-rate 0.5 --speculative-draft-cost-ratio -1
expect_status 1
expect_stderr_contains "--speculative-draft-cost-ratio"
run blis run --model qwen/qwen3-14b --speculative-draft-tokens 3 --speculative-acceptance-rate 0.5 --speculative-mode sample
expect_status 1
expect_stderr_contains "sampled"
run blis run --model qwen/qwen3-14b --num-requests 2 --speculative-acceptance-rate 0.5
expect_status 0
expect_stderr_contains "have no effect without --speculative-draft-tokens"
run blis run --model qwen/qwen3-14b --num-requests 2 --speculative-draft-tokens 3 --speculative-acceptance-rate 0.5 --stepper fast
expect_status 0
expect_stderr_contains "--stepper fast has no effect"
