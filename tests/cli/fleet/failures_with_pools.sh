# A split request whose prefill or decode instance dies starts over; none is lost without being counted.
cat >fails.yaml <<'END'
failures:
  instance: {mtbf_s: 15, mttr_s: 1}
  max_retries: 3
  retry_delay_s: 0.2
END
run blis run --model qwen/qwen3-14b --hardware H100 --tp 1 --num-instances 6 --prefill-instances 3 --decode-instances 3 \
  --pd-decider always --rate 10 --num-requests 400 --prompt-tokens 2000 --output-tokens 100 --policy-config fails.yaml
expect_status 0
save_stdout out.txt
cat >check.py <<'END'
import json, re
text = open("out.txt").read()
m = json.loads(text[text.rindex("=== Simulation Metrics ===") + 26:].split("\n===")[0])
rejected = sum(int(n) for n in re.findall(r"Rejected Requests.*: (\d+)", text))
f = m["failures"]
ended = m["completed_requests"] + m["dropped_unservable"] + m["timed_out_requests"] + f["lost_requests"] + rejected
assert ended == 400 and m["still_running"] == 0, (ended, m)
assert f["interrupted_requests"] > 10, f
END
run python3 check.py
expect_status 0
