# `validate` and `run` find the same mistakes of a policy bundle, with file, line and key.
cat >bundle.yaml <<'END'
admission:
  policy: token-bucket
tenant_budgets:
  acme: 1.5
END
run blis validate bundle.yaml
expect_status 1
expect_stderr_contains "bundle.yaml:4: tenant_budgets.acme"
run blis run --model qwen/qwen3-14b --num-requests 2 --policy-config bundle.yaml
expect_status 1
expect_empty_stdout
expect_stderr_contains "bundle.yaml:4: tenant_budgets.acme"
