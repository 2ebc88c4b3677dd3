# The metrics file holds the cluster's numbers and one row per request.
run blis run --model qwen/qwen3-14b --num-requests 7 --metrics-path metrics.json
expect_status 0
run python3 -c '
import json
m = json.load(open("metrics.json"))
assert m["completed_requests"] == 7 and len(m["requests"]) == 7, m
assert all(row["e2e_ms"] >= row["ttft_ms"] > 0 for row in m["requests"]), m'
expect_status 0
