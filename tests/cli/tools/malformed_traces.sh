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

# Ids that repeat and clocks that jump back are no error to a replay; `trace info` points at them.
{ cat good.csv; sed -n 2p good.csv; } >odd.csv
run blis trace info --trace-data odd.csv
expect_status 0
expect_stdout_contains "1 rows repeat a request_id, first in line 7"
expect_stdout_contains "1 rows arrive before the row above them, first in line 7"
