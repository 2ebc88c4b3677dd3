# --help works on every command, goes to stdout and runs nothing.
for command in run replay observe calibrate "convert servegen" "convert preset" "convert inference-perf" compose bench "trace info" "trace scale"; do
  # shellcheck disable=SC2086  # a command may have two words
  run blis $command --help
  expect_status 0
  expect_stdout_contains "--"
  expect_empty_stderr
done
