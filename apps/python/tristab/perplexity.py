"""The loss of a language model when T = (I + A)^-1 is computed as kernels compute it.

    python3 -m tristab.perplexity MODEL --text FILE --kernels fla-solve-tril --methods mch,mxr:block=16 --arithmetics fp16

MODEL: a byte model of this project (.safetensors), or one that transformers loads: Qwen3-Next, Qwen3.5, or a model of
flash-linear-attention. Every setting runs on the same tokens; the exact inverse always runs first, and each setting is
compared with it, sequence by sequence.
"""

import argparse
import contextlib
import csv
import json
import math
import os
import sys
import textwrap
import time

import numpy
import torch
import torch.nn.functional as F

import tristab
import tristab.byte_model
import tristab.torch

SCHEMA = "tristab-perplexity/1"
NOTE = ("Only T differs between settings, and with --formation or --rest what these say. What else a delta-rule layer computes is "
        "in {rest}; the rest of the model is as it is.{more} A difference says what a setting does to this text through this model, without "
        "training. It says nothing of speed, of decoding token by token (which inverts nothing), of long answers, or of other models. "
        "Differences of a few 1e-6 nats are rounding. The interval is over the sequences of this text alone, as if they were "
        "drawn one by one; there is none for fewer than 8.")


def paired_interval(differences, resamples=10000, seed=1):
    """(low, high): a 95% percentile bootstrap interval of the mean of paired differences, one a sequence; None for fewer than
    8 sequences, for which it is too narrow. Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13."""
    differences = numpy.asarray(differences, dtype=float)
    if len(differences) < 8 or not numpy.isfinite(differences).all():
        return None
    generator = numpy.random.default_rng(seed)
    means = [differences[generator.integers(0, len(differences), len(differences))].mean() for _ in range(resamples)]
    low, high = numpy.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def losses(model, tokens, batch):
    """The mean loss of every sequence, in nats a token. tokens: [sequences, length] on the model's device."""
    means = []
    for first in range(0, len(tokens), batch):
        part = tokens[first : first + batch]
        out = model(part) if isinstance(model, tristab.byte_model.GatedDeltaNet) else model(part, use_cache=False)
        logits = out if isinstance(out, torch.Tensor) else out.logits
        for row, target in zip(logits, part):  # one at a time: a vocabulary in fp32 is large
            means.append(float(F.cross_entropy(row[:-1].float(), target[1:], reduction="none").double().mean()))
    return means


def total(report):
    """Counts of all layers together."""
    entries = list(report.values())
    return {
        "matrices": sum(entry["matrices"] for entry in entries),
        "nonfinite": sum(entry["nonfinite"] for entry in entries),
        "nonfinite_from_finite_A": sum(entry["nonfinite_from_finite_A"] for entry in entries),
        "worst_norm_A": max((entry["worst_norm_A"] for entry in entries), default=0.0),
        "inverse_seconds": sum(entry["seconds"] for entry in entries),
    }


def evaluate(model, tokens, inverse, batch):
    """The result of one setting, as JSON has it."""
    began = time.perf_counter()
    with tristab.torch.patched(model, inverse=inverse), torch.no_grad():
        by_sequence = losses(model, tokens, batch)
    report = inverse.report()
    if not report:
        raise tristab.UsageError("no chunk kernel was called: the model has no delta-rule layer that tristab knows, or FLA ran its "
                                 "recurrent kernel (sequences of at most 64 tokens); allowed: models of " + ", ".join(MODELS))
    loss = float(numpy.mean(by_sequence))
    lost = not math.isfinite(loss)
    return {
        "setting": inverse.label,
        "kernel": inverse.kernel,
        "method": inverse.method,
        "arithmetic": inverse.arithmetic,
        "loss": None if lost else loss,
        "perplexity": None if lost or loss > 700 else math.exp(loss),
        "lost": lost,
        "loss_by_sequence": [x if math.isfinite(x) else None for x in by_sequence],
        **total(report),
        "layers": report,
        "seconds": time.perf_counter() - began,
    }


MODELS = ("this project", "Qwen3-Next", "Qwen3.5", "flash-linear-attention (GatedDeltaNet, KimiDeltaAttention, DeltaNet)")


def compare(model, tokens, inverses, batch=4, progress=lambda text: None):
    """The results of every setting, the exact inverse's first, with their differences to it."""
    results = []
    for number, inverse in enumerate([tristab.torch.Inverse(), *inverses]):
        progress(f"{number + 1}/{len(inverses) + 1} {inverse.label}")
        result = evaluate(model, tokens, inverse, batch)
        exact = results[0] if results else result
        result["difference"] = result["difference_low"] = result["difference_high"] = None
        if not result["lost"] and not exact["lost"]:
            differences = numpy.subtract(result["loss_by_sequence"], exact["loss_by_sequence"])
            result["difference"] = float(differences.mean())
            interval = paired_interval(differences)
            if interval is not None:
                result["difference_low"], result["difference_high"] = interval
        results.append(result)
    return results


