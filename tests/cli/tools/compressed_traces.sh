# Compressed traces and results are written, read and refused by their names; what is inside makes no difference.
deployment=(--model qwen/qwen3-14b)
run blis run "${deployment[@]}" --rate 10 --num-requests 40 --trace-output plain
expect_status 0
for ending in gz zst; do
  run blis run "${deployment[@]}" --rate 10 --num-requests 40 --trace-output "packed.csv.$ending"
  expect_status 0
  expect_same_files plain.yaml packed.yaml
  run blis replay "${deployment[@]}" --trace-header plain.yaml --trace-data plain.csv --results-path "plain.json"
  expect_status 0
  save_stdout plain.txt
  run blis replay "${deployment[@]}" --trace-header packed.yaml --trace-data "packed.csv.$ending" --results-path "results.json.$ending"
  expect_status 0
  save_stdout packed.txt
  expect_same_files plain.txt packed.txt
  run blis calibrate --trace-header packed.yaml --trace-data "packed.csv.$ending" --sim-results "results.json.$ending" --report report.json
  expect_status 0
done
head -c 300 packed.csv.gz >cut.csv.gz
run blis replay "${deployment[@]}" --trace-header packed.yaml --trace-data cut.csv.gz
expect_status 1
expect_empty_stdout
expect_stderr_contains "cut.csv.gz:"
expect_stderr_contains "the compressed data ends early"
cp plain.csv lie.csv.gz
run blis replay "${deployment[@]}" --trace-header packed.yaml --trace-data lie.csv.gz
expect_status 1
expect_stderr_contains "lie.csv.gz:1: cannot read: not gzip data"

# A trace may come through a pipe, which can be read only once.
mkfifo pipe.csv
cat plain.csv >pipe.csv &
run blis replay "${deployment[@]}" --trace-header plain.yaml --trace-data pipe.csv
expect_status 0
save_stdout piped.txt
expect_same_files plain.txt piped.txt
