#!/usr/bin/env python3
"""The six methods of the public notebook of arXiv 2605.21325 in numpy, timed beside the program on the same twelve cases.

usage: notebook.py TRISTAB [--sizes 64,128] [--rounds 5] [--one] [--check]

The notebook studies numpy's own inverse and five methods on one random matrix, each in fp32 and in fp16: twelve cases. Here
they are written from the formulas of the paper, lower triangular; nothing is copied. As in the notebook, the column sweep
computes one entry after another in Python; the second peer (`rows`) computes a whole row by one product, as a patient user
of numpy would. An error is a difference from numpy's inverse in double, so these errors hold for well-conditioned matrices
only. The program runs `tristab sweep` on the same cases with certified references and all of its metrics.

All times are CPU seconds of one thread, the least of some rounds, in which the peers and the program alternate. `process`
is a whole run of the program, start and result file included; `in a run` is what twelve more cases (one more matrix) add
to a long run. --one prints one round after another. --check prints the errors of both and fails where they disagree.
"""
import argparse
import json
import math
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[variable] = "1"  # read when numpy is loaded
try:
    import numpy as np
except ImportError:
    print("notebook.py: skipped: numpy is not installed (Debian: python3-numpy, which python3-pandas needs)", file=sys.stderr)
    sys.exit(77)

BLOCK = 16  # of the mixed recursion
LONG_RUN = 64  # matrices of the long run


def lapack_inverse(a):
    """numpy's inverse, in fp32 whatever the input."""
    return np.linalg.inv(np.eye(len(a), dtype=np.float32) + a.astype(np.float32))


def column_sweep(a):
    """X_ij = -sum_{j <= k < i} A_ik X_kj, one entry after another."""
    n = len(a)
    x = np.eye(n, dtype=a.dtype)
    for j in range(n):
        for i in range(j + 1, n):
            total = a.dtype.type(0)
            for k in range(j, i):
                total += a[i, k] * x[k, j]
            x[i, j] = -total
    return x


def row_sweep(a):
    """The same sums, a row of X at a time."""
    n = len(a)
    x = np.eye(n, dtype=a.dtype)
    for i in range(1, n):
        x[i, :i] = -(a[i, :i] @ x[:i, :i])
    return x


def matrix_column_sweep(a):
    """X = M_{n-2} ... M_0, M_k = I - A e_k e_k^T."""
    n = len(a)
    x = np.eye(n, dtype=a.dtype)
    for k in range(n - 1):
        m = np.eye(n, dtype=a.dtype)
        m[k + 1:, k] = -a[k + 1:, k]
        x = m @ x
    return x


def doubling(a, index):
    """Cayley-Hamilton doubling: (I - A)(I + A^2)(I + A^4) ... for A^index = 0."""
    x = np.eye(len(a), dtype=a.dtype) - a
    power = a
    for _ in range(math.ceil(math.log2(index)) - 1):
        power = power @ power
        x = x + x @ power
    return x


def diagonal_blocks(x, size, first, step):
    result = np.zeros_like(x)
    for start in range(first * size, len(x), step * size):
        block = slice(start, start + size)
        result[block, block] = x[block, block]
    return result


def bunch_hopcroft(a, x, size):
    """Unrolled recursion from inverted diagonal blocks of this size: X = O + (I - O A) E, E and O the even and odd ones."""
    n = len(a)
    one = np.eye(n, dtype=a.dtype)
    while size < n:
        even, odd = diagonal_blocks(x, size, 0, 2), diagonal_blocks(x, size, 1, 2)
        x = odd + (one - odd @ a) @ even
        size *= 2
    return x


# The name here, the function, the program's method.
METHODS = [
    ("numpy", lapack_inverse, "row-substitution"),
    ("VCS", column_sweep, {"method": "column-sweep", "order": "dot"}),
    ("MCS", matrix_column_sweep, "matrix-column-sweep"),
    ("MCH", lambda a: doubling(a, len(a)), "mch"),
    ("MBH", lambda a: bunch_hopcroft(a, np.eye(len(a), dtype=a.dtype), 1), "mbh"),
    ("MXR", lambda a: bunch_hopcroft(a, doubling(diagonal_blocks(a, BLOCK, 0, 1), BLOCK), BLOCK),
     {"method": "mxr", "block": BLOCK}),
]
ROW_METHODS = [(name, row_sweep if name == "VCS" else function, peer) for name, function, peer in METHODS]
ARITHMETICS = {"fp32": np.float32, "fp16": np.float16}
# numpy rounds the last result, too.
PROGRAM_ARITHMETICS = ["fp32", {"arithmetic": "fp16", "output": "storage"}]
# How far the errors of one case may lie apart. Doubling multiplies rounding errors by as much as its powers are large, so only
# their order is comparable; numpy's inverse is another algorithm than the program's substitution.
ALLOWED_FACTORS = {"numpy": 30, "MCH": 30}


def errors(a, x, exact):
    """Relative Frobenius error, residual, largest absolute and largest relative error."""
    x = x.astype(np.float64)
    difference = np.abs(x - exact)
    known = exact != 0
    residual = np.linalg.norm(np.eye(len(a)) - (np.eye(len(a)) + a) @ x)
    return (np.linalg.norm(difference) / np.linalg.norm(exact), residual, difference.max(),
            (difference[known] / np.abs(exact[known])).max())


