# A replay reads the trace as it goes, names no block that only one request can have, and keeps short records of finished
# requests; one that writes the trace again keeps everything. Summary, metrics and results are the same.
replay() { run blis replay --model qwen/qwen3-14b --trace-header t.yaml --trace-data "$@"; }
same() { # same FILE FLAGS...
  replay "$@" --metrics-path records.json --results-path records_results.json
  expect_status 0
  save_stdout records.txt
  replay "$@" --trace-output again --metrics-path whole.json --results-path whole_results.json
  expect_status 0
  save_stdout whole.txt
  expect_same_files records.txt whole.txt
  expect_same_files records.json whole.json
  expect_same_files records_results.json whole_results.json
}

workload=$TEST_DIR/../../../examples/day-in-the-life.yaml
run blis run --model qwen/qwen3-14b --tp 1 --workload-spec "$workload" --num-instances 3 --num-requests 400 --trace-output t
expect_status 0
same t.csv --tp 1 --num-instances 3
expect_stdout_contains "Per-SLO Metrics"
# Caches so small that requests are preempted, and look for their own blocks again.
same t.csv --tp 1 --total-kv-blocks 700 --num-instances 2 --routing-policy weighted
expect_stdout_contains "Preemption Rate"

# Rows in another order, as a server writes them, and sessions.
i=0
{
  head -n 1 t.csv
  for session in c a b a d; do
    for round in 0 1 2; do
      i=$((i + 1))
      echo "$((900 - 7 * i)),,,,$session,$round,g,40,false,$((50 * i)),20,0,0,0,0,0,,0,0,$((1000 * (i * 5 % 16))),0,0,0,0,ok,,"
    done
  done
} >mixed.csv
same mixed.csv
expect_stdout_contains "Sessions: 4"

# Ids that repeat share an entry, which records could not.
{ cat mixed.csv; sed -n 2,9p mixed.csv; } >repeated.csv
same repeated.csv
expect_stderr_contains "rows repeat a request_id"
