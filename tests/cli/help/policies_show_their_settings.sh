# Whoever looks for a policy sees every family, its members, and their settings with unit and default.
run blis policies
expect_status 0
for family in Admission Routing Scorers "Saturation detectors" "Dispatch order" Fairness Disaggregation Schedulers Preemption \
  "Latency models" "KV caches" "Autoscaler analyzers" "Autoscaler optimizers" "Arrival processes" "Length distributions"; do
  expect_stdout_contains "$family"
done
expect_stdout_contains "--token-bucket-refill-rate: refill of the token bucket [tokens/s; default 1000]"
expect_stdout_contains "admission.gaie_kv_threshold"
expect_stdout_contains "slo-deadline"
expect_stdout_contains "params.std_dev"
