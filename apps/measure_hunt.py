#!/usr/bin/env python3
"""Measures hunts: for every kernel what a hunt from random starts finds, beside the worst of the listed families and, with
--draws, beside random draws over the same space.

    apps/measure_hunt.py PROGRAM DIR [--evaluations 20000] [--draws 1000000] [--kernels a,b] [--check]

Each kernel stands at the smallest size that it takes, on the rule of its gates; hunts and draws have 16 channels,
families their default of 128 (tests/apps runs two kernels). Families are those of the rule with every model of unit keys, several models of betas, and
the rule's own gates as well as none, 8 matrices each. Reports are kept in DIR and not made again. With --check the exit
status is 1 where a hunt finds less than the families, or no more than the draws."""
import argparse
import json
import math
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
KEYS = ["independent", "silu", "collinear", "identical", "orthogonal", "clustered", "alternating", "positive", "token-offset"]


def rule_of(kernel):
    return "rwkv7" if kernel.startswith("fla-dplr") else "kda" if "kda" in kernel else "gdn"


def families_of(rule):
    family = {"family": rule, "keys": KEYS}
    if rule == "rwkv7":
        return [family]
    betas = [{"beta": "constant", "beta_value": [0.5, 0.9997, 1]}, {"beta": ["sigmoid-normal", "uniform", "qwen3-next"]}]
    gates = [{"gate": ["none", "qwen3-next" if rule == "gdn" else "kda-safe"]}]
    return [{**family, **beta, **gate} for beta in betas for gate in gates]


def run(words):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if result.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, words))}: {result.stderr}")


def hunted(program, path, kernel, size, rule, words):
    if not path.exists():
        run([program, "hunt", "--kernel", kernel, "--chunk", size, "--family", rule, "--head-dim", 16, "--json", path, *words])
    report = json.loads(path.read_text())
    worst = report["worst"]
    return (worst["value"] if worst["finite"] else math.inf), report["evaluations"]


def of_families(program, path, kernel, size, rule):
    if not path.exists():
        config = path.with_suffix(".config.json")
        config.write_text(json.dumps({"chunks": [size], "trials": 8, "families": families_of(rule), "kernels": [kernel]}))
        run([program, "sweep", config, "-o", path, "--force"])
    worst, name = -1, ""
    for row in json.loads(path.read_text())["summary"]:
        value = row["total_frobenius_max"]
        if row["nonfinite_trials"] > 0:
            value = math.inf
        if value is None:  # every input is trivial
            continue
        if value > worst:
            worst, name = value, row["family_label"]
    return worst, name


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--evaluations", type=int, default=20000)
    parser.add_argument("--draws", type=int, default=0)
    parser.add_argument("--kernels", default="")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    given.directory.mkdir(parents=True, exist_ok=True)
    kernels = []
    for file in sorted((TOP / "configs" / "kernels").glob("*.json")):
        chunks = json.loads(file.read_text()).get("chunks") or [16]
        if not given.kernels or file.stem in given.kernels.split(","):
            kernels.append((min(chunks), file.stem))
    reached = beaten = drawn_kernels = 0
    for size, kernel in sorted(kernels):
        rule = rule_of(kernel)
        found, evaluations = hunted(given.program, given.directory / f"{kernel}.hunt.json", kernel, size, rule,
                                    ["--from", "random", "--evaluations", given.evaluations])
        families, name = of_families(given.program, given.directory / f"{kernel}.families.json", kernel, size, rule)
        reached += found >= families
        line = f"{kernel} n={size} {rule}: hunt {found:.3g}, families {families:.3g} ({name})"
        line += "" if found >= families else " LESS"
        if given.draws:
            draws, count = hunted(given.program, given.directory / f"{kernel}.draws.json", kernel, size, rule,
                                  ["--from", "draws", "--evaluations", given.draws])
            drawn_kernels += 1
            beaten += found > draws
            line += f"; {count} draws {draws:.3g}" + ("" if found > draws else " NOT BEATEN")
        print(line, flush=True)
    print(f"at least as bad as every family: {reached} of {len(kernels)}")
    if given.draws:
        print(f"worse than all draws: {beaten} of {drawn_kernels}")
    return 1 if given.check and (reached < len(kernels) or beaten < drawn_kernels) else 0


if __name__ == "__main__":
    sys.exit(main())
