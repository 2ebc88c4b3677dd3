# Help never fails: on an unknown command it shows what there is, on stderr; `convert` alone explains itself.
run blis help nonsense
expect_status 0
expect_empty_stdout
expect_stderr_contains "replay"
run blis convert nonsense
expect_status 0
expect_stdout_contains "servegen"
run blis help convert preset
expect_status 0
expect_stdout_contains "--num-requests"
