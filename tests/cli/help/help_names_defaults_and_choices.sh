# The help of a flag with a fixed set of values lists them, so that nobody has to guess.
run blis run --help
expect_status 0
expect_stdout_contains "--routing-policy"
expect_stdout_contains "weighted"
expect_stdout_contains "--latency-model"
expect_stdout_contains "roofline"
expect_stdout_contains "trained-physics"
