#!/usr/bin/env python3
"""Does the requirement 4x-bf16 tell which settings harm a language model?

    PYTHONPATH=build/release/apps/python python3 results/perplexity_table.py TEXT MODEL.safetensors LOSSES.json [MODEL LOSSES ...]

MODEL: a byte model of this project. LOSSES: what `python3 -m tristab.perplexity MODEL --text TEXT --json LOSSES` wrote. The
inputs of every layer are recorded while the model reads TEXT with the exact inverse; every setting of LOSSES then inverts all
of their matrices, and runs the layers over the first two sequences. Prints results/example-perplexity.md.
"""

import json
import os
import sys
import tempfile

import numpy
import torch

import tristab
import tristab.byte_model
from tristab.dump_layer_inputs import record

HARM = 1e-4  # nats a byte; rounding alone gives a few 1e-6


def tokens_of(path, length=2048):
    if path.endswith(".npy"):
        flat = numpy.load(path).astype(numpy.int64).ravel()
    else:
        with open(path, "rb") as file:
            flat = numpy.frombuffer(file.read(), numpy.uint8).astype(numpy.int64)
    return torch.from_numpy(flat[: len(flat) // length * length]).view(-1, length)


def configuration(path, results, **more):
    kernels = [r["kernel"] for r in results if r["kernel"]]
    pairs = [(r["method"], r["arithmetic"]) for r in results if r["method"]]
    scenarios = [{"name": "kernels", "kernels": kernels}] if kernels else []
    for arithmetic in dict.fromkeys(a for _, a in pairs):
        name = "in-" + arithmetic.replace(":", ".").replace("=", ".")
        scenarios.append({"name": name, "methods": [m for m, a in pairs if a == arithmetic], "arithmetics": [arithmetic]})
    family = {"family": "file", "path": path, "layer": "all", **more.pop("part", {})}
    return {"chunks": [64], "scenarios": [{**each, "families": [family], **more} for each in scenarios]}


def unfit_by_setting(records):
    """{label of the setting: [results that do not meet the requirement, all]}; trivial ones are left out."""
    counts = {}
    for each in records:
        label = f"the kernel {each['kernel']}" if each["kernel"] else f"{each['method_label']} in {each['arithmetic_label']}"
        entry = counts.setdefault(label, [0, 0])
        entry[0] += each["fit"] in ("unfit", "nonfinite", None)
        entry[1] += each["fit"] != "trivial"
    return counts


def judged(model_path, text, results):
    model = tristab.byte_model.load(model_path)
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "layers.safetensors")
        with record(model) as recorder, torch.no_grad():
            for part in tokens_of(text).split(4):
                model(part)
        recorder.save(path)
        matrices = unfit_by_setting(tristab.sweep(configuration(path, results)))
        layers = unfit_by_setting(tristab.sweep(configuration(path, results, layer=True, part={"tokens": [0, 4096]})).layers)
    return matrices, layers


def change(result):
    return "lost" if result["lost"] else f"{result['difference']:+.1e}"


def sorted_by(rule, rows):
    """How a rule sorts: a sentence with the names of what it misses."""
    harmful = [row for row in rows if row["harm"]]
    harmless = [row for row in rows if not row["harm"]]
    missed = [row["name"] for row in harmful if not rule(row)]
    alarms = [row["name"] for row in harmless if rule(row)]
    text = f"{len(harmful) - len(missed)} of {len(harmful)} harmful settings are refused"
    if missed:
        text += f" (missed: {', '.join(missed)})"
    text += f"; {len(harmless) - len(alarms)} of {len(harmless)} harmless ones are accepted"
    if alarms:
        text += f" (refused: {', '.join(alarms)})"
    return text + "."


def main():
    text, rest = sys.argv[1], sys.argv[2:]
    print("# What errors of T cost a language model\n")
    tokens = tokens_of(text)
    print(f"Two byte-level Gated DeltaNet models that were trained for this project, on {tokens.numel():,} bytes of held-out text: `gdn` with")
    print("beta in (0, 1), `gdnneg` with beta in (0, 2). Only T differs between settings; everything else is fp32, on an H200.")
    print("Made by `python3 -m tristab.perplexity` and [perplexity_table.py](perplexity_table.py). The text is not in this")
    print("repository; `tests/data/gdn-lm.safetensors` is the model `gdn`, and `tests/data/text.txt` a text for it.\n")
    print(f"Change: the loss minus that with the exact inverse, nats a byte, and its 95% interval over {len(tokens)} sequences; lost: not a")
    print(f"number. A setting harms the model if it is lost or changes the loss by more than {HARM:g}; rounding alone gives a few 1e-6.")
    print("Unfit: matrices that do not meet `4x-bf16`, of all that layers invert in the exact run; layers: sequences of a head whose")
    print("outputs or final state do not meet it, of those of the first two sequences.\n")
    for model_path, losses in zip(rest[::2], rest[1::2]):
        with open(losses, encoding="utf-8") as file:
            report = json.load(file)
        exact, *results = report["results"]
        name = report.get("model", os.path.basename(model_path)).removesuffix(".safetensors")
        matrices, layers = judged(model_path, text, results)
        print(f"## {name}: loss {exact['loss']:.4f} with the exact inverse\n")
        print("| setting | change | 95% interval | harm | unfit T | unfit layers |")
        print("|---|---:|---|---|---:|---:|")
        rows = []
        for result in results:
            label = result["setting"].removeprefix("by ")
            unfit, all_matrices = matrices[label]
            unfit_layers, all_layers = layers[label]
            interval = "" if result["difference_low"] is None else f"{result['difference_low']:+.1e} to {result['difference_high']:+.1e}"
            short = label.replace(":output=storage", "").removeprefix("the kernel ")
            row = {"name": short, "harm": result["lost"] or abs(result["difference"]) > HARM, "unfit": unfit, "matrices": all_matrices,
                   "layers": unfit_layers}
            rows.append(row)
            print(f"| {short} | {change(result)} | {interval} | {'**yes**' if row['harm'] else 'no'} | {unfit} of {all_matrices} | "
                  f"{unfit_layers} of {all_layers} |")
        print()
        print("- **Refused if one T is unfit**: " + sorted_by(lambda row: row["unfit"] > 0, rows))
        print("- **Refused if more than 1 in 1000 T are unfit**: " + sorted_by(lambda row: row["unfit"] * 1000 > row["matrices"], rows))
        print("- **Refused if one layer is unfit**: " + sorted_by(lambda row: row["layers"] > 0, rows))
        print()


if __name__ == "__main__":
    main()
