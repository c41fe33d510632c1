"""inspect names a planted fault first: the roundoff of one site, raised by 2^4 to 2^10.

usage: planted_faults_test.py PROGRAM [COUNT]    1,000 faults with TRISTAB_FULL_TESTS=1, else 60

A fault is the arithmetic of a single step in a recipe file, whose operands, accumulator or storage have 4 to 10 bits
less than everywhere else. Methods, base formats, sizes and sites are drawn by this script; sites are those that round in
the method without a fault. A fault counts if it at least doubles the error of the case: what does no harm is no cause.
In 99% the step and the kind must stand first. Fewer bits of storage are also fewer bits of the vector unit, so any kind
of that step is right; an addend that a narrow accumulator rounds is an operand.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

program = sys.argv[1]
full = os.environ.get("TRISTAB_FULL_TESTS") == "1"
count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000 if full else 60
fraction_bits = (15, 18, 21)
sizes = (16, 32) * 8 + (64,) if full else (16, 32)  # a fault at n = 64 takes a minute
methods = ["row-substitution", {"method": "row-substitution", "form": "strict"}, "column-sweep", "matrix-column-sweep",
           "gauss-jordan", "mch", {"method": "mch", "addend": "separate"}, "neumann",
           {"method": "neumann", "evaluation": "powers"}, {"method": "neumann", "evaluation": "product"},
           "paterson-stockmeyer", "ladder", "mbh", "mxr", {"method": "mxr", "block": 8}, "blocked-substitution",
           {"method": "blocked-substitution", "merge": "doubling"}, "recursive",
           {"method": "newton-schulz", "start": "identity-minus-a"}, "newton-schulz", "residual-neumann",
           "bounded-doubling", {"method": "refine", "base": "mxr"}, "solve", "ungated"]
also_right = {("accumulator", "operand"), ("storage", "operand"), ("storage", "accumulator")}


def recipe(method, bits, fault=None):
    """Operands and storage of one format, sums of products in a wider one; a step of fewer bits."""
    def arithmetic():
        return {"arithmetic": f"e8m{bits}", "accumulate": "e9m30"}
    arithmetics = {"*": arithmetic()}
    if fault:
        stage, step, kind, less = fault
        narrow = arithmetic()
        if kind == "operand":
            narrow |= {"arithmetic": f"e8m{bits - less}", "storage": f"e8m{bits}"}
        elif kind == "accumulator":
            narrow["accumulate"] = f"e9m{bits - less}"
        else:
            narrow["storage"] = f"e8m{bits - less}"
        arithmetics[f"{stage}.{step}"] = narrow
    return {"kernel": "planted", "summary": "a planted fault", "method": method, "arithmetic": arithmetics}


def shares(folder, given, size):
    path = Path(folder, "planted.json")
    path.write_text(json.dumps(given))
    done = subprocess.run([program, "inspect", "gdn:keys=silu", "--kernel", path, "--chunk", str(size), "--format",
                           "json"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)["shares"]


def main():
    draw = random.Random(20261129)
    unplanted, found, harmless, misses = {}, 0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        while found < count:
            method, bits, size = draw.choice(methods), draw.choice(fraction_bits), draw.choice(sizes)
            key = json.dumps([method, bits, size])
            if key not in unplanted:
                given = shares(folder, recipe(method, bits), size)
                sites = [(s["stage"], s["step"], s["kind"]) for s in given["sites"] if s["stage"] != "input"]
                unplanted[key] = (sites, given["total"])
            sites, total = unplanted[key]
            if not sites:
                sys.exit(f"{key}: no site rounds; total {total}")
            stage, step, kind = draw.choice(sites)
            if kind == "accumulator":
                kind = draw.choice(("accumulator", "operand"))
            less = draw.randint(4, 10)
            with_fault = shares(folder, recipe(method, bits, (stage, step, kind, less)), size)
            if with_fault["total"] is not None and with_fault["total"] < 2 * total:
                harmless += 1
                continue
            found += 1
            first = with_fault["sites"][0]
            right = kind == first["kind"] or (kind, first["kind"]) in also_right
            if (first["stage"], first["step"]) != (stage, step) or not right:
                misses.append(f"{method} of {bits} bits, n = {size}: planted {stage} {step} {kind} (2^{less}), named {first}")
    print(f"{count - len(misses)} of {count} named first; {harmless} that do no harm were not counted")
    print("\n".join(misses))
    if len(misses) > 0.01 * count:
        sys.exit(1)


main()
