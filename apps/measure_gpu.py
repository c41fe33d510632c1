#!/usr/bin/env python3
"""Measures how long the methods take on your GPU, and writes a description of it for tristab recommend.

    python3 apps/measure_gpu.py --tristab build/release/apps/tristab -o configs/hardware/mine.json

It runs the matrix-product methods as Triton kernels, one matrix a program, in fp16, bf16 and tf32 at n = 16 to 128. First it
compares every kernel's outputs with `tristab invert`, bit for bit, on ordinary inputs, on strong decays (subnormal entries)
and on hard ones that overflow. Then it times batches that fill the GPU. It needs torch, triton and numpy.

Where tristab does not run on the machine of the GPU, compare elsewhere; that needs numpy alone:

    python3 apps/measure_gpu.py --outputs run.npz                                             there
    python3 apps/measure_gpu.py --check run.npz --tristab PROGRAM -o configs/hardware/mine.json     here

Exit codes: 0; 1 some bits differ (the file is written, and marks the settings); 2 usage or what is missing; 3 input, output.
"""

import argparse
import concurrent.futures
import dataclasses
import datetime
import itertools
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

missing = []  # what this Python cannot import
try:
    import numpy as np
except ImportError:
    missing.append("numpy")
try:
    import torch
except ImportError:
    missing.append("torch")
try:
    import triton
    import triton.language as tl
except ImportError:
    missing.append("triton")

    class triton:  # --help, --check and the tests go on without it
        jit = staticmethod(lambda function: function)

    class tl:
        constexpr = None


# Methods. A and X are n x n; I is the identity in fp32, whose elements every format has. A product's sum starts with its
# addend and stays in fp32. `.to(dt)` is fl(), the rounding to the format of A; with tf32 that is fp32, and products truncate
# their operands. Each returns X as the accumulator has it. The formulas stand in src/tristab/method.


@triton.jit
def dot(x, y, addend):
    return tl.dot(x, y, addend, input_precision="tf32")


@triton.jit
def plus(x, y):
    # Not x + y: Triton turns a sum with a product into a product with an addend, which is rounded once instead of twice.
    return x - (-y)


@triton.jit
def same_block(n: tl.constexpr, level):
    r = tl.arange(0, n)
    return (r[:, None] >> level) == (r[None, :] >> level)


@triton.jit
def odd_block(n: tl.constexpr, level):
    return ((tl.arange(0, n)[:, None] >> level) & 1) == 1


@triton.jit
def mch(A, I, n: tl.constexpr, STEPS: tl.constexpr, S: tl.constexpr):
    """X = I - A, Y = A; STEPS times Y = fl(Y Y), X = fl(X + X Y); A of blocks of 2^S. Outside them inf * 0 would leave NaN."""
    dt = A.dtype
    same = same_block(n, S)
    zero = tl.zeros((n, n), dtype=tl.float32)
    Xf = I - A.to(tl.float32)
    Y = A
    for _ in tl.static_range(STEPS):
        X = Xf.to(dt)
        Yf = dot(Y, Y, zero)
        if (1 << S) < n:
            Yf = tl.where(same, Yf, 0.0)
        Y = Yf.to(dt)
        Xf = dot(X, Y, X.to(tl.float32))
        if (1 << S) < n:
            Xf = tl.where(same, Xf, 0.0)
    return Xf


@triton.jit
def doubled(minus_a, Xf, I, same, odd):
    """From the inverses of the blocks of the diagonal, E and O the even and odd ones: fl(O + fl(I + O (-A)) E)."""
    X = Xf.to(minus_a.dtype)
    E = tl.where(same & (odd == 0), X, 0.0).to(X.dtype)
    O = tl.where(same & odd, X, 0.0).to(X.dtype)
    Y = dot(O, minus_a, I).to(X.dtype)
    return dot(Y, E, O.to(tl.float32))


@triton.jit
def mbh(A, Xf, I, n: tl.constexpr, S: tl.constexpr, LEVELS: tl.constexpr):
    """LEVELS times doubled, from blocks of 2^S."""
    minus_a = (-A.to(tl.float32)).to(A.dtype)
    if A.dtype == tl.float32 and n >= 64:  # Triton 3.6.0 on an H200: unrolled, whole blocks of X were zero
        for level in range(LEVELS):
            Xf = doubled(minus_a, Xf, I, same_block(n, S + level), odd_block(n, S + level))
    else:
        for level in tl.static_range(LEVELS):
            Xf = doubled(minus_a, Xf, I, same_block(n, S + level), odd_block(n, S + level))
    return Xf


@triton.jit
def mxr(A, I, n: tl.constexpr, S: tl.constexpr, LEVELS: tl.constexpr):
    """mch on the 2^S blocks of the diagonal, then mbh."""
    D = tl.where(same_block(n, S), A, 0.0).to(A.dtype)
    return mbh(A, mch(D, I, n, S - 1, S), I, n, S, LEVELS)


@triton.jit
def bounded_doubling(A, I, n: tl.constexpr, S: tl.constexpr, LEVELS: tl.constexpr):
    """A = D + N: X_D = (I + D)^-1 by mch, -P = fl(X_D N), X = (I + P)(I + P^2) ... X_D."""
    dt = A.dtype
    zero = tl.zeros((n, n), dtype=tl.float32)
    same = same_block(n, S)
    D = tl.where(same, A, 0.0).to(dt)
    N = tl.where(same, 0.0, A).to(dt)
    XD = mch(D, I, n, S - 1, S).to(dt)
    minus_p = dot(XD, N, zero).to(dt)
    return dot(mch(minus_p, I, n, LEVELS - 1, LEVELS + S).to(dt), XD, zero)


