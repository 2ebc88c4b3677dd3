#!/usr/bin/env python3
"""Runs the commands that a Markdown document shows, and checks its relative links.

  run_document.py --blis PATH DOCUMENT

All commands of a document run in order in one temporary folder, in which `blis` is on the PATH and the repository's
`examples` folder is linked. Two kinds of fenced blocks hold commands:

  ```console   `$ blis ...` is run. Lines below it, up to the next `$`, are its output and must match: its standard
               output, or its standard error when it is expected to fail. A line `...` stands for any lines.
  ```sh        lines that begin with `blis ` are run; other lines are not ours to run.

A command line may end in a backslash and go on in the next line. It runs in bash with pipefail, must end with status 0,
and gets an empty standard input. A comment on its own line right above a fence changes this for that one block:

  <!-- docs-test: skip REASON -->    nothing in it is run (it needs a server, a GPU, an hour, ...)
  <!-- docs-test: fails -->          every command in it must end with a status other than 0
  <!-- docs-test: file NAME -->      the block, in any language, is written to NAME for the commands that follow

Exit status: 0 if everything held, 1 otherwise.
"""
import argparse
import dataclasses
import os
import re
import subprocess
import sys
import tempfile

MARKER = re.compile(r"^<!-- docs-test: (\w+)(?: (.*?))? -->$")
FENCE = re.compile(r"^(\s*)```([\w-]*)\s*$")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND_LANGUAGES = ("console", "sh")
COMMAND_TIMEOUT_S = 120


@dataclasses.dataclass
class Block:
    line: int  # of the opening fence, counted from 1
    language: str
    text: list
    marker: str = ""
    argument: str = ""


@dataclasses.dataclass
class Command:
    line: int
    text: str
    output: list  # the lines shown below it; empty if none are shown
    fails: bool


class DocumentError(Exception):
    pass


def blocks_of(lines):
    """All fenced blocks of a document, with the markers above them."""
    blocks, marker, i = [], None, 0
    while i < len(lines):
        found = MARKER.match(lines[i].strip())
        if found:
            if found.group(1) not in ("skip", "fails", "file"):
                raise DocumentError("line %d: unknown marker '%s' (allowed: skip, fails, file)" % (i + 1, found.group(1)))
            if found.group(1) in ("skip", "file") and not found.group(2):
                raise DocumentError("line %d: the marker '%s' needs a word after it" % (i + 1, found.group(1)))
            marker = found
            i += 1
            continue
        fence = FENCE.match(lines[i])
        if not fence:
            if marker and lines[i].strip():
                raise DocumentError("line %d: a marker must stand right above a fenced block" % i)
            i += 1
            continue
        end = i + 1
        while end < len(lines) and lines[end].strip() != "```":
            end += 1
        if end == len(lines):
            raise DocumentError("line %d: this block is never closed" % (i + 1))
        indent = len(fence.group(1))
        block = Block(i + 1, fence.group(2), [line[indent:] for line in lines[i + 1:end]])
        if marker:
            block.marker, block.argument = marker.group(1), marker.group(2) or ""
            marker = None
        blocks.append(block)
        i = end + 1
    return blocks


def commands_of(block):
    """The commands of one block, in order."""
    commands, i = [], 0
    while i < len(block.text):
        line = block.text[i]
        number = block.line + 1 + i
        i += 1
        prompt = block.language == "console" and line.startswith("$ ")
        text = line[2:] if prompt else line
        ours = text.startswith("blis ") and (prompt or block.language == "sh")
        if not prompt and not ours:
            continue
        while text.endswith("\\") and i < len(block.text):
            text = text[:-1] + block.text[i].lstrip()
            i += 1
        output = []
        while prompt and i < len(block.text) and not block.text[i].startswith("$ "):
            output.append(block.text[i])
            i += 1
        if ours:
            commands.append(Command(number, text, output, block.marker == "fails"))
    return commands


def matches(shown, actual):
    """Whether the shown lines are the actual ones, a line `...` standing for any number of lines."""
    if not shown:
        return not actual
    if shown[0].strip() == "...":
        return any(matches(shown[1:], actual[k:]) for k in range(len(actual) + 1))
    return bool(actual) and shown[0].rstrip() == actual[0].rstrip() and matches(shown[1:], actual[1:])


def run_command(command, folder, path):
    """Runs it and returns what is wrong, or None."""
    environment = dict(os.environ, PATH=path)
    try:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command.text], cwd=folder, env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return "took longer than %d s" % COMMAND_TIMEOUT_S
    said = "\n--- stdout\n%s\n--- stderr\n%s" % (done.stdout[:3000], done.stderr[:3000])
    if (done.returncode != 0) != command.fails:
        return "ended with status %d%s" % (done.returncode, said)
    actual = (done.stderr if command.fails else done.stdout).splitlines()
    while actual and not actual[-1].strip():
        actual.pop()
    shown = list(command.output)
    while shown and not shown[-1].strip():
        shown.pop()
    if shown and not matches(shown, actual):
        return "its output is not the one shown" + said
    return None


def broken_links(lines, folder):
    """Relative links to files that do not exist, outside fenced blocks."""
    inside = False
    for number, line in enumerate(lines, 1):
        if line.strip().startswith("```"):
            inside = not inside
        if inside:
            continue
        for target in LINK.findall(line):
            if re.match(r"[a-z]+:", target) or target.startswith("#"):
                continue
            if not os.path.exists(os.path.join(folder, target.split("#")[0])):
                yield "line %d: the link %s leads nowhere" % (number, target)


def check_document(blis, document, repository):
    """Returns (number of commands run, list of complaints)."""
    with open(document, encoding="utf-8") as file:
        lines = file.read().split("\n")
    complaints = list(broken_links(lines, os.path.dirname(os.path.abspath(document))))
    count = 0
    with tempfile.TemporaryDirectory(prefix="blis-docs-") as scratch:
        programs, folder = os.path.join(scratch, "bin"), os.path.join(scratch, "work")
        os.mkdir(programs)
        os.mkdir(folder)
        os.symlink(os.path.abspath(blis), os.path.join(programs, "blis"))
        os.symlink(os.path.join(repository, "examples"), os.path.join(folder, "examples"))
        path = programs + os.pathsep + os.environ.get("PATH", "")
        for block in blocks_of(lines):
            if block.marker == "skip":
                continue
            if block.marker == "file":
                path_of_file = os.path.join(folder, block.argument)
                os.makedirs(os.path.dirname(path_of_file), exist_ok=True)
                with open(path_of_file, "w", encoding="utf-8") as file:
                    file.write("\n".join(block.text) + "\n")
                continue
            if block.language not in COMMAND_LANGUAGES:
                continue
            for command in commands_of(block):
                count += 1
                wrong = run_command(command, folder, path)
                if wrong:
                    complaints.append("line %d: %s\n  %s" % (command.line, command.text, wrong))
    return count, complaints


def main():
    parser = argparse.ArgumentParser(description="Runs the commands that a Markdown document shows.")
    parser.add_argument("--blis", required=True, help="the program under test")
    parser.add_argument("document")
    arguments = parser.parse_args()
    repository = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    try:
        count, complaints = check_document(arguments.blis, arguments.document, repository)
    except DocumentError as error:
        count, complaints = 0, [str(error)]
    for complaint in complaints:
        print("%s: %s" % (arguments.document, complaint))
    print("%s: %d commands run, %d complaints" % (arguments.document, count, len(complaints)))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
