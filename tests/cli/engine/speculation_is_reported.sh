# With guesses that are always right every step makes K + 1 tokens: 9 of an answer of 10 come from 3 steps of 3 tokens.
flags="--model qwen/qwen3-14b --num-requests 4 --rate 1 --prompt-tokens 100 --prompt-tokens-stdev 0 --output-tokens 10 --output-tokens-stdev 0"
run blis run $flags
expect_status 0
expect_stdout_lacks "peculative"
save_stdout without
run blis run $flags --speculative-draft-tokens 0
expect_status 0
save_stdout off
expect_same_files without off
run blis run $flags --speculative-draft-tokens 2 --speculative-acceptance-rate 1
expect_status 0
expect_stdout_contains "=== Speculative Decoding ==="
expect_stdout_contains "Draft Tokens: 24"
expect_stdout_contains "Accepted Tokens: 24"
expect_stdout_contains "Acceptance Rate: 1.0000"
expect_stdout_contains "Mean Accepted Length: 3.0000"
expect_stdout_contains '"num_drafts": 12'
for mode in expected sampled; do
  run blis run $flags --speculative-draft-tokens 4 --speculative-acceptance-rate 0.6 --speculative-mode $mode --speculative-draft-cost-ratio 0.1
  expect_status 0
  save_stdout first
  run blis run $flags --speculative-draft-tokens 4 --speculative-acceptance-rate 0.6 --speculative-mode $mode --speculative-draft-cost-ratio 0.1 --stepper plain
  expect_status 0
  save_stdout second
  expect_same_files first second
done
