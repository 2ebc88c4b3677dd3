# A preset written out as a workload file runs like the preset, once the seed is the same.
run blis convert preset --name chatbot --rate 25 --num-requests 40
expect_status 0
save_stdout chatbot.yaml
run blis run --model qwen/qwen3-14b --workload chatbot --rate 25 --num-requests 40
expect_status 0
save_stdout preset.txt
run blis run --model qwen/qwen3-14b --workload-spec chatbot.yaml --seed 42
expect_status 0
save_stdout file.txt
expect_same_files preset.txt file.txt
