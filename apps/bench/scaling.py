#!/usr/bin/env python3
"""Fits c n^p to the times of cases and references, n from 16 to 256.

usage: scaling.py TRISTAB-BENCH [--level avx512|avx2|baseline] [--repetitions 3]

Prints the exponent p of each benchmark by least squares over all its sizes, and over the two largest. Times are the least
medians of the repetitions. The exit status is 1 if an exponent over all sizes is above 3.
"""
import argparse
import collections
import json
import math
import subprocess
import sys

COUNTERS = {"case": ("us_per_case",), "reference": ("us_per_reference", "us_inverse", "us_condition")}


def slope(points):
    x, y = [math.log2(n) for n, _ in points], [math.log2(t) for _, t in points]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", metavar="TRISTAB-BENCH")
    parser.add_argument("--level", help="one SIMD level (the best)")
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    command = [options.bench, "--benchmark_filter=^(case|reference)/", "--benchmark_format=json",
               f"--benchmark_repetitions={options.repetitions}", "--benchmark_enable_random_interleaving=true"]
    if options.level:
        command.append(f"--level={options.level}")
    runs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["benchmarks"]
    times = collections.defaultdict(dict)
    for run in runs:
        if run["run_type"] != "iteration":
            continue
        stem, n = run["run_name"].split("/repeats:")[0].rsplit("/", 1)
        for counter in COUNTERS[stem.split("/")[0]]:
            own = times[stem, counter]
            own[int(n)] = min(own.get(int(n), math.inf), run[counter])
    worst = 0
    print(f"{'':32} {'p, 16 to 256':>12} {'largest two':>12}   us by n")
    for (stem, counter), by_n in times.items():
        points = sorted(by_n.items())
        over_all = slope(points)
        worst = max(worst, over_all)
        listed = ", ".join(f"{n}: {t:.0f}" for n, t in points)
        print(f"{stem + ' ' + counter.removeprefix('us_'):32} {over_all:12.2f} {slope(points[-2:]):12.2f}   {listed}")
    return 0 if worst <= 3 else 1


if __name__ == "__main__":
    sys.exit(main())
