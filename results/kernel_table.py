"""Prints the table of every recipe: what it is known from, its worst errors, and which stages must stay wide (HEAD).

kernel_table.py PROGRAM [KERNEL ...]     PROGRAM: the path of tristab
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NARROW = "bf16"
KNOWN = {"source": "read in source", "thread": "read in a thread", "paper": "read in a paper", "model": "a model"}
INPUTS = {
    "trained": [{"family": "file", "path": str(ROOT / f"tests/data/{model}-slice.safetensors"), "layer": "all"}
                for model in ("gdn", "gdnneg", "deltanet", "kda")],
    "silu": [{"family": "gdn", "keys": "silu", "gate": "none"}],
    "repeated": [{"family": "gdn", "keys": "identical", "beta": "constant", "beta_value": 0.835, "gate": "constant",
                  "gate_value": -1e-3}],
}


HEAD = """# Kernels: errors, and which stages must stay wide

Made by `results/kernel_table.py PROGRAM`, at chunk 64 or the largest smaller one that the kernel takes. Errors are the worst
`total_frobenius` on slices of four trained models, on SiLU keys without decay, and on one repeated key (beta 0.835, g = -1e-3);
bold: not `fit` for `4x-bf16`. A stage must stay wide if the recipe misses `4x-bf16` on an input that it was fit for, once that
stage alone runs in bf16 (operands and storage, sums in fp32). Where a recipe misses it already, the last column names what must
be exact in its worst case, so that this one is fit while all else stays rounded: `ddmax` of `tristab inspect`. A: its storage, or
how it is formed.

"""


def input_of(record):
    """The column of a record."""
    if record["family"] == "file":
        return "trained"
    return record["family_params"]["keys"].replace("identical", "repeated")


def records_of(program, folder, recipes, chunk):
    """The records of these recipes on every input at this chunk size, by recipe."""
    names = []
    for name, recipe in recipes.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps({**recipe, "kernel": name}))
        names.append(path.name)
    config = {"families": sum(INPUTS.values(), []), "chunks": chunk, "kernels": names}
    (folder / "sweep.json").write_text(json.dumps(config))
    subprocess.run([program, "sweep", "sweep.json", "-o", "r.json", "--force"], cwd=folder, check=True,
                   stderr=subprocess.DEVNULL)
    found = {name: [] for name in recipes}
    for record in json.loads((folder / "r.json").read_text())["records"]:
        found[record["kernel"].split(":")[0]].append(record)
    return found


def unfit_inputs(records):
    return {input_of(record) for record in records if record["fit"] in ("unfit", "nonfinite")}


def worst_error(records, column):
    chosen = [record for record in records if input_of(record) == column and record["fit"] not in (None, "trivial")]
    if not chosen:
        return "-"
    if any(record["fit"] == "nonfinite" for record in chosen):
        return "not finite"
    return f"{max(record['total_frobenius'] for record in chosen):.1e}".replace("e-0", "e-").replace("e+0", "e+")


def to_be_raised(program, folder, records):
    """What must be exact in the worst case."""
    unfit = [record for record in records if record["fit"] in ("unfit", "nonfinite")]
    worst = max(unfit, key=lambda record: math.inf if record["fit"] == "nonfinite" else record["total_frobenius"])
    text = subprocess.run([program, "inspect", "r.json", worst["case"], "--format", "json"], cwd=folder, check=True,
                          capture_output=True, text=True).stdout
    sets = json.loads(text)["sets"]
    if sets["misses_without_rounding"]:
        return "another formula"
    stages = list(dict.fromkeys("A" if site["stage"] in ("input", "formation") else f"`{site['stage']}`"
                                for site in sets["raise"]))
    return "to be raised: " + ", ".join(stages)


def is_narrow(arithmetic):
    name = arithmetic if isinstance(arithmetic, str) else arithmetic["arithmetic"]
    return not name.startswith(("fp32", "fp64", "tf32", "fp16"))


def row_of(program, path, folder):
    recipe = json.loads(path.read_text())
    sizes = recipe["chunks"] or [64]
    chunk = 64 if 64 in sizes else max(sizes)
    name = recipe["kernel"]
    recipe["arithmetic"] = recipe["arithmetic"] if isinstance(recipe["arithmetic"], dict) else {"*": recipe["arithmetic"]}
    base = records_of(program, folder, {name: recipe}, chunk)[name]
    answered = [record for record in base if record["status"] != "failed"]
    missed = unfit_inputs(base)
    stages = [stage["name"] for stage in answered[0]["stages"] if stage["name"] not in ("input", "result", "output")]
    if missed:
        wide = to_be_raised(program, folder, base)
    else:
        changed = {}
        for stage in stages:
            if not is_narrow(recipe["arithmetic"].get(stage, recipe["arithmetic"]["*"])):
                changed[stage] = {**recipe, "arithmetic": {**recipe["arithmetic"], stage: NARROW}}
        after = (records_of(program, folder, {f"{name}-{stage}": each for stage, each in changed.items()}, chunk)
                 if changed else {})
        wide = ", ".join(f"`{stage}`" for stage in changed if unfit_inputs(after[f"{name}-{stage}"])) or "none"
    errors = []
    for column in INPUTS:
        text = worst_error(base, column)
        errors.append(f"**{text}**" if column in missed else text)
    return f"| `{name}` | {chunk} | {KNOWN[recipe['known']]} | {' | '.join(errors)} | {wide} |"


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    if not sys.argv[2:]:
        print(HEAD, end="")
    print("| kernel | chunk | how it is known | trained layers | silu keys, no decay | one repeated key | must stay wide |")
    print("|---|---:|---|---:|---:|---:|---|")
    for path in sorted((ROOT / "configs/kernels").glob("*.json"), key=lambda path: path.stem):
        if sys.argv[2:] and path.stem not in sys.argv[2:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            print(row_of(program, path, pathlib.Path(folder)), flush=True)


if __name__ == "__main__":
    main()
