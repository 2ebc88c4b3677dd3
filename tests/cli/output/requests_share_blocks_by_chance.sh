# With one token to a block, some of 1500 requests begin with the same token by chance, and find it in the cache.
run blis run --model qwen/qwen3-14b --tp 1 --hardware H100 --rate 15 --num-requests 1500 --block-size-in-tokens 1 --metrics-path m.json
expect_status 0
run grep -F '"cache_hit_rate": 0.0000025863267371225174' m.json
expect_status 0

# So do some that share all of a block but its last token.
run blis run --model qwen/qwen3-14b --tp 1 --hardware H100 --rate 20 --num-requests 3000 --prefix-tokens 31 --metrics-path m.json
expect_status 0
run grep -F '"cache_hit_rate": 0.014879890593411821' m.json
expect_status 0
