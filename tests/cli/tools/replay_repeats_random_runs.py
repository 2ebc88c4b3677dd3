"""Random deployments under random loads: a run and the replay of its trace must agree request by request.

  replay_repeats_random_runs.py COUNT    in an empty folder, with `blis` on the PATH

Loads are what a trace can hold: single requests, some with shared prefixes. Sessions are left out: their contexts are
drawn anew by a replay.
"""

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
        if draw.random() < 0.6:
            client |= {"prefix_group": draw.choice(["a", "b"]), "prefix_length": 256}
        clients.append(client)
    groups = [c.get("prefix_group") for c in clients]
    for client in clients:  # one length per group, which is what a trace can say
        if groups.count(client.get("prefix_group")) > 1:
            client["prefix_length"] = 256
    return {"version": "2", "seed": draw.randrange(1 << 30), "aggregate_rate": draw.choice([1, 8, 40]), "clients": clients}


def deployment(draw):
    flags = ["--model", "qwen/qwen3-14b", "--seed", str(draw.randrange(1 << 30)), "--num-instances", str(draw.randint(1, 4)),
             "--routing-policy", draw.choice(["round-robin", "least-loaded", "weighted"]),
             "--scheduler", draw.choice(["fcfs", "sjf", "priority-fcfs"]),
             "--max-num-seqs", str(draw.choice([4, 32, 256])), "--max-num-batched-tokens", str(draw.choice([512, 2048])),
             "--total-kv-blocks", str(draw.choice([1500, 20000])), "--latency-model", draw.choice(["trained-physics", "roofline"]),
             "--stepper", draw.choice(["fast", "plain"]), "--snapshot-refresh-interval", str(draw.choice([0, 50000]))]
    if draw.random() < 0.4:
        flags += ["--kv-cpu-blocks", "2000"]
    return flags


def blis(*words):
    done = subprocess.run(["blis", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"blis {' '.join(words)}\nended with {done.returncode}: {done.stderr}")


def rows(path):
    with open(path, encoding="utf-8") as file:
        return {row["requestID"]: row for row in json.load(file)["requests"]}


def main():
    requests = 0
    for seed in range(int(sys.argv[1])):
        draw = random.Random(seed)
        with open("w.yaml", "w", encoding="utf-8") as file:
            json.dump(workload(draw), file)  # JSON is YAML
        flags = deployment(draw) + ["--horizon", HORIZON_US]
        name = "t" + draw.choice(["", ".csv.gz"])
        blis("run", "--workload-spec", "w.yaml", "--num-requests", "60", *flags, "--trace-output", name,
             "--metrics-path", "run.json")
        data = name if name.endswith(".gz") else name + ".csv"
        blis("replay", *flags, "--trace-header", "t.yaml", "--trace-data", data, "--metrics-path", "replay.json")
        ran, replayed = rows("run.json"), rows("replay.json")
        if list(ran) != list(replayed):
            sys.exit(f"seed {seed}: other requests: {list(ran)[:3]} {list(replayed)[:3]} ({len(ran)}, {len(replayed)})")
        for request, row in ran.items():
            if row != replayed[request]:
                sys.exit(f"seed {seed}, {request}:\n  run    {row}\n  replay {replayed[request]}\n  {' '.join(flags)}")
        requests += len(ran)
    print(requests)


if __name__ == "__main__":
    main()
