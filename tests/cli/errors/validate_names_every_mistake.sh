# `validate` finds all mistakes of all files at once, each with file, line and key.
cat >workload.yaml <<'END2'
version: "2"
category: speech
aggregate_rate: -3
num_requests: 5
clients:
  - id: a
    rate_fraction: 0
    slo_class: urgent
    arrival: {process: poison}
    input_distribution: {type: constant, params: {value: 10}}
    output_distribution: {type: gausian, params: {value: 10}}
  - id: b
    rate_fraction: 1
    arrival: {process: poisson}
    input_distribution: {type: constant, params: {value: 10}}
    output_distribution: {type: constant, params: {value: 10}}
    timeout: -5
END2
cat >bundle.yaml <<'END2'
admission:
  policy: tokens
routing:
  policy: weighted
  scorers:
    - {name: queue-dept, weight: 1}
    - {name: kv-utilization, weight: -1}
tenant_budgets:
  acme: 1.5
END2
run blis validate workload.yaml bundle.yaml
expect_status 1
expect_empty_stdout
expect_stderr_contains 'workload.yaml: category: unknown category "speech"'
expect_stderr_contains 'workload.yaml: aggregate_rate: must be positive'
expect_stderr_contains 'workload.yaml:6: client[0].slo_class: unknown SLO class "urgent"'
expect_stderr_contains 'workload.yaml:6: client[0].rate_fraction: must be positive'
expect_stderr_contains 'did you mean "poisson"?'
expect_stderr_contains 'did you mean "gaussian"?'
expect_stderr_contains 'workload.yaml:12: client[1].timeout'
expect_stderr_contains 'bundle.yaml:2: admission.policy'
expect_stderr_contains 'did you mean "queue-depth"?'
expect_stderr_contains 'kv-utilization'
expect_stderr_contains 'bundle.yaml:9: tenant_budgets.acme'

# A trace is read to its end.
run blis run --model qwen/qwen3-14b --rate 10 --num-requests 3 --trace-output good
expect_status 0
{
  cat good.csv
  printf '%s\n' 'one,,,,,0,,0,false,5,5,0,0,0,0,0,,0,0,1,1,0,0,0,ok,,' '1,,,' \
    '1,,,,,0,,0,false,-5,5,0,0,0,0,0,,0,0,1,1,0,0,0,ok,,'
} >bad.csv
gzip -k bad.csv
for trace in bad.csv bad.csv.gz; do
  run blis validate good.yaml good.csv "$trace"
  expect_status 1
  expect_stdout_contains 'good.yaml: valid trace header'
  expect_stdout_contains 'good.csv: valid trace'
  expect_stderr_contains "$trace:5: request_id: \"one\" is not an integer"
  expect_stderr_contains "$trace:6: 4 fields, expected at least 27"
  expect_stderr_contains "$trace:7: input_tokens: -5 must not be negative"
done

# Of a row every column is named that is wrong, also for reasons that only a replay has.
{
  cat good.csv
  echo 'one,,,,,0.5,,0,maybe,-5,999999999999,0,0,0,0,2,,0,0,1,x,0,0,0,ok,,'
} >bad.csv
run blis validate bad.csv
expect_status 1
expect_empty_stdout
expect_stderr_contains 'bad.csv:5: request_id: "one" is not an integer'
expect_stderr_contains 'bad.csv:5: round_index: "0.5" is not an integer'
expect_stderr_contains 'bad.csv:5: streaming: "maybe" is not true or false'
expect_stderr_contains 'bad.csv:5: input_tokens: -5 must not be negative'
expect_stderr_contains 'bad.csv:5: reason_ratio: "2" is not a number from 0 to 1'
expect_stderr_contains 'bad.csv:5: send_time_us: "x" is not an integer'
expect_stderr_contains 'bad.csv:5: output_tokens: 999999999999 tokens'

# However many rows are wrong, all of them are named.
{
  head -n 1 good.csv
  for i in $(seq 2 1001); do echo "$i,,,,,0,,0,false,5,-1,0,0,0,0,0,,0,0,1,late,0,0,0,ok,,"; done
} >many.csv
blis validate many.csv 2>many.txt || [ $? -eq 1 ]
run grep -c '^many.csv:[0-9]*: output_tokens: -1 must not be negative$' many.txt
expect_status 0
expect_stdout '1000'
run grep -c '^many.csv:[0-9]*: send_time_us: "late" is not an integer$' many.txt
expect_status 0
expect_stdout '1000'
run tail -n 1 many.txt
expect_status 0
expect_stdout 'many.csv:1001: send_time_us: "late" is not an integer'

# Chunk times and policy scripts are files like others.
printf 'request_id,chunk_index,timestamp_us\n0,0,10\n0,1,-1\na,x,2\n' >chunks.csv
printf 'function score(r, i)\n  return i.load +\nend\n' >broken.lua
run blis validate chunks.csv broken.lua
expect_status 1
expect_empty_stdout
expect_stderr_contains "chunks.csv:3:"
expect_stderr_contains 'chunks.csv:4: request_id: "a"'
expect_stderr_contains 'chunks.csv:4: chunk_index: "x"'
expect_stderr_contains "broken.lua:3:"
