# The completion scripts are valid for their shell and know commands, flags and values.
run blis completion bash
expect_status 0
expect_stdout_contains "--routing-policy"
expect_stdout_contains "least-loaded"
save_stdout blis.bash
run bash -n blis.bash
expect_status 0
run bash -c 'source blis.bash; COMP_WORDS=(blis run --routing-policy l); COMP_CWORD=3; _blis; echo "${COMPREPLY[@]}"'
expect_status 0
expect_stdout "least-loaded"
run bash -c 'source blis.bash; COMP_WORDS=(blis convert preset --ra); COMP_CWORD=3; _blis; echo "${COMPREPLY[@]}"'
expect_status 0
expect_stdout "--rate"
run blis completion fish
expect_status 0
run blis completion tcsh
expect_status 1
expect_empty_stdout
