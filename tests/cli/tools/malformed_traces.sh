# Whatever is wrong with a trace is said with file and row, nothing reaches stdout, and nothing is simulated.
run blis run --model qwen/qwen3-14b --rate 10 --num-requests 5 --trace-output good
expect_status 0
header=$(head -n 1 good.csv)
replay() { run blis replay --model qwen/qwen3-14b --trace-header good.yaml --trace-data "$1"; }

refused() { # refused NAME ROW MESSAGE: the row, as the second one of a trace
  printf '%s\n%s\n%s\n' "$header" "$(sed -n 2p good.csv)" "$2" >"$1.csv"
  replay "$1.csv"
  expect_status 1
  expect_empty_stdout
  expect_stderr_contains "$1.csv:3: $3"
}
refused short '1,,,' '4 fields, expected at least 27'
refused words 'one,,,,,0,,0,false,5,5,0,0,0,0,0,,0,0,1,1,0,0,0,ok,,' 'request_id: "one" is not an integer'
refused seconds '1,,,,,0,,0,false,5,5,0,0,0,0,0,,0,0,1.5,1.5,0,0,0,ok,,' 'arrival_time_us: "1.5" is not an integer'
refused not_a_number '1,,,,,0,,0,false,5,5,0,0,0,0,NaN,,0,0,1,1,0,0,0,ok,,' 'reason_ratio: "NaN"'
refused negative '1,,,,,0,,0,false,-5,5,0,0,0,0,0,,0,0,1,1,0,0,0,ok,,' 'input_tokens: -5 must not be negative'
refused past '1,,,,,0,,0,false,5,5,0,0,0,0,0,,5,0,9,9,0,0,0,ok,,' 'deadline_us: 5 lies before the arrival at 9'
refused huge '1,,,,,0,,0,false,99999999999,5,0,0,0,0,0,,0,0,9,9,0,0,0,ok,,' 'input_tokens: 99999999999 tokens'
refused beyond '1,,,,,0,,0,false,99999999999999999999,5,0,0,0,0,0,,0,0,9,9,0,0,0,ok,,' 'input_tokens:'
refused quote '1,,,"open' 'field 4: closing quote is missing'

# A file that was cut off says where it ends, compressed or not.
{ cat good.csv; sed -n 2p good.csv | cut -c 1-30; } >cut.csv
replay cut.csv
expect_status 1
expect_empty_stdout
expect_stderr_contains "cut.csv:7: "
gzip -c good.csv | head -c 150 >cut.csv.gz
replay cut.csv.gz
expect_status 1
expect_empty_stdout
expect_stderr_contains "the compressed data ends early"

# A field that never ends is refused before it fills the memory, in every kind of file.
endless() { # endless NAME FIRST: FIRST, and then as long as anybody reads, the letter a
  mkfifo "$1"
  { printf '%s' "$2"; yes a | tr -d '\n'; } >"$1" 2>/dev/null &
}
endless endless.csv "$header"$'\n1,'
replay endless.csv
expect_status 1
expect_empty_stdout
expect_stderr_contains "endless.csv:2: the row is longer than 16 MiB"
endless quoted.csv "$header"$'\n1,"'
replay quoted.csv
expect_status 1
expect_stderr_contains "quoted.csv:2: the row is longer than 16 MiB"
endless endless.yaml 'mode: '
run blis replay --model qwen/qwen3-14b --trace-header endless.yaml --trace-data good.csv
expect_status 1
expect_empty_stdout
expect_stderr_contains "endless.yaml: cannot read: it has more than 256 MiB"
endless endless.jsonl '{"a": "'
run blis convert mooncake --input endless.jsonl --output m
expect_status 1
expect_stderr_contains "endless.jsonl:1: "

# Times in another unit cannot be told from their values; what the header says about it is.
sed 's/^time_unit: .*/time_unit: seconds/' good.yaml >seconds.yaml
run blis replay --model qwen/qwen3-14b --trace-header seconds.yaml --trace-data good.csv
expect_status 0
expect_stderr_contains "time_unit is not microseconds"

# Ids that repeat and clocks that jump back are no error to a replay, which points at the first; `trace info` at both.
{ cat good.csv; sed -n 2p good.csv; } >odd.csv
replay odd.csv
expect_status 0
expect_stderr_contains "rows repeat a request_id"
expect_stderr_contains "odd.csv:7: the first of 1"
run blis trace info --trace-data odd.csv
expect_status 0
expect_stdout_contains "1 rows repeat a request_id, first in line 7"
expect_stdout_contains "1 rows arrive before the row above them, first in line 7"
