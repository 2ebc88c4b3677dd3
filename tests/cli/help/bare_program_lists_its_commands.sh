# Somebody who types only the name learns what there is, on stdout, without an error.
run blis
expect_status 0
for command in run replay observe calibrate convert compose; do expect_stdout_contains "$command"; done
