# Injected requests are those that completed, wait, run, were dropped or timed out: with a horizon in the middle of the work
# none may go missing.
run blis run --model qwen/qwen3-14b --rate 50 --num-requests 200 --horizon 2000000 --metrics-path metrics.json
expect_status 0
expect_file metrics.json
run python3 -c '
import json
m = json.load(open("metrics.json"))
parts = ("completed_requests", "still_queued", "still_running", "dropped_unservable", "timed_out_requests")
assert m["injected_requests"] == sum(m[part] for part in parts), m
assert 0 < m["completed_requests"] < m["injected_requests"] <= 200, m'
expect_status 0