@triton.jit
def newton_schulz(A, I, n: tl.constexpr, STEPS: tl.constexpr):
    """X = I / (2n); STEPS times Y = fl(X (-M)), X = fl(2 X + Y X), M = I + A."""
    dt = A.dtype
    zero = tl.zeros((n, n), dtype=tl.float32)
    minus_m = (-(I + A.to(tl.float32))).to(dt)
    Xf = I / (2 * n)
    for _ in range(STEPS):
        X = Xf.to(dt)
        Y = dot(X, minus_m, zero).to(dt)
        Xf = dot(Y, X, X.to(tl.float32) * 2)
    return Xf


@triton.jit
def neumann(A, I, n: tl.constexpr, DEGREE: tl.constexpr):
    """Horner: X = I - A; DEGREE - 1 times X = fl(I + (-A) X)."""
    dt = A.dtype
    minus_a = (-A.to(tl.float32)).to(dt)
    Xf = I - A.to(tl.float32)
    for _ in range(DEGREE - 1):
        Xf = dot(minus_a, Xf.to(dt), I)
    return Xf


@triton.jit
def paterson_stockmeyer(A, I, n: tl.constexpr, GROUP: tl.constexpr, GROUPS: tl.constexpr, LAST: tl.constexpr):
    """G = I + B + ... + B^(GROUP - 1), B = -A; X = the last group, of LAST terms; GROUPS - 1 times X = fl(G + B^GROUP X)."""
    dt = A.dtype
    zero = tl.zeros((n, n), dtype=tl.float32)
    minus_a = (-A.to(tl.float32)).to(dt)
    power = minus_a
    G = I - A.to(tl.float32)
    Xf = G
    for i in tl.static_range(2, GROUP):
        power = dot(power, minus_a, zero).to(dt)
        G = plus(G, power.to(tl.float32)).to(dt).to(tl.float32)
        if i < LAST:
            Xf = G
    power = dot(power, minus_a, zero).to(dt)
    for _ in range(GROUPS - 1):
        Xf = dot(power, Xf.to(dt), G)
    return Xf


@triton.jit
def residual_neumann(A, I, n: tl.constexpr, ORDER: tl.constexpr, TERMS: tl.constexpr, DOUBLING: tl.constexpr):
    """T = the band 0 <= i - j <= ORDER of sum_{i <= ORDER} (-A)^i, E = fl(I - M T), X = T (I + E + ... + E^(TERMS - 1))."""
    dt = A.dtype
    zero = tl.zeros((n, n), dtype=tl.float32)
    r = tl.arange(0, n)
    minus_a = (-A.to(tl.float32)).to(dt)
    minus_m = (-(I + A.to(tl.float32))).to(dt)
    power = minus_a
    T = I - A.to(tl.float32)
    for _ in tl.static_range(ORDER - 1):
        power = dot(power, minus_a, zero).to(dt)
        T = plus(T, power.to(tl.float32)).to(dt).to(tl.float32)
    distance = r[:, None] - r[None, :]
    Xf = tl.where((distance >= 0) & (distance <= ORDER), T, 0.0)
    E = dot(minus_m, Xf.to(dt), I).to(dt)
    if DOUBLING:
        for i in tl.static_range(DOUBLING):
            if i > 0:
                E = dot(E, E, zero).to(dt)
            X = Xf.to(dt)
            Xf = dot(X, E, X.to(tl.float32))
    else:
        term = Xf.to(dt)
        for _ in range(TERMS - 2):
            term = dot(term, E, zero).to(dt)
            Xf = plus(Xf, term.to(tl.float32)).to(dt).to(tl.float32)
        Xf = dot(term, E, Xf)
    return Xf


@triton.jit
def ladder(A, I, n: tl.constexpr, LEVELS: tl.constexpr, SEPARATE: tl.constexpr):
    """X = I; m = 1, 2, 4, ...: X = fl(X - fl(X fl(S X))), S = A between sibling m-blocks; or X starts the accumulator."""
    dt = A.dtype
    zero = tl.zeros((n, n), dtype=tl.float32)
    r = tl.arange(0, n)
    Xf = I
    for level in tl.static_range(LEVELS):
        below = ((r[:, None] >> level) & 1) > ((r[None, :] >> level) & 1)
        between = tl.where(same_block(n, level + 1) & below, A, 0.0).to(dt)
        X = Xf.to(dt)
        Y = dot(between, X, zero).to(dt)
        if SEPARATE:
            Xf = (X.to(tl.float32) - dot(X, Y, zero).to(dt).to(tl.float32)).to(dt).to(tl.float32)
        else:
            Xf = dot((-X.to(tl.float32)).to(dt), Y, X.to(tl.float32))
    return Xf


@triton.jit
def column_sweep(A, a_pointer, I, n: tl.constexpr):
    """B = I; for k: B_i = B_i - A_ik B_k, i > k. Multiplied and subtracted without fusion."""
    r = tl.arange(0, n)
    X = I
    for k in range(n - 1):
        column = tl.load(a_pointer + r * n + k)
        row = tl.sum(tl.where(r[:, None] == k, X, 0.0), 0)
        X = tl.where(r[:, None] > k, X - column[:, None] * row[None, :], X)
    return X


@triton.jit
def row_substitution(A, a_pointer, I, n: tl.constexpr):
    """X_i = e_i - sum_k A_ik X_k, summed in the order of the compiler's reduction."""
    r = tl.arange(0, n)
    X = I
    for i in range(1, n):
        a = tl.load(a_pointer + i * n + r)
        row = tl.sum(a[:, None] * X, 0)
        X = tl.where(r[:, None] == i, X - row[None, :], X)
    return X


