# Every request ends in exactly one way, whatever fails, and the same seed fails in the same way.
cat >fails.yaml <<'END'
node_pools:
  - {name: a, gpu_type: H100, gpus_per_node: 4, gpu_memory_gib: 80, initial_nodes: 2, max_nodes: 2}
failures:
  instance: {mtbf_s: 20, mttr_s: 1}
  gpu: {mtbf_s: 200, mttr_s: 20}
  node: {mtbf_s: 60, mttr_s: 5}
  max_retries: 2
END
blis_run="blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-instances 6 --rate 20 --num-requests 800"
run $blis_run --policy-config fails.yaml
expect_status 0
save_stdout first.txt
cat >check.py <<'END'
import json, re, sys
text = open(sys.argv[1]).read()
m = json.loads(text[text.rindex("=== Simulation Metrics ===") + 26:].split("\n===")[0])
rejected = sum(int(n) for n in re.findall(r"Rejected Requests.*: (\d+)", text))
f = m["failures"]
ended = m["completed_requests"] + m["dropped_unservable"] + m["timed_out_requests"] + f["lost_requests"] + rejected
assert ended == 800 and m["still_queued"] == m["still_running"] == 0, (ended, m)
assert f["interrupted_requests"] > 0 and f["node_failures"] > 0 and f["instance_restarts"] > 0, f
lost = re.search(r"Lost to Failures: (\d+)", text)
assert (int(lost[1]) if lost else 0) == f["lost_requests"], f
if len(sys.argv) > 2:
    assert f["request_retries"] == 0 and f["lost_requests"] == f["interrupted_requests"] > 0, f
END
run python3 check.py first.txt
expect_status 0
run $blis_run --policy-config fails.yaml
expect_status 0
save_stdout second.txt
expect_same_files first.txt second.txt
run $blis_run --stepper plain --policy-config fails.yaml
expect_status 0
save_stdout plain.txt
expect_same_files first.txt plain.txt

sed 's/max_retries: 2/requests: lose/' fails.yaml >loses.yaml
run $blis_run --policy-config loses.yaml
expect_status 0
save_stdout loses.txt
run python3 check.py loses.txt lose
expect_status 0
