#!/usr/bin/env python3
"""Runs the parity corpus, if there is one, and fails for any difference that known_differences.txt does not list.

  check_corpus.py --blis PATH

The corpus holds command lines with the outputs that the reference program gave for them, and a runner of its own
(`run --blis PATH --json FILE`). It is not part of this repository: it is looked for in $BLIS_PARITY_DIR, and else in
../shared/parity beside the checkout. A listed case that has become exact fails too, so that the list stays true.

Exit status: 0 if everything is as expected, 1 otherwise, 77 (skipped) if no corpus is there.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

SKIPPED = 77


def corpus_folder(repository):
    """The folder with the corpus' runner, or None."""
    named = os.environ.get("BLIS_PARITY_DIR")
    folder = named or os.path.join(os.path.dirname(repository), "shared", "parity")
    if os.path.isfile(os.path.join(folder, "run")):
        return folder
    if named:
        raise SystemExit("BLIS_PARITY_DIR=%s holds no runner named 'run'" % named)
    return None


def known_differences(path):
    """Case name -> reason, one case a line; blank lines and lines that begin with # do not count."""
    known = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, _, reason = line.strip().partition(" ")
                known[name] = reason.strip()
    return known


def results_of(corpus, blis):
    """The runner's results, one object per case; its own report goes to our standard output."""
    with tempfile.TemporaryDirectory(prefix="blis-parity-") as folder:
        path = os.path.join(folder, "results.json")
        subprocess.run([sys.executable, os.path.join(corpus, "run"), "--blis", blis, "-j", str(os.cpu_count() or 1),
                        "--json", path], check=False)
        with open(path, encoding="utf-8") as file:
            results = json.load(file)
    return results["cases"] if isinstance(results, dict) else results


def main():
    parser = argparse.ArgumentParser(description="Runs the parity corpus, if there is one.")
    parser.add_argument("--blis", required=True, help="the program under test")
    arguments = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    corpus = corpus_folder(os.path.dirname(os.path.dirname(here)))
    if corpus is None:
        print("no parity corpus: set BLIS_PARITY_DIR to run it")
        return SKIPPED

    known = known_differences(os.path.join(here, "known_differences.txt"))
    levels = {result["name"]: result["level"] for result in results_of(corpus, arguments.blis)}
    complaints = ["%s: %s" % (name, level) for name, level in sorted(levels.items())
                  if level != "EXACT" and name not in known]
    complaints += ["%s: exact by now, take it off known_differences.txt" % name for name in sorted(known)
                   if levels.get(name) == "EXACT"]
    complaints += ["%s: listed in known_differences.txt, but there is no such case" % name for name in sorted(known)
                   if name not in levels]
    for complaint in complaints:
        print(complaint)
    exact = sum(level == "EXACT" for level in levels.values())
    print("parity corpus: %d of %d cases exact, %d known differences, %d complaints"
          % (exact, len(levels), len(known), len(complaints)))
    return 1 if complaints or not levels else 0


if __name__ == "__main__":
    sys.exit(main())
