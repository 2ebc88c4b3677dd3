#!/usr/bin/env python3
"""Eight GPUs, undivided or split into prefill and decode instances, over prompts and answers of different proportions.

  examples/disaggregation-sweep.py [BLIS]     (default: blis on the PATH)

Prints a table: for each proportion the share of requests that met both targets, undivided and for the best and the second
best split, with the latencies behind it. Takes about a minute.
"""
import json
import subprocess
import sys

GPUS = 8
TTFT_TARGET, ITL_TARGET = "1500ms", "25ms"
# Mean prompt and answer in tokens, and requests per second that keep eight undivided instances busy, not overloaded.
MIXES = [(4000, 50, 40), (3000, 200, 40), (1500, 500, 30), (500, 1000, 20), (100, 1500, 15)]
REQUESTS = 2000


def simulate(blis, prompt, answer, rate, prefill):
    """The cluster's metrics of one run; `prefill` instances of the eight compute prompts, 0 = undivided."""
    words = [blis, "run", "--model", "qwen/qwen3-14b", "--hardware", "H100", "--tp", "1", "--num-instances", str(GPUS),
             "--rate", str(rate), "--num-requests", str(REQUESTS), "--prompt-tokens", str(prompt),
             "--prompt-tokens-stdev", str(prompt // 4), "--output-tokens", str(answer),
             "--output-tokens-stdev", str(answer // 4), "--routing-policy", "least-loaded", "--step-effects-at-end",
             "--slo-ttft", "default=" + TTFT_TARGET, "--slo-itl", "default=" + ITL_TARGET, "--metrics-path", "/dev/stderr"]
    if prefill:
        words += ["--prefill-instances", str(prefill), "--decode-instances", str(GPUS - prefill), "--pd-decider", "always"]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stderr)


def row(name, m):
    return "%-14s %9.1f%% %9.0f %9.0f %9.1f %9.1f %9.2f" % (
        name, 100 * m.get("slo_attainment", 0), m["ttft_mean_ms"], m["ttft_p99_ms"], m["itl_mean_ms"], m["itl_p99_ms"],
        m["e2e_mean_ms"] / 1000)


def main():
    blis = sys.argv[1] if len(sys.argv) > 1 else "blis"
    for prompt, answer, rate in MIXES:
        runs = {prefill: simulate(blis, prompt, answer, rate, prefill) for prefill in range(GPUS)}
        splits = sorted(range(1, GPUS), key=lambda p: -runs[p].get("slo_attainment", 0))
        print("%d prompt, %d answer tokens, %g requests/s" % (prompt, answer, rate))
        print("%-14s %10s %9s %9s %9s %9s %9s" % ("", "on target", "TTFT ms", "p99", "ITL ms", "p99", "E2E s"))
        print(row("undivided", runs[0]))
        for prefill in splits[:2]:
            print(row("%d + %d" % (prefill, GPUS - prefill), runs[prefill]))
        print()


if __name__ == "__main__":
    main()