def load(name, device, dtype):
    """(model, function from the path of a text to tokens [1, length])."""
    if tristab.byte_model.is_byte_model(name):
        model = tristab.byte_model.load(name)

        def tokenize(path):
            with open(path, "rb") as file:
                return torch.tensor(list(file.read()), dtype=torch.int64)[None]

        return model.to(device), tokenize
    try:
        import transformers
    except ImportError:
        raise tristab.InputError(f"{name}: is no byte model of this project, and transformers, which loads other models, is not "
                                 "installed") from None
    with contextlib.suppress(ImportError):
        import fla  # noqa: F401  (registers its models with transformers)
    model = transformers.AutoModelForCausalLM.from_pretrained(name, torch_dtype=dtype).to(device).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(name)

    def tokenize(path):
        with open(path, encoding="utf-8") as file:
            return tokenizer(file.read(), return_tensors="pt").input_ids

    return model, tokenize


def cut(tokens, length, most):
    """[sequences, length] from one long row of tokens; [sequences, time] stays as it is, cut to `length`."""
    if len(tokens) == 1:
        count = tokens.shape[1] // length
        if count == 0:
            raise tristab.UsageError(f"--length: found {length} for {tokens.shape[1]} tokens; allowed: at most as many")
        tokens = tokens[0, : count * length].view(count, length)
    return tokens[:most, :length]


def number(x, form=".4f"):
    return "-" if x is None else format(x, form)


