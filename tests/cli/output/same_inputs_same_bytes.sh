# Two runs of one command line give the same bytes on stdout and in files; another seed gives others.
arguments=(run --model qwen/qwen3-14b --workload chatbot --rate 20 --num-instances 3 --routing-policy weighted)
run blis "${arguments[@]}" --metrics-path first.json
expect_status 0
save_stdout first.txt
run blis "${arguments[@]}" --metrics-path second.json
expect_status 0
save_stdout second.txt
expect_same_files first.txt second.txt
expect_same_files first.json second.json
run blis "${arguments[@]}" --seed 7
expect_status 0
save_stdout third.txt
run cmp -s first.txt third.txt
expect_status 1
