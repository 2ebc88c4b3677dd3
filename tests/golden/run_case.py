#!/usr/bin/env python3
"""Runs one golden case and compares bytes.

  run_case.py --blis PATH CASE            compare
  run_case.py --blis PATH --record CASE   write the expected outputs from what the program gives now

A case is a folder: case.json, the input files its commands name, and expected/ with the outputs.

  {"about": "what the case pins down, in one sentence",
   "commands": [["run", "--model", "qwen/qwen3-14b"], ...],   arguments after the program name, run in order
   "files": ["trace.csv", ...]}                               files that the commands write, compared as well

Every command must end with status 0; its standard output is expected/<n>.stdout, counted from 1. Record a case only when
its outputs are known to be right: it then guards them, it does not prove them.

Exit status: 0 if all bytes are equal, 1 otherwise.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

COMMAND_TIMEOUT_S = 120


def outputs_of(blis, case, meta):
    """Runs all commands of a case in a temporary copy and returns {name of the expected file: bytes}."""
    outputs = {}
    with tempfile.TemporaryDirectory(prefix="blis-golden-") as folder:
        for name in os.listdir(case):
            if name not in ("case.json", "expected"):
                shutil.copy(os.path.join(case, name), folder)
        for number, argv in enumerate(meta["commands"], 1):
            done = subprocess.run([blis] + argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=COMMAND_TIMEOUT_S)
            if done.returncode != 0:
                raise SystemExit("%s: command %d ended with status %d\n%s"
                                 % (case, number, done.returncode, done.stderr.decode("utf-8", "replace")))
            outputs["%d.stdout" % number] = done.stdout
        for name in meta.get("files", []):
            with open(os.path.join(folder, name), "rb") as file:
                outputs[name] = file.read()
    return outputs


def first_difference(want, got):
    """A sentence about the first line in which two outputs differ."""
    a, b = want.split(b"\n"), got.split(b"\n")
    for number, (x, z) in enumerate(zip(a, b), 1):
        if x != z:
            return "line %d\n  expected %s\n  got      %s" % (number, x.decode("utf-8", "replace"), z.decode("utf-8", "replace"))
    return "expected %d lines, got %d" % (len(a), len(b))


def main():
    parser = argparse.ArgumentParser(description="Runs one golden case and compares bytes.")
    parser.add_argument("--blis", required=True, help="the program under test")
    parser.add_argument("--record", action="store_true", help="write the expected outputs instead of comparing")
    parser.add_argument("case", help="folder of the case")
    arguments = parser.parse_args()
    with open(os.path.join(arguments.case, "case.json"), encoding="utf-8") as file:
        meta = json.load(file)
    outputs = outputs_of(os.path.abspath(arguments.blis), arguments.case, meta)
    expected = os.path.join(arguments.case, "expected")

    if arguments.record:
        shutil.rmtree(expected, ignore_errors=True)
        os.mkdir(expected)
        for name, data in outputs.items():
            with open(os.path.join(expected, name), "wb") as file:
                file.write(data)
        print("%s: recorded %d outputs" % (arguments.case, len(outputs)))
        return 0

    wrong = 0
    if sorted(outputs) != sorted(os.listdir(expected)):
        print("%s: outputs %s, expected %s" % (arguments.case, sorted(outputs), sorted(os.listdir(expected))))
        wrong += 1
    for name, got in outputs.items():
        path = os.path.join(expected, name)
        if not os.path.exists(path):
            continue
        with open(path, "rb") as file:
            want = file.read()
        if want != got:
            print("%s: %s differs, %s" % (arguments.case, name, first_difference(want, got)))
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