@triton.jit
def invert(Ap, Xp, n: tl.constexpr, LOGN: tl.constexpr, METHOD: tl.constexpr, P: tl.constexpr, Q: tl.constexpr,
           R: tl.constexpr):
    """X = (I + A)^-1 of [batch, n, n], one matrix a program."""
    r = tl.arange(0, n)
    p = r[:, None] * n + r[None, :]
    first = tl.program_id(0).to(tl.int64) * n * n
    A = tl.load(Ap + first + p)
    I = tl.where(r[:, None] == r[None, :], 1.0, 0.0)
    if METHOD == "mch":
        X = mch(A, I, n, LOGN - 1, LOGN)
    elif METHOD == "mbh":
        X = mbh(A, I, I, n, 0, LOGN)
    elif METHOD == "mxr":
        X = mxr(A, I, n, P, LOGN - P)
    elif METHOD == "bounded-doubling":
        X = bounded_doubling(A, I, n, P, LOGN - P)
    elif METHOD == "newton-schulz":
        X = newton_schulz(A, I, n, P)
    elif METHOD == "neumann":
        X = neumann(A, I, n, P)
    elif METHOD == "paterson-stockmeyer":
        X = paterson_stockmeyer(A, I, n, P, Q, R)
    elif METHOD == "residual-neumann":
        X = residual_neumann(A, I, n, P, Q, R)
    elif METHOD == "ladder":
        X = ladder(A, I, n, LOGN, P)
    elif METHOD == "column-sweep":
        X = column_sweep(A, Ap + first, I, n)
    elif METHOD == "row-substitution":
        X = row_substitution(A, Ap + first, I, n)
    else:  # copy
        X = A.to(tl.float32)
    tl.store(Xp + first + p, X)


# What the rates are read off: chains of steps that depend on each other.


@triton.jit
def empty(Ap):
    pass


@triton.jit
def chain(Ap, Xp, steps, n: tl.constexpr, KIND: tl.constexpr):
    """`steps` dependent steps on one matrix a program; every program reads the same A."""
    r = tl.arange(0, n)
    p = r[:, None] * n + r[None, :]
    A = tl.load(Ap + p)
    dt = A.dtype
    zero = tl.zeros((n, n), dtype=tl.float32)
    X = A
    Xf = A.to(tl.float32)
    if KIND == "product, left operand":
        for _ in range(steps):
            X = dot(X, A, zero).to(dt)
        Xf = X.to(tl.float32)
    elif KIND == "product, right operand":
        for _ in range(steps):
            X = dot(A, X, zero).to(dt)
        Xf = X.to(tl.float32)
    elif KIND == "product, accumulator":
        for _ in range(steps):
            Xf = dot(A, A, Xf)
    elif KIND == "row update":
        for step in range(steps):
            i = step % n
            a = tl.load(Ap + i * n + r)
            row = tl.sum(a[:, None] * Xf, 0)
            Xf = tl.where(r[:, None] == i, Xf - row[None, :], Xf)
    elif KIND == "column update":
        for step in range(steps):
            k = step % n
            column = tl.load(Ap + r * n + k)
            row = tl.sum(tl.where(r[:, None] == k, Xf, 0.0), 0)
            Xf = tl.where(r[:, None] > k, Xf - column[:, None] * row[None, :], Xf)
    elif KIND == "cast there and back":  # and multiplied, or the casts would cancel
        for _ in range(steps):
            Xf = (Xf * 0.9999).to(dt).to(tl.float32)
    else:  # multiply and add
        for _ in range(steps):
            Xf = Xf * 0.5 + A
    tl.store(Xp + tl.program_id(0).to(tl.int64) * n * n + p, Xf)


PRODUCT_CHAINS = ("product, left operand", "product, right operand", "product, accumulator")
CHAINS = {"fp16": (*PRODUCT_CHAINS, "cast there and back"), "bf16": (*PRODUCT_CHAINS, "cast there and back"),
          "tf32": PRODUCT_CHAINS, "fp32": ("row update", "column update", "multiply and add")}  # by format


# Settings


def _groups(n):
    """GROUP, GROUPS, LAST of paterson-stockmeyer at degree n - 1."""
    group = next(s for s in range(1, n + 1) if s * s >= n)
    groups = (n + group - 1) // group
    return group, groups, n - (groups - 1) * group


def _all_powers(n):
    return n - 1, 0, 0


@dataclasses.dataclass(frozen=True)
class Method:
    """A label of tristab, and the arguments METHOD, P, Q, R of the kernel `invert`."""

    label: str
    kernel: str
    parameters: object = (0, 0, 0)  # or a function of n
    smallest: int = 16
    vector: bool = False  # in fp32, without products
    unchecked: str = ""  # why it cannot be compared bit for bit

    def arguments(self, n):
        return self.parameters(n) if callable(self.parameters) else self.parameters


METHODS = [
    Method("mch", "mch"),
    Method("mbh", "mbh"),
    Method("mxr:block=8", "mxr", (3, 0, 0)),
    Method("mxr", "mxr", (4, 0, 0), smallest=32),
    Method("mxr:block=32", "mxr", (5, 0, 0), smallest=64),
    Method("bounded-doubling", "bounded-doubling", (4, 0, 0), smallest=32),
    Method("newton-schulz:steps=12", "newton-schulz", (12, 0, 0)),
    Method("neumann", "neumann", _all_powers),
    Method("neumann:degree=15", "neumann", (15, 0, 0)),
    Method("paterson-stockmeyer", "paterson-stockmeyer", _groups),
    Method("residual-neumann", "residual-neumann", (3, 8, 0)),
    Method("residual-neumann:order=4", "residual-neumann", (4, 8, 0)),
    Method("residual-neumann:terms=16", "residual-neumann", (3, 16, 0)),
    Method("residual-neumann:evaluation=doubling", "residual-neumann", (3, 8, 3)),
    Method("residual-neumann:evaluation=doubling:terms=16", "residual-neumann", (3, 16, 4)),
    Method("ladder", "ladder", (1, 0, 0)),
    Method("ladder:addend=accumulator", "ladder", (0, 0, 0)),
    Method("column-sweep", "column-sweep", vector=True),
    Method("row-substitution", "row-substitution", vector=True,
           unchecked="the compiler chooses the order of its sums"),
]
COPY = Method("copy", "copy")
SIZES = (16, 32, 64, 128)
FORMATS = ("fp16", "bf16", "tf32", "fp32")  # fp32: the methods without products
WARPS = {16: (1,), 32: (1, 2), 64: (2, 4), 128: (4, 8)}  # the fastest is kept


