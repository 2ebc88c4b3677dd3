# Two workload files become one whose rate is the sum of theirs.
run blis convert preset --name chatbot --rate 10
expect_status 0
save_stdout a.yaml
run blis convert preset --name summarization --rate 5
expect_status 0
save_stdout b.yaml
run blis compose --from a.yaml --from b.yaml
expect_status 0
save_stdout both.yaml
expect_stdout_contains "aggregate_rate: 15"
expect_stdout_contains "preset-chatbot"
expect_stdout_contains "preset-summarization"
run blis run --model qwen/qwen3-14b --workload-spec both.yaml --num-requests 20
expect_status 0
expect_stdout_contains '"completed_requests": 20'
