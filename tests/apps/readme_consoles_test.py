#!/usr/bin/env python3
"""Runs every `$ tristab ...` of a document's console blocks and compares what is printed with what the document shows.

    readme_consoles_test.py PROGRAM DOCUMENT SOURCE [--update]

The blocks run in the order of the document, in one scratch directory with SOURCE's configs and tests at hand, and with every
JSON block that has a "name" in NAME.json. A line `...` in a block stands for any lines; times and numbers of threads may differ, nothing else. With --update the document's
outputs are replaced by what the program prints (blocks with `...` are left as they are, and must still match).
"""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

FENCE = "```"
RUNNING_TIME = re.compile(r"in [0-9.]+ s on [0-9]+ threads?")


class Block:
    """One console block: its commands, each with the lines shown below it, and where it stands in the document."""

    def __init__(self, start):
        self.start = start  # index of the opening fence
        self.end = start
        self.commands = []  # [lines of the command, lines of its output]


def blocks_of(lines):
    blocks, block = [], None
    for index, line in enumerate(lines):
        if block is None:
            if line == FENCE + "console":
                block = Block(index)
        elif line == FENCE:
            block.end = index
            blocks.append(block)
            block = None
        elif line.startswith("$ ") or (block.commands and not block.commands[-1][1]
                                       and block.commands[-1][0][-1].endswith("\\")):
            if line.startswith("$ "):
                block.commands.append(([line], []))
            else:
                block.commands[-1][0].append(line)
        else:
            if not block.commands:
                sys.exit(f"line {index + 1}: a console block begins with '$ '")
            block.commands[-1][1].append(line)
    return blocks


def configurations_of(lines):
    """The JSON blocks that are configurations, by name."""
    configurations = {}
    start = None
    for index, line in enumerate(lines):
        if line == FENCE + "json":
            start = index + 1
        elif line == FENCE and start is not None:
            text = "\n".join(lines[start:index])
            configurations[json.loads(text)["name"]] = text
            start = None
    return configurations


def words_of(command_lines):
    text = " ".join(line.rstrip("\\") for line in command_lines)
    return shlex.split(text.removeprefix("$ "))


def comparable(line):
    return RUNNING_TIME.sub("in _ s on _ threads", line.rstrip())


def matches(shown, printed):
    """Whether the printed lines are those shown, `...` standing for any number of lines."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(matches(shown[1:], printed[k:]) for k in range(len(printed) + 1))
    return bool(printed) and comparable(shown[0]) == comparable(printed[0]) and matches(shown[1:], printed[1:])


def main():
    program, document, source = (os.path.abspath(path) for path in sys.argv[1:4])
    update = sys.argv[4:] == ["--update"]
    with open(document, encoding="utf-8") as file:
        lines = file.read().split("\n")
    environment = {**os.environ, "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
    failures, commands, replacements = 0, 0, []
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("configs", "tests"):
            os.symlink(os.path.join(source, name), os.path.join(scratch, name))
        os.mkdir(os.path.join(scratch, "results"))
        for name, text in configurations_of(lines).items():
            with open(os.path.join(scratch, name + ".json"), "w", encoding="utf-8") as file:
                file.write(text)
        for block in blocks_of(lines):
            body = []
            for command, shown in block.commands:
                words = words_of(command)
                if words[0] != "tristab":
                    sys.exit(f"line {block.start + 1}: found '{words[0]}'; console blocks run tristab alone")
                commands += 1
                done = subprocess.run([program, *words[1:]], cwd=scratch, env=environment, text=True, check=False,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                printed = done.stdout.rstrip("\n").split("\n") if done.stdout else []
                good = matches(shown, printed)
                if done.returncode != 0 or (not good and not (update and "..." not in shown)):
                    failures += 1
                    print(f"line {block.start + 1}: {' '.join(command)}\nexit status {done.returncode}; printed:")
                    print("\n".join(printed))
                body += command + (shown if good or "..." in shown else printed)
            replacements.append((block, body))
    if update:
        for block, body in reversed(replacements):
            lines[block.start + 1:block.end] = body
        with open(document, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
    if commands == 0:
        sys.exit("no commands were found")
    if failures:
        sys.exit(f"{failures} of {commands} commands print something else; "
                 f"--update writes what they print into the document")
    print(f"{commands} commands print what the document shows")


if __name__ == "__main__":
    main()
