#!/usr/bin/env python3
"""Replays measured runs and says how far the simulation is off.

  bench/ground_truth.py BLIS FOLDER [--csv FILE] [--model-config ID=FOLDER]...

FOLDER holds experiments.csv (one row per run, with its deployment) and traces/<id>.csv.gz with
traces/<id>.header.yaml. Each run is replayed with the settings of its row under trained-physics, and
compared with `blis calibrate`. Nothing is tuned. Prints one line per run, in milliseconds and percent.
"""

import argparse
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HORIZON_US = 10_000_000_000  # later than any answer: a replay must not end before the run did


def deployment(row, config_folder):
    """The flags of a row of experiments.csv."""
    flags = ["--model", row["model"].lower(), "--hardware", row["gpu"], "--tp", row["tp"],
             "--latency-model", "trained-physics",
             "--max-num-seqs", row["max_num_seqs"], "--max-num-batched-tokens", row["max_num_batched_tokens"],
             "--max-model-len", row["max_model_len"], "--block-size-in-tokens", row["block_size"],
             "--gpu-memory-utilization", row["gpu_mem_util"], "--total-kv-blocks", row["kv_blocks_gpu"]]
    if row["kv_blocks_cpu"] not in ("", "0"):
        flags += ["--kv-cpu-blocks", row["kv_blocks_cpu"]]
    if config_folder:
        flags += ["--model-config-folder", config_folder]
    return flags


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return done.stdout


def mean_tpot(pairs):
    """Mean time per output token after the first, of (ttft, e2e, tokens) in microseconds."""
    values = [(e2e - ttft) / (tokens - 1) for ttft, e2e, tokens in pairs if tokens > 1]
    return statistics.fmean(values) if values else 0.0


def tpots(data, results, work):
    """Real and simulated mean TPOT over the requests that both have."""
    run([BLIS, "trace", "slice", "--trace-header", str(data).replace(".csv.gz", ".header.yaml"),
         "--trace-data", str(data), "--output", str(work / "ok"), "--status", "ok"])
    simulated = {r["request_id"]: r for r in results}
    real_side, sim_side = [], []
    with open(work / "ok.csv", newline="") as file:
        for row in csv.DictReader(file):
            other = simulated.get(int(row["request_id"]))
            if other is None:
                continue
            tokens = int(row["output_tokens"])
            send = int(row["send_time_us"])
            real_side.append((int(row["first_chunk_time_us"]) - send, int(row["last_chunk_time_us"]) - send, tokens))
            sim_side.append((other["ttft_us"], other["e2e_us"], other["output_tokens"]))
    return mean_tpot(real_side), mean_tpot(sim_side)


def percent(real, simulated):
    return f"{(simulated - real) / real * 100:+.1f}" if real else "-"


def judge(row, folder, work, config_folder):
    """One run: the cells of its line, or the reason why there are none."""
    data = folder / "traces" / f"{row['id']}.csv.gz"
    header = folder / "traces" / f"{row['id']}.header.yaml"
    results = work / "results.json"
    report = work / "report.json"
    run([BLIS, "replay", *deployment(row, config_folder), "--trace-header", str(header), "--trace-data", str(data),
         "--results-path", str(results), "--horizon", str(HORIZON_US)])
    run([BLIS, "calibrate", "--trace-header", str(header), "--trace-data", str(data), "--sim-results", str(results),
         "--report", str(report)])
    found = json.loads(report.read_text())
    cells = {"id": row["id"], "split": row["split"], "pairs": found["metrics"]["e2e"]["count"]}
    for metric in ("ttft", "e2e"):
        level = found["metrics"][metric]["workload_level"]
        for stat in ("mean", "p50", "p90", "p99"):
            cells[f"{metric} {stat}"] = percent(level[f"real_{stat}"], level[f"sim_{stat}"])
        cells[f"{metric} real"] = f"{level['real_mean'] / 1000:.1f}"
        cells[f"{metric} sim"] = f"{level['sim_mean'] / 1000:.1f}"
        cells[f"{metric} MAPE"] = f"{found['metrics'][metric]['request_level']['mape'] * 100:.1f}"
    real, simulated = tpots(data, json.loads(results.read_text()), work)
    cells |= {"tpot real": f"{real / 1000:.2f}", "tpot sim": f"{simulated / 1000:.2f}", "tpot mean": percent(real, simulated)}
    return cells


def main():
    global BLIS
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("blis")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--csv", type=pathlib.Path, help="also write the table to this file")
    parser.add_argument("--model-config", action="append", default=[], metavar="ID=FOLDER",
                        help="folder with the config.json of a run's model, if the catalogue has none")
    arguments = parser.parse_args()
    configs = dict(pair.split("=", 1) for pair in arguments.model_config)
    BLIS = arguments.blis
    with open(arguments.folder / "experiments.csv", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    table = []
    for trace in sorted((arguments.folder / "traces").glob("*.csv.gz")):
        name = trace.name.removesuffix(".csv.gz")
        with tempfile.TemporaryDirectory() as work:
            try:
                table.append(judge(rows[name], arguments.folder, pathlib.Path(work), configs.get(name)))
            except (RuntimeError, KeyError) as reason:
                print(f"{name}: not replayed: {reason}", file=sys.stderr)
    if not table:
        sys.exit("no run could be replayed")
    columns = list(table[0])
    widths = [max(len(column), *(len(str(cells[column])) for cells in table)) for column in columns]
    for cells in [dict(zip(columns, columns)), *table]:
        print("  ".join(str(cells[column]).rjust(width) for column, width in zip(columns, widths)))
    if arguments.csv:
        with open(arguments.csv, "w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(table)


if __name__ == "__main__":
    main()
