# Bug reports need to say which build they are about.
run blis --version
expect_status 0
expect_stdout_contains "blis "
expect_stdout_contains "commit "
expect_empty_stderr
