#!/usr/bin/env python3
"""Makes the bank again: the worst input of every kernel that a hunt finds.

    configs/hunted/make.py PROGRAM [KERNEL...]

A file NAME.json is what `tristab hunt --json` wrote, without the state of the search. Where a file is there already, the
worse of the two inputs stays."""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
KEPT = ["schema", "request", "evaluations", "nothing", "worst_ratio", "worst"]
RECORD = ["status", "for_format", "total_frobenius", "bound_ratio", "growth", "reference"]


def rule_of(kernel):
    return "rwkv7" if kernel.startswith("fla-dplr") else "kda" if "kda" in kernel else "gdn"


def badness(report):
    return report["worst"]["value"] if report["worst"]["finite"] else math.inf


def hunt(program, kernel, size):
    family = f"{rule_of(kernel)}:key_format=bf16"
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "report.json"
        words = [program, "hunt", "--kernel", kernel, "--chunk", size, "--family", family, "--head-dim", 16,
                 "--evaluations", 20000, "--json", path]
        subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)
        report = json.loads(path.read_text())
    report = {key: report[key] for key in KEPT}
    report["worst"]["record"] = {key: report["worst"]["record"][key] for key in RECORD}
    return report


def main():
    program, wanted = sys.argv[1], sys.argv[2:]
    for file in sorted((HERE.parent / "kernels").glob("*.json")):
        if wanted and file.stem not in wanted:
            continue
        chunks = json.loads(file.read_text()).get("chunks") or [16]
        size = 64 if 64 in chunks else max(chunks)
        report, place = hunt(program, file.stem, size), HERE / file.name
        if place.exists() and badness(json.loads(place.read_text())) >= badness(report):
            print(f"{file.stem}: the one that is there is at least as bad", flush=True)
            continue
        place.write_text(json.dumps(report, separators=(",", ":")) + "\n")
        print(f"{file.stem}: {badness(report):.3g}", flush=True)


if __name__ == "__main__":
    main()
