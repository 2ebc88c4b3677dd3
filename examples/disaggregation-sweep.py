#!/usr/bin/env python3
"""Does it pay to split eight GPUs into prefill and decode instances? Asked for prompts and answers of different proportions.

  examples/disaggregation-sweep.py [--quick] [BLIS]     (default: blis on the PATH)

For each proportion and each split, undivided included, it looks for the highest rate that the fleet serves well, and prints
the undivided fleet's and that of the best split. "Well" is one of two things: 95 % of the requests have their first token
within 500 ms and the following ones, on average, every 20 ms; or 99 % of all first tokens are there within 500 ms and
99 % of all gaps between tokens are below 22 ms. Takes about a minute; --quick tries it out on one proportion and few requests.
"""
import argparse
import json
import subprocess

GPUS = 8
REQUESTS, QUICK_REQUESTS = 1000, 20
# Mean prompt and answer, in tokens.
MIXES = [(4000, 50), (3000, 200), (1500, 500), (500, 1000), (100, 1500)]
GOALS = [
    ("mean gap <= 20 ms", lambda m: m.get("slo_attainment", 0) >= 0.95),
    ("99 % of gaps <= 22 ms", lambda m: m["ttft_p99_ms"] <= 500 and m["itl_p99_ms"] <= 22),
]


def simulate(blis, requests, prompt, answer, rate, prefill):
    """The cluster's metrics of one run; `prefill` instances of the eight compute prompts, 0 = undivided."""
    words = [blis, "run", "--model", "qwen/qwen3-14b", "--hardware", "H100", "--tp", "1", "--num-instances", str(GPUS),
             "--rate", "%.4g" % rate, "--num-requests", str(requests), "--prompt-tokens", str(prompt),
             "--prompt-tokens-stdev", str(prompt // 4), "--output-tokens", str(answer),
             "--output-tokens-stdev", str(answer // 4), "--routing-policy", "least-loaded", "--step-effects-at-end",
             "--slo-ttft", "default=500ms", "--slo-itl", "default=20ms", "--metrics-path", "/dev/stderr"]
    if prefill:
        words += ["--prefill-instances", str(prefill), "--decode-instances", str(GPUS - prefill), "--pd-decider", "always"]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stderr)


def best_rate(blis, requests, prompt, answer, prefill, is_met):
    """The highest rate, in requests per second and within 3 %, at which the goal is met; 0 if it never is."""
    low, high, best = 0.5, 512.0, 0.0
    while high / low > 1.03:
        rate = (low * high) ** 0.5
        if is_met(simulate(blis, requests, prompt, answer, rate, prefill)):
            low = best = rate
        else:
            high = rate
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("blis", nargs="?", default="blis")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    requests = QUICK_REQUESTS if arguments.quick else REQUESTS
    for goal, is_met in GOALS:
        print("%-24s %12s %12s %10s" % (goal, "undivided/s", "best split/s", "split"))
        for prompt, answer in MIXES[:1] if arguments.quick else MIXES:
            rates = [best_rate(arguments.blis, requests, prompt, answer, prefill, is_met) for prefill in range(GPUS)]
            best = max(range(1, GPUS), key=lambda prefill: rates[prefill])
            print("%5d prompt %5d answer %13.1f %12.1f %10s" %
                  (prompt, answer, rates[0], rates[best], "%d + %d" % (best, GPUS - best)), flush=True)
        print()


if __name__ == "__main__":
    main()
