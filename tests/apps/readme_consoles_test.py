#!/usr/bin/env python3
"""Runs every `$ tristab ...` of the documents' console blocks and compares what is printed with what they show.

    readme_consoles_test.py PROGRAM SOURCE [--update]

The blocks of a document run in their order, in a scratch directory of its own with SOURCE's configs and tests at hand. Every JSON
block that has a "name" or a "kernel" is there as NAME.json. A line `...` in a block stands for any lines; times and numbers of threads
may differ, nothing else. A command whose lines show a FAILED check ends with status 1, all others with 0. Blocks marked `console slow`
run only where TRISTAB_FULL_TESTS is set, or with --update. With --update the documents' outputs are replaced by what the program prints (blocks with `...` are left as they are, and must still match).
"""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

DOCUMENTS = ("README.md", "configs/README.md", "configs/suites/README.md", "results/README.md",
             "src/tristab/hunt/README.md")
FENCE = "```"
RUNNING_TIME = re.compile(r"in [0-9.]+ s on [0-9]+ threads?")


class Block:
    """One console block: its commands, each with the lines shown below it, and where it stands in the document."""

    def __init__(self, start, slow):
        self.start = start  # index of the opening fence
        self.slow = slow
        self.end = start
        self.commands = []  # [lines of the command, lines of its output]


def blocks_of(lines):
    blocks, block = [], None
    for index, line in enumerate(lines):
        if block is None:
            if line in (FENCE + "console", FENCE + "console slow"):
                block = Block(index, line.endswith(" slow"))
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
    """The JSON blocks that are configurations or kernels, by name."""
    configurations = {}
    start = None
    for index, line in enumerate(lines):
        if line == FENCE + "json":
            start = index + 1
        elif line == FENCE and start is not None:
            text = "\n".join(lines[start:index])
            block = json.loads(text)
            configurations[block.get("name") or block["kernel"]] = text
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


def keeping_times(shown, printed):
    """The printed lines; those that differ from a shown one in nothing that is compared as they were shown."""
    known = {comparable(line): line for line in shown}
    return [known.get(comparable(line), line) for line in printed]


def run(program, words, directory):
    """The exit status and the lines that a command prints."""
    environment = {**os.environ, "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([program, *words], cwd=directory, env=environment, text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.rstrip("\n").split("\n") if done.stdout else []


def check(program, source, document, update):
    """Runs one document; the numbers of its commands and of those that print something else."""
    path = os.path.join(source, document)
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    failures, commands, replacements = 0, 0, []
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("configs", "tests"):
            os.symlink(os.path.join(source, name), os.path.join(scratch, name))
        os.mkdir(os.path.join(scratch, "results"))
        for name, text in configurations_of(lines).items():
            with open(os.path.join(scratch, name + ".json"), "w", encoding="utf-8") as file:
                file.write(text)
        blocks = list(blocks_of(lines))
        if not any(block.commands for block in blocks):
            sys.exit(f"{document}: no commands")
        for block in blocks:
            if block.slow and not update and not os.environ.get("TRISTAB_FULL_TESTS"):
                continue
            body = []
            for command, shown in block.commands:
                words = words_of(command)
                if words[0] != "tristab":
                    sys.exit(f"{document}:{block.start + 1}: found '{words[0]}'; console blocks run tristab alone")
                commands += 1
                status, printed = run(program, words[1:], scratch)
                expected = int(any(line.startswith("FAILED ") for line in shown))  # of a check that a console shows failing
                good = status == expected and matches(shown, printed)
                replace = update and status == expected and "..." not in shown
                if not good and not replace:
                    failures += 1
                    print(f"{document}:{block.start + 1}: {' '.join(command)}\nexit status {status}; printed:")
                    print("\n".join(printed))
                body += command + (keeping_times(shown, printed) if replace and not good else shown)
            replacements.append((block, body))
    if update:
        for block, body in reversed(replacements):
            lines[block.start + 1:block.end] = body
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
    return commands, failures


def main():
    program, source = (os.path.abspath(path) for path in sys.argv[1:3])
    update = sys.argv[3:] == ["--update"]
    counts = [check(program, source, document, update) for document in DOCUMENTS]
    commands, failures = (sum(column) for column in zip(*counts))
    if failures:
        sys.exit(f"{failures} of {commands} commands print something else; "
                 f"--update writes what they print into the documents")
    print(f"{commands} commands print what the documents show")


if __name__ == "__main__":
    main()
