# A model that the catalogue does not have ends the run; stdout stays empty.
run blis run --model nobody/no-such-model --hardware H100 --tp 1
expect_status 1
expect_empty_stdout
expect_stderr_contains "nobody/no-such-model"
