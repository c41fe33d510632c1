#!/usr/bin/env python3
"""Every .md file that a source or a document names exists.

    named_documents_test.py ROOT

Reads README.md and all text files in src, apps, tests, configs and results. A name without a folder, X.md, must be a file
somewhere in these; a name with one, path/X.md, must exist from ROOT or from the folder of the file that names it. Web addresses
are left out.
"""
import os
import re
import sys

FOLDERS = ("src", "apps", "tests", "configs", "results")
ADDRESS = re.compile(r"[a-z]+://\S+")
NAME = re.compile(r"[A-Za-z0-9_./-]*[A-Za-z0-9_]\.md\b")
LARGEST = 2**20  # bytes; what is larger is data
THIS = os.path.basename(__file__)  # which has names of no document


def files_of(root):
    """README.md and the files of FOLDERS, as paths from the root."""
    yield "README.md"
    for folder in FOLDERS:
        for directory, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
            for name in sorted(names):
                if name != THIS:
                    yield os.path.relpath(os.path.join(directory, name), root)


def text_of(path):
    """The text of a file; none of one that is data."""
    if os.path.getsize(path) > LARGEST:
        return ""
    with open(path, "rb") as file:
        data = file.read()
    if b"\0" in data:
        return ""
    return data.decode("utf-8", errors="replace")


def exists(name, file, root, documents):
    if "/" not in name:
        return name in documents
    return any(os.path.isfile(os.path.join(root, folder, name)) for folder in ("", os.path.dirname(file)))


def main():
    root = sys.argv[1]
    files = list(files_of(root))
    documents = {os.path.basename(file) for file in files if file.endswith(".md")}
    named, missing = 0, []
    for file in files:
        for number, line in enumerate(text_of(os.path.join(root, file)).split("\n"), 1):
            for match in NAME.findall(ADDRESS.sub("", line)):
                name = match.lstrip("/")  # what stands before is a variable: ${PROJECT_SOURCE_DIR}/README.md
                named += 1
                if not exists(name, file, root, documents):
                    missing.append(f"{file}:{number}: names {name}, which does not exist")
    if named == 0:
        sys.exit("no document is named: found nothing to check")
    if missing:
        sys.exit("\n".join(missing))
    print(f"{named} names of documents, all exist")


if __name__ == "__main__":
    main()
