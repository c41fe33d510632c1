"""Tables of computed numbers beside published ones, in Markdown: beside_published.py snr|ascend FILE.csv

FILE.csv comes from `tristab compare --format csv` (make-examples.sh shows the commands). Published numbers: arXiv
2606.06034 (SNR in dB, mean / worst, Qwen layers, n = 64); huawei-csl/pto-kernels and its PR 238 (relative Frobenius
errors of rec_unroll on an Ascend 910B4).
"""
import csv
import math
import sys

ROWS = [  # of the SNR table, in descending order of the published mean: name, published mean and worst, method, arithmetic
    ("FP64 exact", 178.42, 96.46, None, "fp64"),
    ("N = 3, S = 8, mask", 86.91, 47.98, "residual-neumann", None),
    ("N = 3, S = 8", 80.35, -4.24, "residual-neumann:mask=false", None),
    ("exact series", 79.53, -17.94, None, None),
    ("N = 3", 42.13, -51.11, "residual-neumann:mask=false:terms=1", None),
]
EXACT = [("Horner", "neumann"), ("powers", "neumann:evaluation=powers"), ("doubling", "neumann:evaluation=product")]


def number(text):
    return float(text) if text else math.nan


def falls(values):
    """Whether each value is above the next; NaN (no finite trial) is below all others."""
    low = [-math.inf if math.isnan(v) else v for v in values]
    return all(a > b for a, b in zip(low, low[1:]))


def snr(lines):
    cells = {(r["input"], r["method"], r["arithmetic"]): r for r in lines}
    inputs = list(dict.fromkeys(r["input"] for r in lines))
    print("Published (fp16, mean / worst dB): "
          + "; ".join(f"{name} {mean} / {worst}" for name, mean, worst, _, _ in ROWS) + ".")
    print("Whether each row is above the next, in the mean over the finite trials / in the worst trial (a non-finite")
    print("one is the worst of all), by the way in which the exact series is evaluated:\n")
    columns = [(a, e) for a in ("fp16", "int16", "int8") for e in EXACT]
    print("| input | " + " | ".join(f"{a}, {e[0]}" for a, e in columns) + " |")
    print("|---|" + "---|" * len(columns))
    held = [[0, 0] for _ in columns]
    for name in inputs:
        texts = []
        for k, (arithmetic, (_, exact)) in enumerate(columns):
            row = [cells[name, method or exact, fixed or arithmetic] for _, _, _, method, fixed in ROWS]
            mean = falls([number(r["snr_db_mean"]) for r in row])
            worst = falls([number(r["snr_db_min"]) if r["nonfinite_trials"] == "0" else math.nan for r in row])
            held[k][0] += mean
            held[k][1] += worst
            texts.append(("yes" if mean else "no") + " / " + ("yes" if worst else "no"))
        print(f"| {name.replace('_', chr(92) + '_')} | " + " | ".join(texts) + " |")
    print(f"| **held, of {len(inputs)}** | " + " | ".join(f"{m} / {w}" for m, w in held) + " |")


def ascend(lines):
    cells = {(r["input"], r["method"]): r for r in lines}
    print("# rec_unroll beside the numbers published for an Ascend 910B4\n")
    print("Relative Frobenius error against the inverse of A rounded to the kernel's format, 16 draws. The 910B's unit is")
    print("a parametric stand-in: the order of magnitude and the ranking can be compared, not digits.\n")
    print("| input | n | kernel | published | median | worst |\n|---|---:|---|---:|---:|---:|")

    def line(name, setting, published, shown):
        r = cells[name, setting]
        print(f"| {shown} | {r['n']} | {setting} ({r['arithmetic'].replace('recipe', 'fp16')}) | {published} "
              f"| {number(r['frobenius_median']):.3e} | {number(r['frobenius_max']):.3e} |")

    line("uniform:scale=0.1", "pto-rec-unroll", "8.562e-5", "0.1 U[0, 1)")
    line("uniform:scale=0.1", "pto-rec-unroll-kept", "8.290e-5", "0.1 U[0, 1)")
    published = {"1.2": ("2.0e-5", "1.6e-4"), "2.0": ("7.6e-5", "6.1e-4"), "4.0": ("1.5e-4", "1.2e-3"),
                 "8.0": ("2.3e-4", "1.8e-3")}
    for k, setting in enumerate(["pto-rec-unroll", "mxr"]):
        for condition, errors in published.items():
            line(f"uniform-signed:condition={condition}", setting, f"{errors[k]} (worst)", f"cond(I + A) = {condition}")


if __name__ == "__main__":
    with open(sys.argv[2], newline="") as file:
        content = [line for line in csv.DictReader(file) if line["n"] != "n"]  # headers of appended files
    {"snr": snr, "ascend": ascend}[sys.argv[1]](content)