@dataclasses.dataclass(frozen=True)
class Launch:
    """A method in a format at a size, by programs of so many warps. Its bits and its time are those of this launch."""

    method: Method
    format: str
    n: int
    warps: int

    def entry(self, unit):
        """The keys that name it in a description; `unit` as unit_of() gives it."""
        arithmetic = f"{self.format}-{unit}" if unit and not self.method.vector else self.format
        return {"method": self.method.label, "arithmetic": arithmetic, "n": self.n, "warps": self.warps}

    def runner(self, a, x):
        """The function that inverts the batch `a` into `x`."""
        p, q, r = self.method.arguments(self.n)

        def run():
            invert[(a.shape[0],)](a, x, n=self.n, LOGN=self.n.bit_length() - 1, METHOD=self.method.kernel, P=p, Q=q, R=r,
                                  num_warps=self.warps, enable_fp_fusion=False)

        return run

    def run_once(self):
        a = torch.zeros((1, self.n, self.n), dtype=torch_format(self.format), device="cuda")
        self.runner(a, torch.empty(a.shape, dtype=torch.float32, device="cuda"))()


@dataclasses.dataclass(frozen=True)
class Chain:
    """Steps that depend on each other: what one costs."""

    kind: str
    format: str
    n: int
    warps: int

    def entry(self, _unit):
        return {"what": self.kind, "format": self.format, "n": self.n, "warps": self.warps}

    def runner(self, a, x, steps):
        return lambda: chain[(x.shape[0],)](a, x, steps, n=self.n, KIND=self.kind, num_warps=self.warps)

    def run_once(self):
        a = torch.zeros((self.n, self.n), dtype=torch_format(self.format), device="cuda")
        self.runner(a, torch.empty((1, *a.shape), dtype=torch.float32, device="cuda"), 16)()


def launches_of(methods, formats, sizes, warps=None):
    return [Launch(m, f, n, w) for n in sizes for f in formats for m in methods
            if n >= m.smallest and m.vector == (f == "fp32") for w in warps or WARPS[n]]


def chains_of(formats, sizes):
    return [Chain(kind, f, n, 4 if n >= 64 else 1) for n in sizes for f in formats
            for kind in CHAINS[f]]


def unit_of(name, capability, architecture=""):
    """How tristab calls the matrix unit of a GPU, or None. `capability`: CUDA's; `architecture`: ROCm's gcnArchName."""
    if architecture.startswith(("gfx940", "gfx941", "gfx942")):
        return "cdna3"
    return {(8, 0): "a100", (8, 6): "a2", (8, 9): "l40s" if "L40S" in name else "ada",
            (9, 0): "h200" if "H200" in name else "h100", (10, 0): "b200"}.get(tuple(capability))


class Trouble(Exception):
    """Ends the program with a message; `code` is its exit code."""

    def __init__(self, message, code=2):
        super().__init__(message)
        self.code = code


def progress(text, start=time.monotonic()):
    print(f"{time.monotonic() - start:6.0f} s  {text}", file=sys.stderr, flush=True)


# Inputs


def delta_rule(rng, count, n, cosine, beta, decay):
    """A_ij = beta_i k_i.k_j exp(g_j+1 + ... + g_i), i > j: `count` chunks of n tokens. Keys of mean cosine `cosine`."""
    def unit(x):
        return x / np.linalg.norm(x, axis=-1, keepdims=True)

    cosine = np.asarray(cosine).reshape(-1, 1, 1)
    k = np.sqrt(cosine) * unit(rng.standard_normal((count, 1, 64))) + np.sqrt(1 - cosine) * unit(
        rng.standard_normal((count, n, 64)))
    k = unit(k)
    sums = np.cumsum(decay, axis=-1)
    gates = np.exp(np.minimum(sums[:, :, None] - sums[:, None, :], 0))
    return np.tril(beta[:, :, None] * (k @ k.swapaxes(1, 2)) * gates, -1).astype(np.float32)


