# GPU-hours and costs stand in the cluster's metrics if asked for, and nowhere otherwise.
deployment=(--model qwen/qwen3-14b --hardware H100 --tp 2 --num-instances 2 --rate 10 --num-requests 20)
run blis run "${deployment[@]}" --metrics-path plain.json
expect_status 0
expect_stdout_lacks "gpu_"
run grep -c gpu_ plain.json
expect_status 1
run blis run "${deployment[@]}" --gpu-costs
expect_status 0
expect_stdout_contains '"gpu_hours"'
expect_stdout_lacks "usd"
# A price implies --gpu-costs. Two instances with two GPUs each.
run blis run "${deployment[@]}" --gpu-hour-cost H100=2.5 --metrics-path priced.json
expect_status 0
expect_stdout_contains '"usd_per_million_output_tokens"'
run python3 -c '
import json
costs = json.load(open("priced.json"))["gpu_costs"]
seconds = json.load(open("priced.json"))["vllm_estimated_duration_s"]
assert abs(costs["gpu_hours"] - 4 * seconds / 3600) < 1e-9, costs
assert costs["cost_usd"] == costs["gpu_hours"] * 2.5, costs
assert costs["gpu_hours_by_gpu_type"] == {"H100": costs["gpu_hours"]}
assert costs["used_gpu_hours_by_model"] == {"qwen/qwen3-14b": costs["gpu_hours"]}
assert costs["unused_gpu_hours"] == 0'
expect_status 0
run blis run "${deployment[@]}" --gpu-hour-cost L40S=1
expect_status 0
expect_stderr_contains "--gpu-hour-cost names GPUs that this deployment does not have"