def twelve_cases(given, methods=None):
    """The errors of every method in every arithmetic; `given` is A in double."""
    result = {}
    with np.errstate(all="ignore"):  # doubling overflows
        for arithmetic, dtype in ARITHMETICS.items():
            a = given.astype(dtype)
            exact = np.linalg.inv(np.eye(len(a)) + a.astype(np.float64))
            for name, function, _ in methods or METHODS:
                result[name, arithmetic] = errors(a.astype(np.float64), function(a), exact)
    return result


def configuration(folder, n, matrices):
    """A configuration of the twelve cases; its matrices are those of the file A.npy, `matrices` times."""
    path = folder / f"cases-{n}-{matrices}.json"
    family = {"family": "file", "path": f"A-{n}-{matrices}.npy"}
    path.write_text(json.dumps({"name": "notebook", "chunks": [n], "trials": 1, "families": [family],
                                "methods": [peer for _, _, peer in METHODS], "arithmetics": PROGRAM_ARITHMETICS}))
    return path


def random_matrices(n, count):
    """Strictly lower triangles of numbers from [0, 0.5)."""
    return np.tril(0.5 * np.random.default_rng(n).random((count, n, n)), -1)


def run_program(program, path):
    """CPU seconds of a sweep."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [program, "sweep", str(path), "--jobs", "1", "-o", str(path.with_suffix(".result.json"))]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run_peer(given, methods):
    start = time.process_time()
    twelve_cases(given, methods)
    return time.process_time() - start


def measure(program, folder, n, rounds, every):
    given = random_matrices(n, LONG_RUN)
    short, long = configuration(folder, n, 1), configuration(folder, n, LONG_RUN)
    np.save(folder / f"A-{n}-1.npy", given[:1])
    np.save(folder / f"A-{n}-{LONG_RUN}.npy", given)
    best = [math.inf] * 4
    for _ in range(rounds):
        now = [run_peer(given[0], METHODS), run_peer(given[0], ROW_METHODS), run_program(program, short), run_program(program, long)]
        if every:
            print(f"  n = {n}: " + ", ".join(f"{1e3 * seconds:.2f}" for seconds in now) + " ms", file=sys.stderr)
        best = [min(pair) for pair in zip(best, now)]
    entries, rows, process, whole = best
    return entries, rows, process, (whole - process) / (LONG_RUN - 1)


def check(program, folder, n):
    """The errors of both on one matrix, as they are in the program's records."""
    given = random_matrices(n, 1)
    np.save(folder / f"A-{n}-1.npy", given)
    path = configuration(folder, n, 1)
    run_program(program, path)
    records = json.loads(path.with_suffix(".result.json").read_text())["records"]
    order = [(name, arithmetic) for name, _, _ in METHODS for arithmetic in ARITHMETICS]
    by_case = {}
    for record in records:
        names = [name for name, _, peer in METHODS
                 if record["method"] == (peer if isinstance(peer, str) else peer["method"])]
        by_case[names[0], record["arithmetic"]] = record["frobenius"]
    ours = twelve_cases(given[0])
    agree = True
    for case in order:
        peer, own = ours[case][0], by_case[case]
        if case == ("numpy", "fp16"):
            verdict = "not compared: numpy inverts in fp32"
        elif own is None or not math.isfinite(peer):
            same = own is None and not math.isfinite(peer)
            agree, verdict = agree and same, "not finite" if same else "DIFFER"
        else:
            factor = max(own / peer, peer / own)
            allowed = ALLOWED_FACTORS.get(case[0], 2)
            agree, verdict = agree and factor <= allowed, f"factor {factor:.2f}" + ("" if factor <= allowed else " DIFFER")
        print(f"n = {n:3}  {case[0]:5} {case[1]}  notebook {peer:.3g}  program {'-' if own is None else f'{own:.3g}'}  {verdict}")
    return agree


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="TRISTAB", help="the program, e.g. build/release/apps/tristab")
    parser.add_argument("--sizes", default="64,128", help="n (64,128)")
    parser.add_argument("--rounds", type=int, default=5, help="alternations, of which the fastest counts (5)")
    parser.add_argument("--one", action="store_true", help="print every round")
    parser.add_argument("--check", action="store_true", help="compare the errors instead of the times")
    options = parser.parse_args()
    sizes = [int(n) for n in options.sizes.split(",")]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if options.check:
            return 0 if all([check(options.program, folder, n) for n in sizes]) else 1
        print("CPU time of the twelve cases, ms      notebook              program            notebook / program")
        print("                                  entries     rows    process  in a run     process     in a run")
        for n in sizes:
            entries, rows, process, marginal = measure(options.program, folder, n, options.rounds, options.one)
            print(f"n = {n:3}                         {1e3 * entries:8.1f} {1e3 * rows:8.1f} {1e3 * process:10.2f} "
                  f"{1e3 * marginal:9.2f} {entries / process:11.1f} {entries / marginal:12.1f}")
            print(f"    beside rows                                                    {rows / process:11.1f} {rows / marginal:12.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
