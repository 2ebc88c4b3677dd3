#!/usr/bin/env python3
"""Writes a load with very many LoRA adapters and prefix groups, and says what runs of it cost.

  bench/many_adapters.py BLIS [--adapters 1000] [--groups 100000] [--requests 200000] [--keep FOLDER]

Every prefix group is a client of its own, 64 tokens long, and names one of the adapters in turn; rates fall as 1/rank, so that few
groups get most requests. Four runs of the same requests: without adapters and without prefixes, with one of the two, and with both.
Prints for each the user and system time, also per request, and the largest resident set; the first line is the cost of reading the
workload alone (one request). --keep leaves the files in FOLDER.

Exit status: 1 if a run fails.
"""
import argparse
import os
import subprocess
import sys
import tempfile

LENGTHS = ("input_distribution: {type: gaussian, params: {mean: 200, std_dev: 80, min: 20, max: 800}}, "
           "output_distribution: {type: exponential, params: {mean: 60}}")
FLAGS = ["--model", "qwen/qwen3-14b", "--num-instances", "16", "--routing-policy", "weighted", "--timeout", "-1"]


def write_adapters(path, count):
    with open(path, "w", encoding="utf-8") as file:
        file.write("lora:\n  adapter_capacity: 64\n  adapters:\n")
        for i in range(count):
            file.write("    - {id: adapter-%d, rank: %d}\n" % (i, (8, 16, 32, 64)[i % 4]))


def write_workload(path, groups, adapters, requests, has_prefixes):
    with open(path, "w", encoding="utf-8") as file:
        file.write('version: "2"\nseed: 11\naggregate_rate: 400\nnum_requests: %d\nclients:\n' % requests)
        for i in range(groups):
            file.write("  - {id: c%d, rate_fraction: %.9g, arrival: {process: poisson}, " % (i, 1 / (i + 10)))
            if adapters > 0:
                file.write("adapter: adapter-%d, " % (i % adapters))
            if has_prefixes:
                file.write("prefix_group: g%d, prefix_length: 64, " % i)
            file.write(LENGTHS + "}\n")


def run(program, name, arguments, requests):
    process = subprocess.Popen([program, "run"] + FLAGS + arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit("%s failed: %s" % (name, errors.strip()))
    print("%-22s %9d %9.2f %9.2f %14.1f %9.0f" % (name, requests, usage.ru_utime, usage.ru_stime,
                                                (usage.ru_utime + usage.ru_stime) / requests * 1e6, usage.ru_maxrss / 1024), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Very many adapters and prefix groups.")
    parser.add_argument("blis", help="the program")
    parser.add_argument("--adapters", type=int, default=1000)
    parser.add_argument("--groups", type=int, default=100000)
    parser.add_argument("--requests", type=int, default=200000)
    parser.add_argument("--keep", metavar="FOLDER", help="leave the files here")
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.blis)
    with tempfile.TemporaryDirectory(prefix="blis-adapters-") as temporary:
        folder = arguments.keep or temporary
        os.makedirs(folder, exist_ok=True)
        adapters = os.path.join(folder, "lora.yaml")
        write_adapters(adapters, arguments.adapters)
        print("%-22s %9s %9s %9s %14s %9s" % ("run", "requests", "user s", "system s", "CPU us/request", "peak MiB"))
        for name, has_prefixes, count in (("neither", False, 0), ("adapters", False, arguments.adapters),
                                          ("prefixes", True, 0), ("both", True, arguments.adapters)):
            workload = os.path.join(folder, name + ".yaml")
            write_workload(workload, arguments.groups, count, arguments.requests, has_prefixes)
            flags = ["--workload-spec", workload] + (["--lora-config", adapters] if count > 0 else [])
            if name == "both":
                run(program, "both, one request", flags + ["--num-requests", "1"], 1)
            run(program, name, flags, arguments.requests)


if __name__ == "__main__":
    main()
