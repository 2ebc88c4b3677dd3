#!/usr/bin/env python3
"""Checks what the documentation says about the source tree, and the other way round.

  check_references.py REPOSITORY

* The folder table of docs/hacking.md lists the folders of CMakeLists.txt, in the same order, with the same uses.
* Every file `docs/<name>.md` that a source file mentions exists.
* Every row of a table of policies (src/**/*.def) is documented: its name stands in backquotes in some document.

Exit status: 0 if everything held, 1 otherwise.
"""
import os
import re
import sys

SOURCE_FOLDERS = ("apps", "bench", "cmake", "fuzz", "scripts", "src", "tests")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def folders_of_build(text):
    """[(folder, [folders it uses])] from the lines blis_folder(name USES a b LIBS ...)."""
    folders = []
    for name, rest in re.findall(r"^blis_folder\((\w+)([^)]*)\)", text, re.MULTILINE):
        uses = re.search(r"\bUSES((?:\s+[a-z]\w*)+)", rest)
        folders.append((name, uses.group(1).split() if uses else []))
    return folders


def folders_of_table(text):
    """The same from the rows | `name` | ... | a, b | of the section on folders."""
    section = text.split("\n## Folders\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", section, re.MULTILINE)
    return [(name, [] if uses == "–" else uses.split(", ")) for name, uses in rows]


def missing_documents(repository):
    for top in SOURCE_FOLDERS:
        for folder, _, names in os.walk(os.path.join(repository, top)):
            for name in names:
                path = os.path.join(folder, name)
                if path == os.path.abspath(__file__) or name.endswith(".pyc"):
                    continue
                for document in re.findall(r"\bdocs/[\w-]+\.md\b", read(path)):
                    if not os.path.exists(os.path.join(repository, document)):
                        yield "%s mentions %s, which does not exist" % (os.path.relpath(path, repository), document)


def undocumented_rows(repository):
    folder = os.path.join(repository, "docs")
    documents = "".join(read(os.path.join(folder, name)) for name in os.listdir(folder) if name.endswith(".md"))
    for top, _, names in os.walk(os.path.join(repository, "src")):
        for name in names:
            if not name.endswith(".def"):
                continue
            path = os.path.join(top, name)
            for row in re.findall(r'^BLIS_\w+\(\s*"([^"]+)"', read(path), re.MULTILINE):
                if "`%s`" % row not in documents:
                    yield "%s has a row '%s' that no document explains" % (os.path.relpath(path, repository), row)


def main():
    repository = os.path.abspath(sys.argv[1])
    complaints = sorted(missing_documents(repository)) + sorted(undocumented_rows(repository))
    build = folders_of_build(read(os.path.join(repository, "CMakeLists.txt")))
    table = folders_of_table(read(os.path.join(repository, "docs", "hacking.md")))
    if build != table:
        complaints.append("the folder table of docs/hacking.md is not that of CMakeLists.txt:\n  build %s\n  table %s"
                          % ([x for x in build if x not in table], [x for x in table if x not in build]))
    for complaint in complaints:
        print(complaint)
    return 1 if complaints or not build else 0


if __name__ == "__main__":
    sys.exit(main())
