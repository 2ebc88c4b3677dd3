# When the disk takes no more, the measurements go elsewhere, and the message says where.
mkdir tmp
export TMPDIR="$PWD/tmp"
run blis observe --server-url http://127.0.0.1:9 --model m --trace-header h.yaml --trace-data /dev/full --rate 1000 --num-requests 3
expect_status 1
expect_empty_stdout
expect_stderr_contains "/dev/full: cannot write: No space left on device"
expect_stderr_contains "the trace was written to $TMPDIR/blis-observe-"
run grep -c ,error, tmp/blis-observe-*/full
expect_status 0
expect_stdout 3

# What finds no room while it comes in is tried again; at the end the measurements are whole, and a warning says what happened.
ln -s /dev/full d.csv.partial
run blis observe --server-url http://127.0.0.1:9 --model m --trace-header h.yaml --trace-data d.csv --rate 1000 --num-requests 3
expect_status 0
expect_stderr_contains "rows could not be written while they came in: No space left on device"
run grep -c ,error, d.csv
expect_status 0
expect_stdout 3
