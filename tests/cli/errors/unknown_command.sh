# A command that does not exist is an error, and stdout stays empty for whoever pipes it.
run blis simulate
expect_status 1
expect_empty_stdout
expect_stderr_contains "simulate"
