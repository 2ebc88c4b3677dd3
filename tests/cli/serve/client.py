#!/usr/bin/env python3
"""Starts `blis serve` with the given flags on a free port, then does what the scenario says.

usage: client.py SCENARIO FLAG...     prints what came of it on stdout
"""

import http.client
import json
import re
import signal
import subprocess
import sys

LIMIT_S = 60


def start(flags):
    server = subprocess.Popen(["blis", "serve", "--port", "0", *flags], stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
        if found:
            return server, int(found.group(1))
    sys.exit(f"the server ended with status {server.wait()} instead of listening")


def ask(port, path, body, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
    connection.request("POST", path, json.dumps(body), headers or {})
    return connection.getresponse()


def answer(port):
    response = ask(port, "/v1/completions", {"prompt": "one two three", "max_tokens": 4})
    usage = json.load(response)["usage"]
    print(response.status, usage["prompt_tokens"], usage["completion_tokens"])
    print(ask(port, "/v1/completions", {"prompt": 7}).status)


def key(port):
    for headers in ({}, {"authorization": "Bearer secret"}):
        print(ask(port, "/tokenize", {"prompt": "x"}, headers).status)


def listeners(port):
    """On which addresses somebody listens at this port, as the kernel has it: 127.0.0.1 is 0100007F."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as rows:
            for row in list(rows)[1:]:
                local, state = row.split()[1], row.split()[3]
                if state == "0A" and int(local.split(":")[1], 16) == port:
                    print(local.split(":")[0])


def drain(port, server):
    """SIGTERM in the middle of a stream: every token still comes, then the server ends."""
    stream = ask(port, "/v1/completions", {"prompt": "x", "max_tokens": 500, "stream": True})
    first = stream.readline()
    server.send_signal(signal.SIGTERM)
    text = (first + stream.read()).decode()
    print(text.count('"text":" '), text.count("[DONE]"))


def main():
    scenario, flags = sys.argv[1], sys.argv[2:]
    server, port = start(flags)
    try:
        if scenario == "drain":
            drain(port, server)
        else:
            {"answer": answer, "key": key, "listeners": listeners}[scenario](port)
            server.send_signal(signal.SIGTERM)
        print("status", server.wait(LIMIT_S))
    finally:
        server.kill()


main()
