# A time series shows a run and does not touch it: whatever the interval, the same bytes on stdout and in the metrics file.
deployment=(--model qwen/qwen3-14b --num-instances 4 --rate 30 --num-requests 150
            --prefill-instances 2 --decode-instances 2 --pd-decider always --pd-transfer-contention)
run blis run "${deployment[@]}" --metrics-path alone.json
expect_status 0
save_stdout alone.txt
for interval in 10s 1s 1ms; do
  run blis run "${deployment[@]}" --metrics-path watched.json --timeseries series.csv --timeseries-interval "$interval"
  expect_status 0
  save_stdout watched.txt
  expect_same_files alone.txt watched.txt
  expect_same_files alone.json watched.json
done
# Replays have one, too, and compressed ones hold the same rows.
run blis run --model qwen/qwen3-14b --num-requests 40 --rate 20 --trace-output trace --timeseries run.csv
expect_status 0
run blis replay --model qwen/qwen3-14b --trace-header trace.yaml --trace-data trace.csv --horizon 60000000 \
  --timeseries replay.csv
expect_status 0
run cmp run.csv replay.csv
expect_status 0
for ending in gz zst; do
  run blis run --model qwen/qwen3-14b --num-requests 40 --rate 20 --timeseries "packed.csv.$ending"
  expect_status 0
done
run python3 -c 'import gzip; assert gzip.open("packed.csv.gz").read() == open("run.csv", "rb").read()'
expect_status 0
run python3 -c 'assert open("packed.csv.zst", "rb").read(4) == b"\x28\xb5\x2f\xfd"'
expect_status 0
