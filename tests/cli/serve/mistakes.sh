# Mistakes are found before anything listens.
run blis serve --model qwen/qwen3-14b --port 70000
expect_status 1
expect_empty_stdout
expect_stderr_contains "--port: must be from 0 to 65535, not 70000"

# What a server cannot do is said.
run blis serve --model qwen/qwen3-14b --horizon 1000 --host nowhere
expect_status 1
expect_stderr_contains "--horizon has no effect on a server"
expect_stderr_contains '--host: "nowhere" is not an IP address'

run blis serve --model qwen/qwen3-14b --speedup 0
expect_status 1
expect_stderr_contains "--speedup: must be a number above 0"

run blis serve --model qwen/qwen3-14b --inject eror:rate=1,status=500
expect_status 1
expect_stderr_contains 'did you mean "error"?'

run blis serve --model qwen/qwen3-14b --inject drop:at=1,instance=3
expect_status 1
expect_stderr_contains "--inject: must be from 0 to 0, not 3"

echo '{"model": {"type": "Unigram"}}' >tokenizer.json
run blis serve --model qwen/qwen3-14b --tokenizer tokenizer.json
expect_status 1
expect_stderr_contains 'tokenizer.json: model.type: "Unigram" is not understood'
