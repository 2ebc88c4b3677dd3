"""Whole runs as benchmarks: what bench/run, bench/compare and bench/instructions have in common.

A scenario is a file bench/scenarios/<name>.json:

  {"about": "what it exercises, in one sentence",
   "argv": ["run", "--model", ...],      arguments after the program name; "{here}" is the folder of the scenarios
   "requests": 2000,                     simulated requests, to state costs per request
   "instructions": true,                 small enough to be counted under callgrind
   "large": true,                        runs only when it is named: takes long or needs much memory
   "stdout_sha256": "..."}               digest of the output; a program that gives another has no time

`bench/run --record` fills in the digest.
"""
import dataclasses
import hashlib
import json
import os
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIOS = os.path.join(HERE, "scenarios")


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    argv: tuple
    requests: int
    instructions: bool
    large: bool
    stdout_sha256: str


@dataclasses.dataclass(frozen=True)
class Measurement:
    wall_s: float
    cpu_s: float  # user and system time of the process
    peak_mib: float  # largest resident set; at least this script's own (some 20), which the process starts as
    stdout_sha256: str


class WrongOutput(Exception):
    """The program's output is not the scenario's: there is nothing to measure."""


def path_of(name):
    return os.path.join(SCENARIOS, name + ".json")


def load_scenario(name):
    with open(path_of(name), encoding="utf-8") as file:
        raw = json.load(file)
    return Scenario(name, raw["about"], tuple(x.replace("{here}", SCENARIOS) for x in raw["argv"]), raw["requests"],
                    raw.get("instructions", False), raw.get("large", False), raw.get("stdout_sha256", ""))


def load_scenarios(names=()):
    """The named scenarios, or all but the large ones, by name. Ends the program if there is no such scenario."""
    known = sorted(entry[:-5] for entry in os.listdir(SCENARIOS) if entry.endswith(".json"))
    for name in names:
        if name not in known:
            raise SystemExit("there is no scenario \"%s\"; there are %s" % (name, ", ".join(known)))
    if names:
        return [load_scenario(name) for name in names]
    return [one for one in map(load_scenario, known) if not one.large]


def measure(program, scenario, extra=()):
    """Runs the scenario once, with arguments that must not change its output added to its own. Raises WrongOutput if the
    run fails; leaves judging the digest to the caller."""
    with tempfile.TemporaryDirectory(prefix="blis-bench-") as folder, tempfile.TemporaryFile() as out, \
            tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen([os.path.abspath(program)] + list(scenario.argv) + list(extra), cwd=folder, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            err.seek(0)
            raise WrongOutput("%s: %s ended with status %d\n%s" % (scenario.name, program, process.returncode,
                                                                  err.read(2000).decode("utf-8", "replace")))
        out.seek(0)
        digest = hashlib.sha256(out.read()).hexdigest()
    return Measurement(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, digest)


def check_output(program, scenario, extra=()):
    """One run whose digest must be the scenario's; returns its measurement."""
    measurement = measure(program, scenario, extra)
    if measurement.stdout_sha256 != scenario.stdout_sha256:
        raise WrongOutput("%s: the output of %s has digest %s, expected %s"
                          % (scenario.name, program, measurement.stdout_sha256, scenario.stdout_sha256 or "(none recorded)"))
    return measurement
