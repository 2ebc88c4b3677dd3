# What a run prints does not depend on what it writes: without a trace finished requests are kept as short records, whose rows
# serve later requests, and what a script said of the earlier ones must not count for those.
printf 'function priority(r, i) return math.random() end\n' >lots.lua
platform=(--model qwen/qwen3-14b --scheduler script --policy-script lots.lua --max-num-seqs 8 --rate 60 --num-requests 500)
run blis run "${platform[@]}"
expect_status 0
save_stdout summary.txt
run blis run "${platform[@]}" --trace-output trace
expect_status 0
save_stdout traced.txt
expect_same_files summary.txt traced.txt
