# Nothing is run, and nothing is printed, if the flags make no sense or a run fails.
run blis bench --format csv
expect_status 1
expect_empty_stdout
expect_stderr_contains "json, table"

run blis bench --repeat 0
expect_status 1
expect_empty_stdout
expect_stderr_contains "--repeat"

run blis bench --num-requests -5
expect_status 1
expect_empty_stdout
expect_stderr_contains "--num-requests"

# A run that fails says why. Here its catalogue is empty.
mkdir empty
run env BLIS_CATALOG="$PWD/empty" blis bench --repeat 1
expect_status 1
expect_empty_stdout
expect_stderr_contains "empty"
