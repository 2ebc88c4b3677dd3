# The small benchmark scenarios give the outputs that their digests were taken of, with either stepper.
bench=$TEST_DIR/../../../bench
small="one-instance-small scarce-blocks-small cluster-16-small"
# shellcheck disable=SC2086  # names of scenarios are words
run python3 "$bench/run" "$(command -v blis)" --repeat 1 $small
expect_status 0
expect_stdout_contains "one-instance-small"

run python3 "$bench/compare" --stepper plain,fast "$(command -v blis)" --pairs 5 one-instance-small
expect_status 2
expect_stderr_contains "--pairs must be at least 6"

run python3 "$bench/run" "$(command -v blis)" no-such-scenario
expect_status 1
expect_stderr_contains "chatbot-8"
