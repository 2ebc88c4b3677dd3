# A table by default, the same figures as JSON. What they are depends on the machine, that they are there does not.
run blis bench --repeat 1 --num-requests 20
expect_status 0
expect_stdout_contains "x real time"
for scenario in one-instance saturated scarce-blocks cluster-8 split-8 weighted-64; do expect_stdout_contains "$scenario"; done
expect_empty_stderr

run blis bench --repeat 1 --num-requests 20 --format json
expect_status 0
save_stdout figures.json
run python3 -c '
import json
scenarios = json.load(open("figures.json"))["scenarios"]
assert [s["instances"] for s in scenarios] == [1, 1, 1, 8, 8, 64], scenarios
assert all(s["requests"] == 20 and s["engine_steps"] > 0 and s["simulated_s"] > 0 and s["peak_mib"] > 0 for s in scenarios)
'
expect_status 0
