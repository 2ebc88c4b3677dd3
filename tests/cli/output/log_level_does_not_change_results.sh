# What is logged must not touch what is computed.
run blis run --model qwen/qwen3-14b --num-requests 20 --log error
expect_status 0
save_stdout quiet.txt
run blis run --model qwen/qwen3-14b --num-requests 20 --log trace
expect_status 0
save_stdout talkative.txt
expect_same_files quiet.txt talkative.txt
