# The one flag without which nothing can be simulated.
run blis run
expect_status 1
expect_empty_stdout
expect_stderr_contains "--model"
