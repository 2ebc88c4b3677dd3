# Options of our own for KV and experts refuse what they cannot mean, and say when they mean nothing.
run blis run --model qwen/qwen3-14b --kv-cache-dtype fp9
expect_status 1
expect_empty_stdout
expect_stderr_contains "--kv-cache-dtype"
expect_stderr_contains "fp8"
run blis run --model qwen/qwen3-14b --hybrid-attention-context -1
expect_status 1
expect_empty_stdout
expect_stderr_contains "--hybrid-attention-context"
run blis run --model qwen/qwen3-14b --expert-zipf-exponent 1
expect_status 1
expect_empty_stdout
expect_stderr_contains "mixture-of-experts"
run blis run --model qwen/qwen3-30b-a3b --hardware H100 --tp 1 --expert-zipf-exponent 1
expect_status 1
expect_empty_stdout
expect_stderr_contains "--enable-expert-parallel"
run blis run --model qwen/qwen3-30b-a3b --hardware H100 --tp 1 --expert-zipf-exponent -1
expect_status 1
expect_empty_stdout
expect_stderr_contains "--expert-zipf-exponent"
run blis run --model qwen/qwen3-14b --num-requests 2 --hybrid-attention-context 4096
expect_status 0
expect_stderr_contains "--hybrid-attention-context has no effect"
run blis run --model qwen/qwen3-14b --num-requests 2 --kv-tier-hits-save-prefill
expect_status 0
expect_stderr_contains "--kv-tier-hits-save-prefill has no effect"
