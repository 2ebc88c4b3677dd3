# The man page is troff that names every command.
run blis help --man
expect_status 0
expect_stdout_contains ".TH BLIS 1"
expect_stdout_contains "calibrate"
