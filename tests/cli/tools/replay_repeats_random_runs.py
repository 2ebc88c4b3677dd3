"""Random deployments under random loads: a run and the replay of its trace must agree in all that they print, and request by
request.

  replay_repeats_random_runs.py COUNT [FIRST]    in an empty folder, with `blis` on the PATH; seeds FIRST (0), FIRST + 1, …

Loads are what a trace can hold: single requests, some with shared prefixes. Sessions are left out: their contexts are
drawn anew by a replay. Prints how many requests were compared, and in how many of the runs something out of the ordinary
happened to some of them.
"""

import collections
import json
import random
import subprocess
import sys

HORIZON_US = "4000000000"


def workload(draw):
    clients = []
    count = draw.randint(1, 3)
    for i in range(count):
        client = {
            "id": f"c{i}", "rate_fraction": 1 / count, "slo_class": draw.choice(["standard", "batch", "critical"]),
            "arrival": {"process": draw.choice(["poisson", "constant"])},
            "input_distribution": {"type": "exponential", "params": {"mean": draw.choice([40, 300, 1500])}},
            "output_distribution": {"type": "exponential", "params": {"mean": draw.choice([5, 60, 200])}}}
        clients.append(client)
    # One length per group, which is what a trace can say. Some prefixes end close to the end of a block.
    lengths = {group: draw.choice([16, 250, 256, 700]) for group in "ab"}
    for client in clients:
        if draw.random() < 0.6:
            group = draw.choice("ab")
            client |= {"prefix_group": group, "prefix_length": lengths[group]}
    return {"version": "2", "seed": draw.randrange(1 << 30), "aggregate_rate": draw.choice([1, 8, 40]), "clients": clients}


def deployment(draw):
    instances = draw.randint(1, 4)
    block_size = draw.choice([4, 16, 16, 32])
    cache_tokens = draw.choice([6_000, 24_000, 320_000])  # the smallest holds two of the longer requests, or none
    flags = ["--model", "qwen/qwen3-14b", "--seed", str(draw.randrange(1 << 30)), "--num-instances", str(instances),
             "--routing-policy", draw.choice(["round-robin", "least-loaded", "always-busiest"]),
             "--scheduler", draw.choice(["fcfs", "sjf", "priority-fcfs", "reverse-priority"]),
             "--preemption-policy", draw.choice(["fcfs", "priority"]),
             "--max-num-seqs", str(draw.choice([4, 32, 256])), "--max-num-batched-tokens", str(draw.choice([128, 512, 2048])),
             "--long-prefill-token-threshold", str(draw.choice([0, 0, 64, 400])),
             "--block-size-in-tokens", str(block_size), "--total-kv-blocks", str(cache_tokens // block_size),
             "--latency-model", draw.choice(["trained-physics", "roofline"]),
             "--stepper", draw.choice(["fast", "plain"]), "--snapshot-refresh-interval", str(draw.choice([0, 50000])),
             "--admission-policy", draw.choice(["always-admit", "always-admit", "gaie-legacy", "tier-shed"])]
    if draw.random() < 0.4:
        scorers = draw.sample(["prefix-affinity", "precise-prefix-cache", "queue-depth", "kv-utilization", "vllm-dp"], 2)
        flags += ["--routing-policy", "weighted", "--routing-scorers", ",".join(f"{s}:{draw.randint(1, 3)}" for s in scorers)]
    what_else = draw.random()
    if what_else < 0.25:
        flags += ["--kv-cpu-blocks", str(32_000 // block_size)]
    elif what_else < 0.4:
        flags += ["--flow-control", "--saturation-detector", "utilization"]
    elif what_else < 0.55 and instances > 1:
        flags += ["--prefill-instances", "1", "--decode-instances", str(instances - 1), "--pd-decider", "always"]
    return flags


def blis(*words):
    done = subprocess.run(["blis", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"blis {' '.join(words)}\nended with {done.returncode}: {done.stderr}")
    return done.stdout


EVENTS = {"preemptions": "preemption_count", "unservable": "dropped_unservable", "capped": "length_capped_requests",
          "timeouts": "timed_out_requests", "cache hits": "cache_hit_rate"}


def metrics(path):
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    return found, {row["requestID"]: row for row in found.get("requests", [])}


def main():
    requests = 0
    seen = collections.Counter()
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for seed in range(first, first + int(sys.argv[1])):
        draw = random.Random(seed)
        with open("w.yaml", "w", encoding="utf-8") as file:
            json.dump(workload(draw), file)  # JSON is YAML
        flags = deployment(draw) + ["--horizon", HORIZON_US]
        name = "t" + draw.choice(["", ".csv.gz"])
        timeout = draw.choice(["300", "300", "4"])
        printed = blis("run", "--workload-spec", "w.yaml", "--num-requests", "60", *flags, "--timeout", timeout,
                       "--trace-output", name, "--metrics-path", "run.json")
        data = name if name.endswith(".gz") else name + ".csv"
        again = blis("replay", *flags, "--trace-header", "t.yaml", "--trace-data", data, "--metrics-path", "replay.json")
        if again != printed:
            sys.exit(f"seed {seed}:\n  run\n{printed}\n  replay\n{again}\n  {' '.join(flags)}")
        totals, ran = metrics("run.json")
        _, replayed = metrics("replay.json")
        seen.update(event for event, key in EVENTS.items() if totals[key] > 0)
        if list(ran) != list(replayed):
            sys.exit(f"seed {seed}: other requests: {list(ran)[:3]} {list(replayed)[:3]} ({len(ran)}, {len(replayed)})")
        for request, row in ran.items():
            if row != replayed[request]:
                sys.exit(f"seed {seed}, {request}:\n  run    {row}\n  replay {replayed[request]}\n  {' '.join(flags)}")
        requests += len(ran)
    print(f"{requests} requests; runs with", ", ".join(f"{event}: {seen[event]}" for event in EVENTS))


if __name__ == "__main__":
    main()
