# The scorer queue-depth, written again as a script, gives the same bytes as the one that is built in.
platform=(--model qwen/qwen3-14b --num-instances 6 --rate 60 --num-requests 800 --workload chatbot --routing-policy weighted
          --trace-level decisions --summarize-trace --counterfactual-k 3)
run blis run "${platform[@]}" --routing-scorers queue-depth:2,kv-utilization:1
expect_status 0
save_stdout native.txt
run blis run "${platform[@]}" --routing-scorers script:2,kv-utilization:1 \
  --policy-script "$TEST_DIR/../../../examples/policies/queue_depth.lua"
expect_status 0
save_stdout scripted.txt
expect_same_files native.txt scripted.txt