def make_inputs(n, elements, seed=1):
    """Three kinds of A, float32 [count, n, n], of about `elements` elements each: by name."""
    rng = np.random.default_rng([seed, n])
    count = max(2, elements // (n * n))
    shape = (count, n)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    ramp = np.linspace(0, 1, count)
    return {
        "ordinary": delta_rule(rng, count, n, ramp / 2, sigmoid(rng.standard_normal(shape)),
                               np.log(sigmoid(rng.standard_normal(shape))) / 16),
        "decayed": delta_rule(rng, count, n, ramp / 2, sigmoid(rng.standard_normal(shape)), -4 * rng.random(shape)),
        # Keys nearly alike and betas to 2, as models with negative eigenvalues have them: the powers of A overflow.
        "hard": delta_rule(rng, count, n, 0.5 + ramp / 2, 1 + rng.random(shape), np.zeros(shape)),
    }


def read_inputs(files):
    """{n: [A, ...]} of .npy files [n, n] or [batch, n, n]."""
    found = {}
    for file in files:
        try:
            a = np.load(file, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise Trouble(f"--input: {file}: {error}", 3) from error
        a = a[None] if a.ndim == 2 else a
        if a.ndim != 3 or a.shape[1] != a.shape[2] or a.shape[1] not in SIZES:
            raise Trouble(f"--input: {file} has the shape {list(a.shape)}; allowed: [n, n] or [batch, n, n], n = 16, 32, 64, "
                          "128", 3)
        found.setdefault(a.shape[1], []).append(np.tril(a, -1).astype(np.float32))
    return found


# Comparison with tristab


def key_of(entry):
    return "{method} {arithmetic} {n} {warps}".format(**entry)


def differing(got, wanted):
    """Which elements have other bits. NaN equals NaN: their payloads say nothing. +0 and -0 differ."""
    got, wanted = (np.ascontiguousarray(x, dtype=np.float32) for x in (got, wanted))
    return (got.view(np.uint32) != wanted.view(np.uint32)) & ~(np.isnan(got) & np.isnan(wanted))


def compared(got, wanted):
    """What a measured entry says of its bits."""
    if got.shape != wanted.shape:
        raise Trouble(f"outputs of the shape {list(got.shape)}, but {list(wanted.shape)} from tristab", 3)
    return {"compared": int(got.size), "nonfinite": int((~np.isfinite(wanted)).sum()),
            "differing": int(differing(got, wanted).sum()), "checked": True}


def check_program(program):
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise Trouble(f"--tristab: {program}: {error.strerror}. It is build/release/apps/tristab after a build.") from error
    if done.returncode != 0 or not done.stdout.startswith("tristab"):
        answer = (done.stderr or done.stdout).strip()[:200]
        raise Trouble(f"--tristab: {program} --version does not answer as tristab: {answer}")


def predict(program, method, arithmetic, inputs, folder):
    """What `tristab invert` returns: float32 [count, n, n]."""
    name = f"{method}-{arithmetic}-{inputs.shape[-1]}".replace(":", "-").replace("=", "-")
    given, output = pathlib.Path(folder, f"A-{name}.npy"), pathlib.Path(folder, f"X-{name}.npy")
    np.save(given, inputs)
    done = subprocess.run([program, "invert", given, "--method", method, "--arithmetic", arithmetic, "-o", output],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"tristab invert --method {method} --arithmetic {arithmetic}: {done.stderr.strip()}")
    try:
        return np.load(output)
    finally:
        given.unlink()
        output.unlink()


def check_outputs(program, inputs, outputs):
    """{key: what compared() says}. `inputs`: {n: A}; `outputs`: {key: X}, keys as of key_of()."""
    wanted = {}
    for key in outputs:
        method, arithmetic, n, _ = key.split(" ")
        wanted.setdefault((method, arithmetic, int(n)), []).append(key)
    found = {}
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        predictions = {pool.submit(predict, program, m, a, inputs[n], folder): keys for (m, a, n), keys in wanted.items()}
        for future in concurrent.futures.as_completed(predictions):
            for key in predictions[future]:
                found[key] = compared(outputs[key], future.result())
    return found


def mark_checked(document, results):
    """Enters the results of check_outputs into the entries of a description."""
    for entry in document["measured"]:
        entry.update(results.get(key_of(entry), {}))
    checked = [entry for entry in document["measured"] if entry.get("checked")]
    document["notes"] = {"checked": bool(checked), **{key: sum(entry[key] for entry in checked)
                                                      for key in ("compared", "nonfinite", "differing") if checked}}


# The file


def text_of(value, indent=0):
    """JSON, an entry of a list on one line."""
    if isinstance(value, dict) and indent < 4:
        items = [f'{" " * (indent + 2)}{json.dumps(key)}: {text_of(each, indent + 2)}' for key, each in value.items()]
        return "{\n" + ",\n".join(items) + "\n" + " " * indent + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(" " * (indent + 2) + json.dumps(each) for each in value) + "\n" + " " * indent + "]"
    return json.dumps(value)


def write_document(path, document):
    """Whole or not at all."""
    path = pathlib.Path(path)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text_of(document) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise Trouble(f"-o: {path}: {error.strerror}", 3) from error


def write_outputs(path, document, inputs, outputs):
    kept = {key_of(entry) for entry in document["measured"]}
    arrays = {f"output {key}": x for key, x in outputs.items() if key in kept}
    arrays.update({f"input {n}": a for n, a in inputs.items()})
    try:
        np.savez_compressed(path, document=np.array(json.dumps(document)), **arrays)
    except OSError as error:
        raise Trouble(f"--outputs: {path}: {error.strerror}", 3) from error


def read_outputs(path):
    """(document, inputs, outputs) of a file of write_outputs."""
    try:
        with np.load(path, allow_pickle=False) as file:
            document = json.loads(str(file["document"]))
            inputs = {int(name.split()[1]): file[name] for name in file.files if name.startswith("input ")}
            outputs = {name.removeprefix("output "): file[name] for name in file.files if name.startswith("output ")}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Trouble(f"--check: {path}: not a file of --outputs ({error})", 3) from error
    return document, inputs, outputs


# On the GPU


def torch_format(name):
    return {"fp16": torch.float16, "bf16": torch.bfloat16}.get(name, torch.float32)


def compiled(work):
    """In a process of its own: the compiled kernel stays in Triton's cache. Returns why it cannot run, or ''."""
    try:
        work.run_once()
        torch.cuda.synchronize()
    except Exception as error:  # Triton raises many kinds
        return f"{type(error).__name__}: {error}".strip().splitlines()[-1][:200]
    return ""


def compile_all(work, jobs):
    """{kernel: why it cannot run} of those that cannot."""
    work = sorted(work, key=lambda w: -w.n)  # the largest first, so that none of them is alone at the end
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        return {w: why for w, why in zip(work, pool.map(compiled, work)) if why}


def outputs_of(launch, inputs):
    """X of float32 inputs, rounded to the format by torch as tristab rounds them: to nearest even."""
    a = torch.from_numpy(inputs).cuda().to(torch_format(launch.format)).contiguous()
    x = torch.full(a.shape, 12345.0, dtype=torch.float32, device="cuda")  # what is not written differs
    launch.runner(a, x)()
    return x.cpu().numpy()


def times_ns(run, repeat):
    """Nanoseconds of `repeat` runs, by events, after a warm-up."""
    for _ in range(3):
        run()
    events = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(repeat)]
    for begin, end in events:
        begin.record()
        run()
        end.record()
    torch.cuda.synchronize()
    return [begin.elapsed_time(end) * 1e6 for begin, end in events]


def spread(values, per=1.0):
    """Median, and the first and ninth decile."""
    p10, median, p90 = (float(f"{v / per:.4g}") for v in np.quantile(values, [0.1, 0.5, 0.9]))
    return {"ns": median, "p10": p10, "p90": p90}


def timed_batch(matrices, name, count):
    """`count` matrices in a format, [count, n, n], by repetition, and where their inverses go."""
    a = torch.from_numpy(matrices).cuda().to(torch_format(name))
    a = a.repeat((count + len(a) - 1) // len(a), 1, 1)[:count].contiguous()
    return a, torch.empty(a.shape, dtype=torch.float32, device="cuda")


def measure_methods(launches, matrices, unit, options):
    """The entry of each method, by its fastest launch. `launches`: of one size, those of a format together."""
    for name, of_format in itertools.groupby(launches, lambda each: each.format):
        a, x = timed_batch(matrices, name, options.batch or (1 << 26) // matrices[0].size)
        for _, of_method in itertools.groupby(of_format, lambda each: each.method):
            entries = [{**launch.entry(unit), **spread(times_ns(launch.runner(a, x), options.repeat), len(a)),
                        "batch": len(a), "checked": False,
                        **({"unchecked_because": launch.method.unchecked} if launch.method.unchecked else {})}
                       for launch in of_method]
            yield min(entries, key=lambda entry: entry["ns"])


def measure_peers(formats, matrices, options):
    """Copies of A to X, and torch.linalg.solve_triangular: ns for each matrix."""
    n = matrices.shape[-1]
    for name in formats:
        a, x = timed_batch(matrices, name, options.batch or (1 << 26) // (n * n))
        times = times_ns(Launch(COPY, name, n, WARPS[n][-1]).runner(a, x), options.repeat)
        yield {"what": "copy", "format": name, "n": n, **spread(times, len(a)), "batch": len(a)}
    a, _ = timed_batch(matrices, "fp32", min(options.batch or 1 << 15, (1 << 26) // (n * n)))
    identity = torch.eye(n, device="cuda").expand(a.shape).contiguous()
    times = times_ns(lambda: torch.linalg.solve_triangular(a, identity, upper=False, unitriangular=True), options.repeat)
    yield {"what": "torch.linalg.solve_triangular", "format": "fp32", "n": n, **spread(times, len(a)), "batch": len(a)}


def measure_launches(repeat):
    a = torch.rand((1, 16, 16), device="cuda").mul(0.1).tril(-1).half()
    x = torch.empty(a.shape, dtype=torch.float32, device="cuda")
    runs = {"empty kernel": lambda: empty[(1,)](a, num_warps=1),
            "copy of one 16 x 16 matrix": Launch(COPY, "fp16", 16, 1).runner(a, x),
            "mch of one 16 x 16 matrix, fp16": Launch(METHODS[0], "fp16", 16, 1).runner(a, x)}
    count = 200
    for what, run in runs.items():
        run()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for _ in range(count):
                run()
        yield {"what": f"{what}, in a graph of {count}", **spread(times_ns(graph.replay, repeat), count)}

        def many():
            for _ in range(count):
                run()

        yield {"what": f"{what}, launched by Triton from Python", **spread(times_ns(many, repeat), count)}


def measure_memory(repeat):
    for size in (1 << 28, 1 << 31):
        a = torch.rand(size // 4, device="cuda")
        x = torch.empty_like(a)
        times = spread(times_ns(lambda: x.copy_(a), repeat))
        yield {"what": "torch copy", "bytes_read_and_written": 2 * size, **times, "gb_s": round(2 * size / times["ns"], 1)}


def measure_chains(chains, multiprocessors, repeat):
    """A step of each chain: alone on the chip (latency), and in 32 programs a multiprocessor (throughput, ns a step)."""
    for each in chains:
        orthogonal = np.linalg.qr(np.random.default_rng(each.n).standard_normal((each.n, each.n)))[0]
        # Powers of an orthogonal matrix stay of order 1, and so do rows under updates by a small triangle.
        matrix = np.tril(orthogonal, -1) * 0.01 if each.format == "fp32" else orthogonal
        a = torch.from_numpy(matrix).cuda().to(torch_format(each.format)).contiguous()
        entry = each.entry(None)
        for where, programs in (("alone", 1), ("full", 32 * multiprocessors)):
            x = torch.empty((programs, each.n, each.n), dtype=torch.float32, device="cuda")
            few = 64
            while min(times_ns(each.runner(a, x, few), 3)) < 3e5:  # far above what a launch costs
                few *= 2
            long, short = (times_ns(each.runner(a, x, steps), repeat) for steps in (3 * few, few))
            per_step = np.subtract(long, short) / (2 * few * programs)
            entry.update({f"{where}_{key}": value for key, value in spread(per_step).items()})
        yield entry


def device_facts():
    properties = torch.cuda.get_device_properties(0)
    facts = {"gpu": properties.name, "multiprocessors": properties.multi_processor_count,
             "memory_gib": round(properties.total_memory / 2**30, 1),
             "l2_mib": round(getattr(properties, "L2_cache_size", 0) / 2**20, 1),
             "compute_capability": f"{properties.major}.{properties.minor}",
             # Registers and shared memory, and the programs that one multiprocessor can hold: CUDA C++ Programming Guide.
             "local_kib": (4 * getattr(properties, "regs_per_multiprocessor", 0)
                           + getattr(properties, "shared_memory_per_multiprocessor", 0)) // 1024,
             "most_in_work": {(8, 6): 16, (8, 9): 24}.get((properties.major, properties.minor), 32),
             "torch": torch.__version__, "triton": triton.__version__, "python": sys.version.split()[0]}
    facts.update(nvidia_smi({"driver": "driver_version", "sm_mhz_largest": "clocks.max.sm", "power_limit_w": "power.limit"}))
    return facts


def nvidia_smi(fields):
    """Asks, and sets nothing. {} for another vendor's GPU."""
    try:
        line = subprocess.run(["nvidia-smi", "-i", "0", f"--query-gpu={','.join(fields.values())}",
                               "--format=csv,noheader,nounits"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {key: float(word) if word.replace(".", "").isdigit() and word.count(".") < 2 else word
            for key, word in zip(fields, (word.strip() for word in line.split(",")))}


def clocks_at_work():
    """While 16-bit products of 8192 x 8192 run."""
    a = torch.randn((8192, 8192), device="cuda", dtype=torch.bfloat16)
    for _ in range(1000):
        a @ a
    found = nvidia_smi({"sm_mhz_at_work": "clocks.sm", "memory_mhz_at_work": "clocks.mem", "power_w_at_work": "power.draw"})
    torch.cuda.synchronize()
    return found


def describe(document, unit, formats):
    """Derives what tristab reads of a description from the rates."""
    rates, facts = document["rates"], document["device"]

    def steps(what, name, n=None):
        return [e for e in rates["chains"] if (e["what"], e["format"]) == (what, name) and n in (None, e["n"])]

    def passes(name):
        """Rates that explain the chains of products on a full chip best, relatively: a product of n x n blocks takes
        2 n^3 / (1000 tflops) + n^2 / casts_per_ns nanoseconds, the second part for passing its result on."""
        found = [(2 * e["n"] ** 3 / e["full_ns"], e["n"] ** 2 / e["full_ns"]) for e in steps("product, left operand", name)]
        xx, xy, yy = (sum(a[i] * a[j] for a in found) for i, j in ((0, 0), (0, 1), (1, 1)))
        x, y = (sum(a[i] for a in found) for i in (0, 1))
        least = xx * yy - xy * xy
        return {"tflops": float(f"{least / (x * yy - y * xy) / 1e3:.4g}"),
                "casts_per_ns": float(f"{least / (y * xx - x * xy):.4g}")}

    products = [name for name in formats if name != "fp32" and steps("product, left operand", name, 16)]
    document["matrix"] = [{
        "arithmetic": f"{name}-{unit}" if unit else name,
        **passes(name),
        "step_ns": max(e["alone_ns"] for what in PRODUCT_CHAINS[:2] for e in steps(what, name, 16)),
    } for name in products]
    updates = steps("row update", "fp32")
    if updates:
        # Of a row by a matrix: the mean over the sizes, geometric.
        rate = statistics.geometric_mean(2 * e["n"] ** 2 / e["full_ns"] for e in updates) / 1e3
        casts = [2 * e["n"] ** 2 / e["full_ns"] for name in products for e in steps("cast there and back", name)]
        peak = max(2 * e["n"] ** 2 / e["full_ns"] for e in steps("multiply and add", "fp32")) / 1e3
        document["vector"] = {"arithmetic": "fp32", "tflops": float(f"{peak:.4g}"), "steps_tflops": float(f"{rate:.4g}"),
                              "casts_per_ns": float(f"{max(casts, default=1e4):.4g}"),
                              "step_ns": steps("row update", "fp32", 16)[0]["alone_ns"]}
    document.update({key: facts[key] for key in ("multiprocessors", "local_kib", "most_in_work")})
    document["memory_gb_s"] = max(e["gb_s"] for e in rates["memory"])
    document["launch_us"] = round(rates["launch"][0]["ns"] / 1e3, 3)
    copies = [{"method": "copy", "arithmetic": each["arithmetic"], **{key: e[key] for key in ("n", "ns", "p10", "p90", "batch")},
               "unchecked_because": "a copy computes nothing"}
              for each, name in zip(document["matrix"], products) for e in rates["peers"]
              if (e["what"], e["format"]) == ("copy", name) and "p10" in e]
    document["measured"] = copies + [e for e in document["measured"] if e["method"] != "copy"]
    for key in ("device", "notes", "rates", "measured"):  # the long lists last
        document[key] = document.pop(key)


def gpu_needed():
    if missing:
        raise Trouble(f"this Python ({sys.executable}) has no {', '.join(missing)}; needed to measure: numpy, torch, triton")
    if not torch.cuda.is_available():
        raise Trouble("torch finds no GPU here. Measure where one is; --check compares the outputs of such a run anywhere.")


def measure(options):
    gpu_needed()
    properties = torch.cuda.get_device_properties(0)
    unit = options.unit or unit_of(properties.name, (properties.major, properties.minor),
                                   getattr(properties, "gcnArchName", "") if torch.version.hip else "")
    if unit is None and not options.skip_check:
        raise Trouble(f"tristab knows no matrix unit of {properties.name}; allowed: --unit NAME, such as h100 "
                      "(tristab list arithmetics), or --skip-check")
    launches = launches_of(options.methods, options.formats, options.sizes, options.warps)
    chains = [] if options.no_rates else chains_of(options.formats, options.sizes)
    given = read_inputs(options.input)
    inputs = {n: {**make_inputs(n, options.elements), **{f"given {k}": a for k, a in enumerate(given.get(n, []))}}
              for n in options.sizes}
    stacked = {n: np.concatenate(list(kinds.values())) for n, kinds in inputs.items()}
    document = {"summary": f"{properties.name}, measured by apps/measure_gpu.py", "source": "apps/measure_gpu.py",
                "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
                "device": device_facts(), "notes": {"checked": False},
                "rates": {"launch": [], "memory": [], "chains": [], "peers": [], "left_out": []}, "measured": []}

    progress(f"compiling {len(launches) + len(chains)} kernels")
    broken = compile_all(launches + chains, options.jobs)
    rates = document["rates"]
    rates["left_out"] = [{**each.entry(unit), "why": why} for each, why in broken.items()]
    launches, chains = ([each for each in kernels if each not in broken] for kernels in (launches, chains))
    outputs, checks = {}, {}
    if not options.skip_check:
        progress("running what is compared")
        outputs = {key_of(each.entry(unit)): outputs_of(each, stacked[each.n]) for each in launches
                   if not each.method.unchecked}
    if outputs and options.tristab:
        progress(f"comparing {sum(x.size for x in outputs.values())} elements with tristab invert")
        checks = check_outputs(options.tristab, stacked, outputs)
        for key, found in checks.items():
            if found["differing"]:
                progress(f"{key}: {found['differing']} of {found['compared']} differ")
    for n in options.sizes:
        progress(f"times at n = {n}")
        of_size = [each for each in launches if each.n == n]
        document["measured"] += measure_methods(of_size, inputs[n]["ordinary"], unit, options)
        rates["peers"] += measure_peers(options.formats, inputs[n]["ordinary"], options)
        mark_checked(document, checks)
        if options.output:
            write_document(options.output, document)
    if not options.no_rates:
        progress("rates")
        rates["launch"] += measure_launches(options.repeat)
        rates["memory"] += measure_memory(options.repeat)
        rates["chains"] += measure_chains(chains, properties.multi_processor_count, min(options.repeat, 20))
        document["device"].update(clocks_at_work())
        describe(document, unit, options.formats)
    if options.outputs:
        write_outputs(options.outputs, document, stacked, outputs)
    return document


def table(document):
    lines = [f'{"method":46} {"arithmetic":11} {"n":>4} {"ns":>9} {"p10":>9} {"p90":>9} warps  bits']
    for e in document["measured"]:
        if "p10" not in e:
            continue
        bits = f'{e["differing"]} of {e["compared"]} differ' if e.get("checked") else "not compared"
        lines.append(f'{e["method"]:46} {e["arithmetic"]:11} {e["n"]:4} {e["ns"]:9.4g} {e["p10"]:9.4g} {e["p90"]:9.4g} '
                     f'{e["warps"]:5}  {bits}')
    return "\n".join(lines)


# The command line


def words(allowed, what):
    def parse(text):
        chosen = text.split(",")
        for word in chosen:
            if word not in map(str, allowed):
                raise argparse.ArgumentTypeError(f"no {what} is called '{word}'; allowed: {', '.join(map(str, allowed))}")
        return [each for each in allowed if str(each) in chosen]

    return parse


def options_of(arguments):
    by_label = {m.label: m for m in METHODS}
    parser = argparse.ArgumentParser(prog="measure_gpu.py", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--tristab", metavar="PROGRAM", help="compare with this tristab")
    parser.add_argument("-o", "--output", metavar="FILE.json", help="the description")
    parser.add_argument("--outputs", metavar="FILE.npz", help="keep inputs and outputs, to compare elsewhere")
    parser.add_argument("--check", metavar="FILE.npz", help="compare a file of --outputs; needs no GPU")
    parser.add_argument("--skip-check", action="store_true", help='compare nothing; the file says "checked": false')
    parser.add_argument("--methods", type=words(by_label, "method"), default=list(by_label), metavar="LIST",
                        help=f"with commas, of {', '.join(by_label)}")
    parser.add_argument("--formats", type=words(FORMATS, "format"), default=list(FORMATS), metavar="LIST",
                        help=f"of {','.join(FORMATS)}; fp32 is for the methods without products")
    parser.add_argument("--sizes", type=words(SIZES, "size"), default=list(SIZES), metavar="LIST", help="of 16,32,64,128")
    parser.add_argument("--warps", type=words((1, 2, 4, 8), "number of warps"), metavar="LIST",
                        help="to try, of 1,2,4,8; the fastest is kept (2 for each size)")
    parser.add_argument("--unit", metavar="NAME", help="the matrix unit as tristab calls it, such as h100 (from the GPU)")
    parser.add_argument("--batch", type=int, metavar="N", help="matrices that are timed (2^26 / n^2)")
    parser.add_argument("--repeat", type=int, default=50, metavar="N", help="timed launches (50)")
    parser.add_argument("--elements", type=int, default=1 << 16, metavar="N",
                        help="compared for each setting and each of the three kinds of inputs (65536)")
    parser.add_argument("--input", action="append", default=[], metavar="FILE.npy", help="also compare on these matrices")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 1) - 2), metavar="N",
                        help="processes that compile (all cores but two)")
    parser.add_argument("--no-rates", action="store_true", help="only the methods")
    options = parser.parse_args(arguments)
    options.methods = [by_label[label] for label in options.methods]
    for name in ("batch", "repeat", "elements", "jobs"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise Trouble(f"--{name}: found {getattr(options, name)}; allowed: 1 or more")
    if options.check and not (options.tristab and options.output):
        raise Trouble("--check needs --tristab PROGRAM and -o FILE.json")
    if not options.check and not (options.tristab or options.outputs or options.skip_check):
        raise Trouble("nothing to compare with; allowed: --tristab PROGRAM; --outputs FILE.npz, to compare elsewhere; or "
                      '--skip-check, and the file says "checked": false')
    if not options.output and not options.outputs:
        raise Trouble("no output; allowed: -o FILE.json, --outputs FILE.npz")
    return options


def run(arguments):
    options = options_of(arguments)
    if options.tristab:
        check_program(options.tristab)
    if options.check:
        if "numpy" in missing:
            raise Trouble(f"this Python ({sys.executable}) has no numpy; --check needs it")
        document, inputs, outputs = read_outputs(options.check)
        mark_checked(document, check_outputs(options.tristab, inputs, outputs))
    else:
        document = measure(options)
    if options.output:
        write_document(options.output, document)
    print(table(document))
    return 1 if any(entry.get("differing") for entry in document["measured"]) else 0


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1:]))
    except Trouble as trouble:
        print(f"measure_gpu.py: {trouble}", file=sys.stderr)
        sys.exit(trouble.code)