def table(results):
    """Rows of text, as wide as they need to be."""
    rows = [("setting", "loss", "perplexity", "difference", "95% interval", "non-finite T", "||A||", "s")]
    for result in results:
        interval = "-"
        if result["difference_low"] is not None and result is not results[0]:
            interval = f"{result['difference_low']:+.1e} to {result['difference_high']:+.1e}"
        nonfinite = f"{result['nonfinite_from_finite_A']} of {result['matrices']}"
        follow = result["nonfinite"] - result["nonfinite_from_finite_A"]
        if follow > 0:
            nonfinite += f", then {follow}"
        difference = "lost" if result["lost"] else "-" if result is results[0] else number(result["difference"], "+.1e")
        rows.append((result["setting"].removeprefix("by "), number(result["loss"]), number(result["perplexity"]), difference,
                     interval, nonfinite, f"{result['worst_norm_A']:.3g}", f"{result['seconds']:.1f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def write_csv(path, results):
    columns = [key for key, value in results[0].items() if not isinstance(value, (list, dict))]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(results)


def plot(path, results, model):
    """Differences with their intervals, on an axis that is linear within 1e-5 and logarithmic beyond; lost ones at its end."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    shown = results[1:]
    figure, axes = pyplot.subplots(figsize=(7, 1.2 + 0.28 * len(shown)), layout="constrained")
    found = [abs(result["difference"]) for result in shown if result["difference"] is not None]
    end = max([1e-4, *found]) * 10
    for row, result in enumerate(shown):
        if result["difference"] is None:  # lost, or the exact inverse's own loss is
            axes.plot(end, row, marker="x", color="#c0392b", clip_on=False)
            axes.annotate("lost", (end, row), xytext=(-6, 0), textcoords="offset points", ha="right", va="center", fontsize=8,
                          color="#c0392b")
            continue
        if result["difference_low"] is not None:
            axes.plot([result["difference_low"], result["difference_high"]], [row, row], color="#7f8c8d", linewidth=2)
        axes.plot(result["difference"], row, marker="o", color="#1f4e79", markersize=5)
    axes.set_xscale("symlog", linthresh=1e-5)
    low = min([-1e-4] + [result["difference_low"] for result in shown if result["difference_low"] is not None]) * 3
    axes.set_xlim(low, end)
    powers = [10.0**k for k in range(-5, 3, 2)]
    axes.set_xticks([x for x in (*(-x for x in powers), 0.0, *powers) if low <= x <= end])
    axes.minorticks_off()
    axes.set_yticks(range(len(shown)), [result["setting"].removeprefix("by ") for result in shown], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    axes.grid(axis="x", color="#e0e0e0")
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("loss minus that of the exact inverse, nats a token", fontsize=9)
    axes.set_title(model, fontsize=10)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def at_least(least):
    def number_of(text):
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"found '{text}'; allowed: a whole number, {least} or more")
        return int(text)

    return number_of


def words(text):
    return [word for word in (text or "").split(",") if word]


def inverses_of(options):
    """Kernels, and methods in each arithmetic, as typed."""
    rest = {"formation": options.formation, "rest": options.rest}
    chosen = [{"kernel": kernel} for kernel in words(options.kernels)]
    methods, arithmetics = words(options.methods), words(options.arithmetics)
    if bool(methods) != bool(arithmetics):
        missing = "--arithmetics" if methods else "--methods"
        raise tristab.UsageError(f"found no {missing}; allowed: --methods with --arithmetics")
    chosen += [{"method": method, "arithmetic": arithmetic} for arithmetic in arithmetics for method in methods]
    if not chosen:
        raise tristab.UsageError("found no setting; allowed: --kernels, or --methods with --arithmetics")
    return [tristab.torch.Inverse(**setting, **rest) for setting in chosen]


def parser():
    made = argparse.ArgumentParser(prog="python3 -m tristab.perplexity", description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("model", metavar="MODEL", help="a byte model (.safetensors), or a name or directory for transformers")
    made.add_argument("--text", required=True, metavar="FILE", help="text; or tokens, [sequences, length], in .npy")
    made.add_argument("--kernels", metavar="KERNELS", help="kernels or recipe files, with commas between them")
    made.add_argument("--methods", metavar="METHODS", help="methods, such as mch,mxr:block=16")
    made.add_argument("--arithmetics", metavar="ARITHMETICS", help="arithmetics for each method: fp16,bf16")
    made.add_argument("--formation", metavar="F", help="how A is formed: kernel, or a formation (in fp32, here)")
    made.add_argument("--rest", metavar="R", help="w, u, o and the state: kernel, or an arithmetic such as bf16 (fp32)")
    made.add_argument("--length", type=at_least(2), default=2048, metavar="N", help="tokens of a sequence (2048)")
    made.add_argument("--sequences", type=at_least(1), default=16, metavar="N", help="at most so many (16)")
    made.add_argument("--batch", type=at_least(1), default=4, metavar="N", help="sequences at a time (4)")
    made.add_argument("--device", default="cpu", help="cpu, cuda, ... (cpu)")
    made.add_argument("--dtype", default="auto", choices=["auto", "float32", "bfloat16", "float16"],
                      help="of the weights of a model of transformers (auto)")
    made.add_argument("--json", metavar="FILE", help="results, with layers and sequences")
    made.add_argument("--csv", metavar="FILE", help="results, a row a setting")
    made.add_argument("--plot", metavar="FILE.png", help="a picture of the differences")
    made.add_argument("--quiet", action="store_true", help="no progress")
    return made


def run(options):
    inverses = inverses_of(options)  # names are wrong before a model is loaded
    for name in ("json", "csv", "plot"):
        path = getattr(options, name)
        for read in (options.model, options.text):
            if path and os.path.exists(path) and os.path.exists(read) and os.path.samefile(path, read):
                raise tristab.UsageError(f"--{name}: found {path}, which is read; allowed: another file")
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        raise tristab.UsageError(f"--device: found {options.device}, and no GPU that PyTorch can use; allowed: cpu")
    dtype = options.dtype if options.dtype == "auto" else getattr(torch, options.dtype)
    model, tokenize = load(options.model, options.device, dtype)
    if options.text.endswith(".npy"):
        tokens = torch.from_numpy(numpy.atleast_2d(numpy.load(options.text)).astype(numpy.int64))
    else:
        tokens = tokenize(options.text)
    tokens = cut(tokens, options.length, options.sequences).to(options.device)

    def progress(text):
        if not options.quiet:
            print(text, file=sys.stderr)

    results = compare(model, tokens, inverses, options.batch, progress)
    more = "" if options.rest is None and options.formation is None else (
        " The exact inverse runs with all of that in fp32: differences to it include what --formation and --rest change.")
    note = NOTE.format(rest={None: "fp32", "kernel": "the kernel's arithmetic"}.get(options.rest, options.rest), more=more)
    print(f"{options.model}: {len(tokens)} sequences of {tokens.shape[1]} tokens; loss in nats a token\n")
    print(table(results))
    print("\n" + textwrap.fill(note, 100))
    if options.json:
        report = {"schema": SCHEMA, "tristab": tristab.__version__, "model": options.model, "text": options.text,
                  "sequences": len(tokens), "length": tokens.shape[1], "formation": options.formation, "rest": options.rest,
                  "note": note, "results": results}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1, allow_nan=False)
            file.write("\n")
    if options.csv:
        write_csv(options.csv, results)
    if options.plot:
        plot(options.plot, results, options.model)


def main():
    try:
        run(parser().parse_args())
    except tristab.InputError as error:
        print(f"perplexity: {error}", file=sys.stderr)
        return 3
    except tristab.UsageError as error:
        print(f"perplexity: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"perplexity: {error.filename}: {error.strerror}" if error.filename else f"perplexity: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
