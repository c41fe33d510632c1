"""check tells rounding from bugs: a corpus of kernels' outputs that shares nothing with the program's judging.

usage: check_corpus_test.py PROGRAM [COUNT] [HALF]    HALF: tuned, held-out or both (default)

Benign: each built-in recipe with its matrix units, orders of sums and lanes replaced, several at once, by recipe files
that this script writes; and plain float32 substitution by rows, columns and blocks with random orders of sums. check
must never call one structural. Bugs: planted by numpy at random blocks, rows, heads and chunks of T and of layers.
A bug counts if it moves some element by more than 8 times what the benign variants of its tile differ; 99% of those
must be structural. Named: a regular expression finds the bug in what check says. The held-out half has other seeds,
other layers and other kinds of bugs, at which nobody looked before the limits of spread.h stood.
COUNT cases are drawn; 20, or with TRISTAB_FULL_TESTS=1 all recipes and 330 bugs. Layers in TRISTAB_SHARED_DATA are used
where they are. Only bugs whose names contain K: TRISTAB_CORPUS_KIND=K.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

try:
    import numpy as np
except ImportError:
    sys.exit(77)  # skipped

program = sys.argv[1]
full = os.environ.get("TRISTAB_FULL_TESTS") == "1"
count = int(sys.argv[2]) if len(sys.argv) > 2 else None
half = sys.argv[3] if len(sys.argv) > 3 else "both"
source = Path(__file__).resolve().parents[2]
data = source / "tests/data"
shared = Path(os.environ.get("TRISTAB_SHARED_DATA", source.parent / "shared/data"))

np.seterr(all="ignore")


# Formats and files

def rounded(x, bits):
    """To `bits` fraction bits, nearest even, float32 exponents."""
    x = np.asarray(x, np.float32)
    drop = 23 - bits
    u = x.view(np.uint32).astype(np.uint64)
    u = (u + (1 << (drop - 1)) - 1 + ((u >> drop) & 1)) >> drop << drop
    return np.where(np.isfinite(x), u.astype(np.uint32).view(np.float32), x)


def bf16(x):
    return rounded(x, 7)


def tf32(x):
    return (np.asarray(x, np.float32).view(np.uint32) & np.uint32(0xffffe000)).view(np.float32)


stores = {"BF16": bf16, "F16": lambda x: np.asarray(x, np.float32).astype(np.float16).astype(np.float32),
          "F32": lambda x: np.asarray(x, np.float32), "F64": lambda x: np.asarray(x, np.float64)}
fraction = {"BF16": 7, "F16": 10, "F32": 23, "F64": 52}


def ulp(x, dtype):
    size = np.maximum(np.abs(np.where(np.isfinite(x), x, 0)), 6.1e-5 if dtype == "F16" else 1.2e-38)
    return 2.0 ** (np.floor(np.log2(size)) - fraction[dtype])


def read_tensors(path):
    raw = Path(path).read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        part = raw[8 + length + first:8 + length + last]
        if entry["dtype"] == "BF16":
            x = (np.frombuffer(part, np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            x = np.frombuffer(part, {"F32": np.float32, "F16": np.float16, "F64": np.float64}[entry["dtype"]])
        tensors[name] = x.reshape(entry["shape"]).astype(np.float64)
    return tensors


def write_tensors(path, tensors):
    """tensors: name -> (array, dtype)."""
    header, parts, at = {}, [], 0
    for name, (x, dtype) in tensors.items():
        if dtype == "BF16":
            part = (bf16(x).view(np.uint32) >> 16).astype(np.uint16).tobytes()
        else:
            part = np.asarray(x, {"F32": np.float32, "F16": np.float16, "F64": np.float64}[dtype]).tobytes()
        header[name] = {"dtype": dtype, "shape": list(np.shape(x)), "data_offsets": [at, at + len(part)]}
        parts.append(part)
        at += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + b"".join(parts))


def run(*arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"tristab {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


# Inputs: layers of models and of this script's making, and matrices of generated families

class Input:
    """k [tokens, heads, d] and so on, or A alone; m matrices n x n, heads in order, each its chunks in order."""

    def __init__(self, folder, name, n, tokens=None, a=None):
        self.name, self.n, self.tokens = f"{name} n={n}", n, tokens
        safe = re.sub(r"\W", "-", name)
        if tokens is None:
            self.path, self.options = Path(folder, f"{safe}-{n}.npy"), []
            np.save(self.path, a)
            self.a, self.heads = a.astype(np.float64), [0] * len(a)
            self.chunks = list(range(len(a)))
            return
        self.path, self.options = Path(folder, f"{safe}-{n}.safetensors"), ["--layer", "L", "--chunk", n]
        length, heads = tokens["beta"].shape
        self.rows = min(n, length % n or n)  # of the last chunk
        write_tensors(self.path, {f"L.{key}": (x, "BF16" if key in "qkv" else "F32") for key, x in tokens.items()})
        pieces = -(-length // n)
        self.heads = [h for h in range(heads) for _ in range(pieces)]
        self.chunks = list(range(pieces)) * heads
        self.a = np.stack([formed(**self.chunk(h, c)) for h, c in zip(self.heads, self.chunks)])

    def chunk(self, head, c):
        """What one chunk's A is formed from, n rows: the missing ones zero."""
        part = {}
        for key in ("k", "beta", "g"):
            if key not in self.tokens:
                continue
            x = self.tokens[key][c * self.n:(c + 1) * self.n, head]
            part[key] = np.concatenate([x, np.zeros((self.n - len(x), *x.shape[1:]))])
        return part


def formed(k, beta, g=None, base=np.e, late=0, twice=False, mask=-1):
    """A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd), i > j."""
    n = len(k)
    if g is None:
        gram = k @ k.T
    else:
        if late:
            g = np.concatenate([np.zeros_like(g[:1]), g[:-1]])
        sums = np.cumsum(g * np.log(base) * (2 if twice else 1), 0)
        if sums.ndim == 1:
            difference = sums[:, None] - sums[None]
            gram = (k @ k.T) * np.exp(np.minimum(difference, 0))
        else:
            difference = np.minimum(sums[:, None] - sums[None], 0)
            gram = np.einsum("id,jd,ijd->ij", k, k, np.exp(difference))
    return np.tril(gram * np.asarray(beta)[:, None], mask)


def formed_in_float(k, beta, g=None):
    """The same in float32, as a kernel does."""
    k, beta = k.astype(np.float32), beta.astype(np.float32)
    sums = np.cumsum(np.zeros_like(beta) if g is None else g.astype(np.float32), 0, dtype=np.float32)
    if sums.ndim == 1:
        gram = (k @ k.T) * np.exp(np.minimum(sums[:, None] - sums[None], 0))
    else:
        gram = np.einsum("id,jd,ijd->ij", k, k, np.exp(np.minimum(sums[:, None] - sums[None], 0)))
    return np.tril(gram * beta[:, None], -1)


def made_tokens(draw, rng, length, heads):
    """Keys, betas and gates of this script's making: of several conditions."""
    d = draw.choice((64, 128))
    kind = draw.choice(("normal", "positive", "close"))
    k = rng.standard_normal((length, heads, d))
    if kind == "positive":
        k = np.abs(k)
    if kind == "close":
        k = k * draw.choice((0.3, 0.7)) + rng.standard_normal((1, heads, d))
    k = bf16(k / np.linalg.norm(k, axis=-1, keepdims=True)).astype(np.float64)
    beta = rng.uniform(0.05, draw.choice((0.6, 1.0)), (length, heads)).astype(np.float32).astype(np.float64)
    tokens = {"k": k, "beta": beta}
    if draw.random() < 0.75:
        scale = draw.choice((0.01, 0.1, 1.0))
        tokens["g"] = (-scale * rng.exponential(1, (length, heads))).astype(np.float32).astype(np.float64)
    tokens["q"] = bf16(rng.standard_normal((length, heads, d)) / d ** 0.5).astype(np.float64)
    tokens["v"] = bf16(rng.standard_normal((length, heads, draw.choice((32, 64))))).astype(np.float64)
    return tokens, kind


class Inputs:
    def __init__(self, folder, held_out, seed):
        self.folder, self.held_out = folder, held_out
        self.draw, self.rng = random.Random(seed), np.random.default_rng(seed)
        self.made, self.number, self.files = {}, 0, {}

    def file(self, path):
        if path not in self.files:
            self.files[path] = read_tensors(path)
        return self.files[path]

    def layer_of(self, path, layer, first, length, heads, keys):
        tensors = self.file(path)
        return {key: tensors[f"{layer}.{key}"][first:first + length, heads] for key in keys
                if f"{layer}.{key}" in tensors}

    def draw_tokens(self, length, with_outputs, per_channel=False):
        """Of a model, or made. Held out: layer 6 in place of 0, later tokens, other heads."""
        draw = self.draw
        layer = "layer6" if self.held_out else "layer0"
        models = ["kda"] if per_channel else ["gdn", "gdnneg", "deltanet"]
        keys = "q k v beta g".split() if with_outputs else "k beta g".split()
        big = shared / "models"
        if not with_outputs and draw.random() < 0.5 and not per_channel:
            tokens, kind = made_tokens(draw, self.rng, length, 2)
            self.number += 1
            return {key: tokens[key] for key in keys if key in tokens}, f"made-{kind}-{self.number}"
        model = draw.choice(models)
        if big.exists() and draw.random() < 0.6:
            heads = [2, 3] if self.held_out else [0, 1]
            first = draw.choice((256, 320, 384) if self.held_out else (0, 64, 128))
            return (self.layer_of(big / f"{model}.safetensors", layer, first, length, heads, keys),
                    f"{model}.{layer}@{first}")
        if not with_outputs:
            path = data / f"{model}-slice.safetensors"
            return self.layer_of(path, layer, 0, length, [0, 1], keys), f"{model}.{layer}"
        if per_channel:
            name = "kda.layer11" if self.held_out else "kda.layer0"
            path = data / ("h200-fla-chunks.safetensors" if self.held_out else "h100-fla-layers.safetensors")
            return self.layer_of(path, name, 0, length, [0], keys), name
        if draw.random() < 0.5:
            tokens, kind = made_tokens(draw, self.rng, length, 2)
            self.number += 1
            return tokens, f"made-{kind}-{self.number}"
        heads = [self.layer_of(data / "h100-fla-layers.safetensors", f"gdn.{l}", 0, length, [0], keys)
                 for l in ("layer0", "layer6")]
        return {key: np.concatenate([h[key] for h in heads], 1) for key in keys}, "gdn.h100"

    def tokens(self, n, with_outputs=False, per_channel=False):
        length = max(128, 2 * n) if not with_outputs else max(128, 3 * n) if n < 64 else 128
        length = min(length, 128)
        tokens, name = self.draw_tokens(length, with_outputs, per_channel)
        key = (name, n, with_outputs)
        if key not in self.made:
            self.made[key] = Input(self.folder, name + ("-o" if with_outputs else ""), n, tokens)
        return self.made[key]

    def matrices(self, n):
        families = (["gdn:keys=positive", "kda", "geometric", "rwkv7"] if self.held_out else
                    ["gdn:keys=silu", "gdn:keys=positive:beta=sigmoid-uniform", "delta-net"])
        self.number += 1
        path = Path(self.folder, f"generated-{self.number}.npy")
        for family in self.draw.sample(families, len(families)):
            try:
                run("generate", family, "--trials", 4, "--seed", self.draw.randrange(1, 9999), "--chunk", n, "-o", path)
            except RuntimeError:
                continue
            return Input(self.folder, f"{family}-{self.number}", n, a=np.load(path))
        raise RuntimeError("no family")


# Benign kernels

machines = ["h100", "h200", "b200", "ada", "l40s", "a100", "a2", "v100", "cdna3", "ascend910b"]
units = {"fp16": machines, "bf16": [m for m in machines if m not in ("v100", "ascend910b")],
         "tf32": [m for m in machines if m not in ("v100", "ascend910b")]}


def other_unit(name, draw):
    operand, _, machine = name.partition("-")
    if operand not in units or machine in ("pure", "avx512"):
        return name
    others = [f"{operand}-{m}" for m in units[operand] if m != machine] + ([operand] if machine else [])
    return draw.choice(others)


def reordered(method, draw):
    if isinstance(method, str):
        method = {"method": method}
    name = method["method"]
    choices = {"blocked-substitution": {"association": ("left", "right"), "sum": ("chained", "separate")},
               "row-substitution": {"order": ("axpy", "dot")}, "column-sweep": {"order": ("axpy", "dot")},
               "mch": {"order": ("power-last", "power-first")}, "recursive": {"association": ("left", "right")},
               "ladder": {"association": ("left", "right")}, "solve": {"order": ("axpy", "dot")}}.get(name, {})
    if name == "blocked-substitution" and method.get("merge", "direct") != "direct":
        choices = {}
    method = dict(method)
    for key, values in choices.items():
        if draw.random() < 0.5:
            method[key] = draw.choice(values)
    for inner in ("diagonal", "base"):
        if inner in method:
            method[inner] = reordered(method[inner], draw)
    return method


def benign_recipe(given, draw, n, units_only=False):
    """Another kernel that people would call by the same name: units, orders, lanes, fusing."""
    recipe = json.loads(json.dumps(given))
    recipe.pop("$schema", None)
    for stage, arithmetic in recipe["arithmetic"].items():
        if stage in ("output", "result"):
            continue
        arithmetic = {"arithmetic": arithmetic} if isinstance(arithmetic, str) else dict(arithmetic)
        arithmetic["arithmetic"] = other_unit(arithmetic["arithmetic"], draw)
        name = arithmetic["arithmetic"]
        if not units_only and name in ("fp32", "bf16", "fp16", "tf32"):
            change = draw.choice(("fma", "model", "lanes", "none"))
            if change == "fma":
                arithmetic["fma"] = not arithmetic.get("fma", False)
            elif change == "model" and "vector_lanes" not in arithmetic:
                arithmetic["model"] = draw.choice(("pairwise", "exact"))
                arithmetic.pop("fma", None)
            elif change == "lanes" and name == "fp32" and stage == "diagonal" and recipe["method"].get("block") == 16:
                bits = draw.sample((1, 2, 4, 8), 4)
                arithmetic["vector_lanes"] = f"{bits[0]}{draw.choice(('f', ''))},{bits[1]},{bits[2]},{bits[3]}"
        recipe["arithmetic"][stage] = arithmetic
    if not units_only:
        recipe["method"] = reordered(recipe["method"], draw)
        formation = recipe.get("formation")
        if formation and draw.random() < 0.5:
            formation["product"] = other_unit(formation["product"], draw)
            formation["scan"] = draw.choice((0, 4, 16))
    return recipe


def summed(x, y, rng):
    """x @ y in float32, k in a random order, a batch at a time."""
    order = rng.permutation(x.shape[-1])
    total = np.zeros(x.shape[:-1] + (y.shape[-1],), np.float32)
    for k in order:
        total = total + x[..., :, k:k + 1] * y[..., k:k + 1, :]
    return total


def by_rows(a, rng, size=None):
    n = a.shape[-1]
    a = a.astype(np.float32)
    x = np.tile(np.eye(n, dtype=np.float32), (len(a), 1, 1))
    for i in range(1, n):
        row = np.zeros((len(a), n), np.float32)
        for k in rng.permutation(i):
            row += a[:, i, k, None] * x[:, k]
        x[:, i] -= row
    return x


def by_columns(a, rng, size=None):
    n = a.shape[-1]
    a = a.astype(np.float32)
    x = np.tile(np.eye(n, dtype=np.float32), (len(a), 1, 1))
    for k in range(n - 1):
        x[:, k + 1:] -= a[:, k + 1:, k, None] * x[:, k, None]
    return x


def by_blocks(a, rng, size=16, narrow=None, where=None):
    """narrow(operand) in the merge of block `where` (all: None), if given."""
    n = a.shape[-1]
    a = a.astype(np.float32)
    size = min(size, n)
    x = np.zeros_like(a)
    for i in range(0, n, size):
        x[:, i:i + size, i:i + size] = by_rows(a[:, i:i + size, i:i + size], rng)
    for i in range(size, n, size):
        for j in range(i - size, -1, -size):
            cut = narrow if narrow and where in (None, (i // size, j // size)) else (lambda y: y)
            inner = summed(cut(a[:, i:i + size, j:i]), cut(x[:, j:i, j:j + size]), rng)
            x[:, i:i + size, j:j + size] = -summed(cut(x[:, i:i + size, i:i + size]), cut(inner), rng)
    return x


def inverted(a):
    """In double, by rows; any diagonal d_i of a: (I + a)^-1 lower triangular."""
    n = a.shape[-1]
    x = np.zeros_like(a)
    for i in range(n):
        x[:, i, i] = 1
        x[:, i] -= np.einsum("mk,mkj->mj", a[:, i, :i], x[:, :i])
        x[:, i] /= 1 + a[:, i, i, None]
    return x


# T of one recipe on one input

class Case:
    def __init__(self, corpus, kernel, given, where, input_):
        self.corpus, self.kernel, self.given, self.input = corpus, kernel, given, input_
        self.draw, self.rng, self.folder = corpus.draw, corpus.rng, corpus.folder
        self.n, self.a = input_.n, input_.a
        self.base = self.invert(where)
        self.dtype = next(d for d in ("BF16", "F16", "F32", "F64")
                          if all(stores[d](x).astype(np.float64).tobytes() == (x + 0.0).tobytes() or
                                 np.array_equal(stores[d](x), x, equal_nan=True) for x in [self.base]))
        self.variants = []
        self.exact = inverted(self.a)

    def invert(self, kernel):
        if isinstance(kernel, dict):
            path = Path(self.folder, f"recipe-{self.corpus.next()}.json")
            path.write_text(json.dumps(kernel))
            kernel = path
        out = Path(self.folder, f"x-{self.corpus.next()}.npy")
        run("invert", self.input.path, *self.input.options, "--kernel", kernel, "-o", out)
        return np.load(out).astype(np.float64)

    def stored(self, x):
        return stores[self.dtype](x).astype(np.float64)

    def benign(self, kind):
        if kind == "units":
            return self.invert(benign_recipe(self.given, self.draw, self.n, True))
        if kind == "combined":
            return self.invert(benign_recipe(self.given, self.draw, self.n))
        if kind == "own-formed":  # A formed in float32
            if self.input.tokens is None:
                return self.benign("own-rows")
            a = np.stack([formed_in_float(**self.input.chunk(h, c))
                          for h, c in zip(self.input.heads, self.input.chunks)])
            return self.stored(by_rows(a, self.rng))
        if kind == "own-more":  # keys and A exact, sums in double
            return self.stored(self.exact)
        plain = {"own-rows": by_rows, "own-columns": by_columns, "own-blocks": by_blocks}[kind]
        return self.stored(plain(self.a, self.rng, self.draw.choice((8, 16, 32))))

    def prepare(self):
        """Benign variants, by which harm is measured."""
        if not self.variants:
            self.variants = [self.benign(kind) for kind in
                             ("units", "units", "combined", "own-formed", "own-blocks", "own-more")]

    def harmful(self, x, tile=16):
        self.prepare()
        base, n = self.base, self.n
        finite = np.isfinite(base)
        for v in self.variants:
            finite &= np.isfinite(v)
        changed = np.where(np.isfinite(x), np.abs(x - base), np.inf)
        benign = np.max([np.where(finite, np.abs(v - base), 0) for v in self.variants], 0)
        regions = np.sign(np.arange(n)[:, None] - np.arange(n)[None])
        most = np.zeros_like(base)
        for i in range(0, n, tile):
            for j in range(0, n, tile):
                part = (slice(None), slice(i, i + tile), slice(j, j + tile))
                for region in (-1, 0, 1):
                    inside = regions[part[1:]] == region
                    if inside.any():
                        largest = np.where(inside, benign[part], 0).max((1, 2), keepdims=True)
                        most[part] = np.where(inside, largest, most[part])
        # A tile where the recipe has no finite answer says nothing.
        bad = ~finite
        for i in range(0, n, tile):
            for j in range(0, n, tile):
                part = (slice(None), slice(i, i + tile), slice(j, j + tile))
                bad[part] |= bad[part].any((1, 2), keepdims=True)
        room = np.maximum(8 * most, 2 * ulp(base, self.dtype) * (regions == 1) + 1e-30)
        return bool(((changed > room) & ~bad).any())

    def write(self, x):
        """In one of the layouts and types that people keep such results in."""
        number = self.corpus.next()
        if self.dtype != "BF16" and self.draw.random() < 0.3 or self.draw.random() < 0.3:
            path = Path(self.folder, f"out-{number}.npy")
            wide = {"F16": np.float16, "F64": np.float64}.get(self.dtype, np.float32)
            np.save(path, x.astype(np.float32 if self.draw.random() < 0.5 and wide == np.float16 else wide))
            return path
        path = Path(self.folder, f"out-{number}.safetensors")
        tokens = self.input.tokens
        if tokens is not None and len(tokens["beta"]) % self.n == 0 and self.draw.random() < 0.5:
            heads = max(self.input.heads) + 1
            x = x.reshape(heads, -1, self.n).transpose(1, 0, 2)
        write_tensors(path, {"T": (x, self.dtype)})
        return path

    def blocks(self, size=None):
        sizes = [s for s in (8, 16, 32) if 2 * s <= self.n]
        size = size or self.draw.choice(sizes)
        i = self.draw.randrange(1, self.n // size)
        j = self.draw.randrange(i)
        return size, i, j

    def pieces(self):
        """Where a bug sits: every matrix, one head, one chunk of all heads, or one matrix; and how that is called."""
        heads, chunks = np.array(self.input.heads), np.array(self.input.chunks)
        everything = np.ones(len(heads), bool)
        if self.input.tokens is None or len(heads) == 1:
            return (everything, r"") if self.draw.random() < 0.6 or len(heads) == 1 else self.one_matrix()
        where = self.draw.choice(("all", "all", "head", "chunk", "one"))
        if where == "head":
            h = self.draw.choice(sorted(set(heads)))
            return heads == h, rf"head {h}\b"
        if where == "chunk":
            c = self.draw.choice(sorted(set(chunks)))
            return chunks == c, rf"chunk {c}\b|last chunk"
        return (everything, "every matrix") if where == "all" else self.one_matrix()

    def one_matrix(self):
        one = self.draw.randrange(len(self.a))
        mask = np.zeros(len(self.a), bool)
        mask[one] = True
        if self.input.tokens is None:
            return mask, rf"matrix {one}\b"
        return mask, rf"head {self.input.heads[one]}\b"


def block_slices(size, i, j):
    return (slice(None), slice(i * size, (i + 1) * size), slice(j * size, (j + 1) * size))


# Bugs of T. Each returns the wrong T and what must be said of it, a list of expressions that must all match.

def planted(case, edit, *words):
    """`edit` of the benign T, in some of the matrices."""
    mask, where = case.pieces()
    wrong = edit(case.base.copy())
    x = np.where(mask[:, None, None], wrong, case.base)
    return x, [*words, where]


def at(size, i, j):
    """A block as check may call it: itself, or its rows and columns."""
    rows = rf"rows? {i * size}" if size > 1 else rf"row {i}"
    return rf"\({i + 1},{j + 1}\)|{rows}\b"


def bug_zero_block(case):
    size, i, j = case.blocks()

    def edit(x):
        x[block_slices(size, i, j)] = 0
        return x
    return planted(case, edit, rf"\({i + 1},{j + 1}\)", r"missing|zero")


def bug_zero_block_used(case):
    size, i, j = case.blocks()
    x = case.exact.copy()
    x[block_slices(size, i, j)] = 0
    n = case.n
    for r in range((i + 1) * size, n, size):
        part = (slice(None), slice(r, r + size), slice(j * size, (j + 1) * size))
        inner = case.a[:, r:r + size, j * size:r] @ x[:, j * size:r, j * size:(j + 1) * size]
        x[part] = -x[:, r:r + size, r:r + size] @ inner
    return planted(case, lambda _: case.stored(x), rf"\({i + 1},{j + 1}\)", r"missing|zero")


def bug_swapped_blocks(case):
    size, i, j = case.blocks()
    if case.n // size < 3:
        size = 8
        if case.n < 24:
            return None
        size, i, j = case.blocks(8)
    others = [(r, c) for r in range(1, case.n // size) for c in range(r) if (r, c) != (i, j)]
    r, c = case.draw.choice(others)

    def edit(x):
        first = x[block_slices(size, i, j)].copy()
        x[block_slices(size, i, j)] = x[block_slices(size, r, c)]
        x[block_slices(size, r, c)] = first
        return x
    return planted(case, edit, rf"swap|change places|exchang|stand", rf"\({i + 1},{j + 1}\)")


def bug_transposed_block(case):
    size, i, j = case.blocks()

    def edit(x):
        x[block_slices(size, i, j)] = x[block_slices(size, i, j)].transpose(0, 2, 1).copy()
        return x
    return planted(case, edit, "transpos", rf"\({i + 1},{j + 1}\)")


def bug_negated_block(case):
    size, i, j = case.blocks()

    def edit(x):
        x[block_slices(size, i, j)] *= -1
        return x
    return planted(case, edit, "negat|sign", rf"\({i + 1},{j + 1}\)")


def bug_scaled_block(case):
    size, i, j = case.blocks()
    factor = case.draw.choice((2, 0.5, 1.25))

    def edit(x):
        x[block_slices(size, i, j)] = case.stored(x[block_slices(size, i, j)] * factor)
        return x
    return planted(case, edit, "doubl|halv|twice|times", rf"\({i + 1},{j + 1}\)")


def bug_stale_row(case):
    i = case.draw.choice((case.n - 1, case.draw.randrange(1, case.n)))

    def edit(x):
        x[1:, i] = case.base[:-1, i]
        x[0, i] = -case.a[0, i]
        return x
    return planted(case, edit)[0], [rf"row {i}\b|last row"]


def bug_stale_tile(case):
    size, i, j = case.blocks()
    if case.draw.random() < 0.3:
        j = i

    def edit(x):
        x[block_slices(size, i, j)] = np.roll(case.base, 1, 0)[block_slices(size, i, j)]
        return x
    return planted(case, edit)[0], [rf"\({i + 1},{j + 1}\)|last diagonal block"]


def bug_stale_head(case):
    heads = np.array(case.input.heads)
    if max(heads) == 0:
        return None
    h = case.draw.randrange(1, max(heads) + 1)
    x = case.base.copy()
    x[heads == h] = case.base[heads == h - 1]
    return x, [rf"head {h}\b", "head before|first head"]


def bug_stale_chunk(case):
    chunks, heads = np.array(case.input.chunks), np.array(case.input.heads)
    if case.input.tokens is None or max(chunks) == 0:
        return None
    c = case.draw.randrange(1, max(chunks) + 1)
    x = case.base.copy()
    x[chunks == c] = case.base[chunks == c - 1]
    return x, [rf"chunk {c}\b|last chunk", "chunk before|first chunk"]


def bug_tail(case):
    rows = case.draw.choice((1, 2, 4, 7))
    junk = case.draw.choice(("zero", "garbage"))

    def edit(x):
        x[:, -rows:] = 0 if junk == "zero" else case.stored(case.rng.standard_normal((len(x), rows, case.n)))
        return x
    return planted(case, edit, rf"last {rows}\b|row {case.n - 1}\b|last row|rows {case.n - rows}\b")


def bug_upper_junk(case):
    kind = case.draw.choice(("whole", "tile", "row", "element", "diagonal tiles"))
    n = case.n
    above = np.triu(np.ones((n, n), bool), 1)
    if kind == "tile":
        i = case.draw.randrange(n // 8 - 1)
        j = case.draw.randrange(i + 1, n // 8)
        above[:] = False
        above[i * 8:i * 8 + 8, j * 8:j * 8 + 8] = True
    elif kind == "row":
        i = case.draw.randrange(n - 1)
        above[np.arange(n) != i] = False
    elif kind == "element":
        i = case.draw.randrange(n - 1)
        j = case.draw.randrange(i + 1, n)
        above[:] = False
        above[i, j] = True
    elif kind == "diagonal tiles":
        above &= np.arange(n)[:, None] // 8 == np.arange(n)[None] // 8
    return planted(case, lambda x: np.where(above, case.stored(case.a.transpose(0, 2, 1)), x), "upper|above")


def bug_diagonal(case):
    value = case.draw.choice((0.0, 2.0))
    i = np.arange(case.n)
    if case.draw.random() < 0.3:
        first = 8 * case.draw.randrange(case.n // 8)
        i = i[first:first + 8]

    def edit(x):
        x[:, i, i] = value
        return x
    return planted(case, edit, "diagonal")


def of_factors(case, words, **change):
    if case.input.tokens is None or change.keys() & {"base", "late", "twice", "none"} and "g" not in case.input.tokens:
        return None
    a = []
    for h, c in zip(case.input.heads, case.input.chunks):
        part = case.input.chunk(h, c)
        rest = dict(change)
        if rest.pop("none", False):
            part.pop("g", None)
        power = rest.pop("beta", None)
        if power is not None:
            part["beta"] = np.where(part["beta"] > 0, part["beta"], 0) ** power if power else (part["beta"] != 0) * 1.0
        a.append(formed(**part, **rest))
    return case.stored(inverted(np.stack(a))), [words]


def bug_decay_base(case):
    return of_factors(case, "power of two|base 2|base two|decay", base=2)


def bug_decay_late(case):
    return of_factors(case, "one token|late|off by one", late=1)


def bug_decay_missing(case):
    return of_factors(case, "decay is missing|decay missing|no decay|without decay", none=True)


def bug_decay_twice(case):
    return of_factors(case, "decay.*twice|twice", twice=True)


def bug_beta_missing(case):
    return of_factors(case, "beta is missing|beta", beta=0)


def bug_beta_twice(case):
    return of_factors(case, "beta.*twice", beta=2)


def bug_mask(case):
    return of_factors(case, "diagonal", mask=0)


def bug_series(case):
    terms = case.draw.choice((1, 2, 3, 4, 8))
    x = power = np.tile(np.eye(case.n), (len(case.a), 1, 1))
    for _ in range(terms - 1):
        power = -power @ case.a
        x = x + power
    return case.stored(x), [rf"identity|I - A" if terms < 3 else rf"after {terms} terms|series"]


def bug_short_blocks(case):
    """A round of doubling too few in the diagonal blocks."""
    size = case.draw.choice([s for s in (8, 16, 32) if 2 * s <= case.n] or [8])
    n, a = case.n, case.a
    x = np.zeros_like(a)
    for i in range(0, n, size):
        block = a[:, i:i + size, i:i + size]
        total = power = np.tile(np.eye(size), (len(a), 1, 1))
        for _ in range(size // 2 - 1):
            power = -power @ block
            total = total + power
        x[:, i:i + size, i:i + size] = total
        if i:
            x[:, i:i + size, :i] = -total @ (a[:, i:i + size, :i] @ x[:, :i, :i])
    return case.stored(x), [r"series|round|terms"]


def bug_wrong_sign(case):
    return case.stored(inverted(-case.a)), [r"I - A"]


def bug_transposed(case):
    return case.base.transpose(0, 2, 1).copy(), ["transpos"]


def bug_narrow_merges(case):
    size = case.draw.choice([s for s in (8, 16, 32) if 2 * s <= case.n] or [8])
    i = case.draw.randrange(1, case.n // size)
    j = case.draw.randrange(i)
    one = case.draw.random() < 0.5
    name, narrow = case.draw.choice((("bf16", bf16), ("tf32", tf32)))
    x = by_blocks(case.a, case.rng, size, narrow, (i, j) if one else None)
    return case.stored(x), [r"bits of|rounding|narrow|bf16|tf32|precision|block|rows|whole|everything"]


def bug_narrow_merge_recipe(case):
    """One stage of the recipe itself in bf16 or tf32."""
    recipe = json.loads(json.dumps(case.given))
    recipe.pop("$schema", None)
    stage = case.draw.choice(("merge", "diagonal"))
    name = case.draw.choice(("bf16-h100", "tf32-h100", "bf16"))
    recipe["arithmetic"][stage] = name
    return case.invert(recipe), [rf"bits of .*{name.split('-')[0]}"]


def bug_stored_narrow(case):
    x = bf16(case.base).astype(np.float64) if case.dtype == "F32" else case.base
    return x, [r"bf16"]


def bug_element(case):
    m, i = case.draw.randrange(len(case.a)), case.draw.randrange(1, case.n)
    j = case.draw.randrange(i)
    ulps = case.draw.choice((100, 300, 900)) * case.draw.choice((-1, 1))
    x = case.base.copy()
    x[m, i, j] += ulps * ulp(x[m, i, j], case.dtype)
    return case.stored(x), [rf"\({i}, {j}\)"]


def bug_stripes(case):
    period = case.draw.choice((4, 8))
    lane = case.draw.randrange(period)
    columns = np.arange(case.n) % period == lane
    rows = slice(case.n // 2, None)

    def edit(x):
        x[:, rows] = np.where(columns, case.stored(x[:, rows] * 0.5), x[:, rows])
        return x
    return planted(case, edit, rf"column|every {period}")


def bug_nan(case):
    kind = case.draw.choice(("element", "row", "block"))
    size, i, j = case.blocks()
    row = case.draw.randrange(1, case.n)

    def edit(x):
        if kind == "element":
            x[:, row, 0] = np.nan
        elif kind == "row":
            x[:, row, :row] = np.inf
        else:
            x[block_slices(size, i, j)] = np.nan
        return x
    place = rf"\({i + 1},{j + 1}\)" if kind == "block" else rf"row {row}\b|\({row}, 0\)"
    return planted(case, edit, "not finite|NaN|infinit", place)


def bug_row_of_head(case):
    heads = np.array(case.input.heads)
    if max(heads) == 0:
        return None
    h, i = case.draw.randrange(max(heads) + 1), case.draw.randrange(1, case.n)
    x = case.base.copy()
    x[heads == h, i, :i] = 0
    return x, [rf"row {i}\b", rf"head {h}\b"]


# Held out

def bug_swapped_rows(case):
    i = case.draw.randrange(1, case.n - 1)

    def edit(x):
        x[:, [i, i + 1]] = x[:, [i + 1, i]]
        return x
    return planted(case, edit, rf"rows? {i}\b")


def bug_dropped_term(case):
    i = case.draw.randrange(2, case.n)
    a = case.a.copy()
    a[:, i, case.draw.randrange(i)] = 0
    return case.stored(inverted(a)), [rf"row {i}\b|rows {i}\b"]


def bug_last_terms_dropped(case):
    """The loop over k ends one too early in every row."""
    a = case.a.copy()
    i = np.arange(1, case.n)
    a[:, i, i - 1] = 0
    return case.stored(inverted(a)), ["."]


def bug_wrong_block_of_a(case):
    size, i, j = case.blocks()
    a = case.a.copy()
    other = case.draw.choice([c for c in range(i) if c != j] or [j])
    if other == j:
        return None
    a[block_slices(size, i, j)] = case.a[block_slices(size, i, other)]
    return case.stored(inverted(a)), [rf"\({i + 1},{j + 1}\)|rows {i * size}\b|everything from row {i * size}\b"]


def bug_shifted_block(case):
    size, i, j = case.blocks()

    def edit(x):
        x[block_slices(size, i, j)] = np.roll(x[block_slices(size, i, j)], 1, 2)
        return x
    return planted(case, edit, rf"\({i + 1},{j + 1}\)")


def bug_garbage_block(case):
    size, i, j = case.blocks()

    def edit(x):
        scale = case.draw.choice((0.01, 1.0, 1e4))
        x[block_slices(size, i, j)] = case.stored(case.rng.standard_normal((len(x), size, size)) * scale)
        return x
    return planted(case, edit, rf"\({i + 1},{j + 1}\)")


def bug_column(case):
    j = case.draw.randrange(case.n - 1)

    def edit(x):
        x[:, j + 1:, j] = 0
        return x
    return planted(case, edit, rf"column {j}\b")


def bug_two_places(case):
    size, i, j = case.blocks()
    row = case.draw.randrange(1, case.n)
    x = case.base.copy()
    x[block_slices(size, i, j)] = 0
    x[:, row, :row] *= -1
    return x, [rf"\({i + 1},{j + 1}\)|row {row}\b|rows"]


def bug_scaled(case):
    factor = case.draw.choice((1.01, 1.1, 0.9))
    x = case.base.copy()
    lower = np.tril(np.ones((case.n, case.n), bool), -1)
    return case.stored(np.where(lower, x * factor, x)), [r"times|whole"]


def bug_reversed(case):
    """Rows of a tile in the reverse order."""
    size, i, j = case.blocks()

    def edit(x):
        x[block_slices(size, i, j)] = x[block_slices(size, i, j)][:, ::-1].copy()
        return x
    return planted(case, edit, rf"\({i + 1},{j + 1}\)")


def bug_beta_of_column(case):
    if case.input.tokens is None:
        return None
    a = []
    for h, c in zip(case.input.heads, case.input.chunks):
        part = case.input.chunk(h, c)
        beta = part["beta"]
        part["beta"] = np.ones_like(beta)
        a.append(formed(**part) * beta[None])
    return case.stored(inverted(np.stack(a))), ["beta"]


def bug_gate_of_other_head(case):
    if case.input.tokens is None or "g" not in case.input.tokens or max(case.input.heads) == 0:
        return None
    a = []
    for h, c in zip(case.input.heads, case.input.chunks):
        part = case.input.chunk(h, c)
        part["g"] = case.input.chunk(0, c)["g"]
        a.append(formed(**part))
    return case.stored(inverted(np.stack(a))), [r"head"]


tuned_bugs = [bug_zero_block, bug_zero_block_used, bug_swapped_blocks, bug_transposed_block, bug_negated_block,
              bug_scaled_block, bug_stale_row, bug_stale_tile, bug_stale_head, bug_stale_chunk, bug_tail,
              bug_upper_junk, bug_diagonal, bug_decay_base, bug_decay_late, bug_decay_missing, bug_decay_twice,
              bug_beta_missing, bug_beta_twice, bug_mask, bug_series, bug_short_blocks, bug_wrong_sign,
              bug_transposed, bug_narrow_merges, bug_narrow_merge_recipe, bug_stored_narrow, bug_element,
              bug_stripes, bug_nan, bug_row_of_head]
held_out_bugs = [bug_swapped_rows, bug_dropped_term, bug_last_terms_dropped, bug_wrong_block_of_a, bug_shifted_block,
                 bug_garbage_block, bug_column, bug_two_places, bug_scaled, bug_reversed, bug_beta_of_column,
                 bug_gate_of_other_head]


# Layers: w, u, o and the state from T, as FLA's kernels round them

def rows_of(tokens, key, head, c, n):
    return tokens[key][c * n:(c + 1) * n, head].astype(np.float32)


def layer(tokens, n, t, rng, fl=bf16, power=np.exp, carry=True, gates="right", beta_u=True, beta_w=True, scale=True,
          queries_decay=True, state_decay=True, mask=0, between=True, last_update=True):
    """t [heads, chunks, n, n]. One gate a head or a channel; sums in float32 in a random order of k."""
    length, heads = tokens["beta"].shape
    d, dv = tokens["k"].shape[2], tokens["v"].shape[2]
    out = {"w": np.zeros((length, heads, d)), "u": np.zeros((length, heads, dv)), "o": np.zeros((length, heads, dv)),
           "state": np.zeros((heads, d, dv))}
    product = (lambda x, y: summed(x, y, rng)) if fl is bf16 else (lambda x, y: x @ y)
    c = np.float32(d ** -0.5) if scale else np.float32(1)
    for h in range(heads):
        state = np.zeros((d, dv), np.float32)
        for p in range(length // n):
            part = slice(p * n, (p + 1) * n)
            k, q, v, beta = (rows_of(tokens, key, h, p, n) for key in ("k", "q", "v", "beta"))
            g = rows_of(tokens, "g", h, p, n) if "g" in tokens and gates != "missing" else np.zeros((n, 1), np.float32)
            g = g.reshape(n, -1)
            if gates == "late":
                g = np.concatenate([np.zeros_like(g[:1]), g[:-1]])
            sums = np.cumsum(g, 0, dtype=np.float32)
            if not carry:
                state[:] = 0
            w = fl(product(t[h, p], fl(k * (beta[:, None] if beta_w else 1) * power(sums))))
            u = fl(product(t[h, p], fl(v * (beta[:, None] if beta_u else 1))))
            rest = u - product(w, fl(state))
            lower = np.tril(np.ones((n, n), bool), mask)
            if g.shape[1] == 1:
                inside = np.where(lower, product(q, k.T) * power(np.minimum(sums - sums.T, 0)), 0)
                first = product(q, fl(state)) * (power(sums) if queries_decay else 1)
                o = (first if between else 0) * c + product(fl(inside), fl(rest)) * c
                gain = product(k.T.copy(), fl(rest * power(sums[-1] - sums)))
            else:
                decay = power(np.minimum(sums[:, None] - sums[None], 0))
                inside = np.where(lower, np.einsum("id,jd,ijd->ij", q, k, decay), 0)
                first = product(fl(q * (power(sums) if queries_decay else 1)), fl(state))
                o = (first if between else 0) * c + product(fl(inside * c), fl(rest))
                gain = product(fl(k * power(sums[-1] - sums)).T.copy(), fl(rest))
            if last_update or p + 1 < length // n:
                state = state * (power(sums[-1])[:, None] if state_decay else 1) + gain
            out["w"][part, h], out["u"][part, h], out["o"][part, h] = w, u, fl(o)
        out["state"][h] = state
    return out


def plain(x):
    return np.asarray(x, np.float32)


def power_of_two(x):
    return np.exp2(np.float32(1.4426950408889634) * np.asarray(x, np.float32)).astype(np.float32)


class LayerCase(Case):
    dtypes = {"T": "BF16", "w": "BF16", "u": "BF16", "o": "BF16", "state": "F32"}

    def __init__(self, corpus, kernel, given, where, input_):
        super().__init__(corpus, kernel, given, where, input_)
        self.heads = max(input_.heads) + 1
        self.t = self.base.reshape(self.heads, -1, self.n, self.n)
        self.right = self.outputs(self.t)
        everything = ("T", "w", "u", "o", "state")
        self.parts = self.draw.choice([everything, everything, ("o", "state"), ("o",), ("w", "u"), ("T", "o")])
        self.others = None

    def outputs(self, t, **bugs):
        out = layer(self.input.tokens, self.n, t.astype(np.float32), self.rng,
                    power=self.draw.choice((np.exp, power_of_two)), **bugs)
        out["T"] = t.transpose(1, 2, 0, 3).reshape(-1, self.heads, self.n)
        return out

    def benign_layer(self, kind):
        if kind == "other sums":
            return self.outputs(self.t)
        if kind == "other T":
            return self.outputs(self.benign("units").reshape(self.t.shape))
        return self.outputs(self.stored(self.exact).reshape(self.t.shape), fl=plain)

    def matrices(self, x, part):
        if part == "state":
            return x
        return x.reshape(-1, self.n, self.heads, x.shape[2]).transpose(2, 0, 1, 3).reshape(-1, self.n, x.shape[2])

    def harmful_layer(self, out):
        if self.others is None:
            self.others = [self.benign_layer(kind) for kind in ("other sums", "other T", "more")]
        for part in self.parts:
            base, x = self.matrices(self.right[part], part), self.matrices(out[part], part)
            benign = np.max([np.abs(self.matrices(v[part], part) - base) for v in self.others], 0)
            changed = np.where(np.isfinite(x), np.abs(x - base), np.inf)
            for i in range(0, x.shape[1], 16):
                for j in range(0, x.shape[2], 16):
                    tile = (slice(None), slice(i, i + 16), slice(j, j + 16))
                    room = np.maximum(8 * benign[tile].max((1, 2), keepdims=True),
                                      2 * ulp(base[tile], self.dtypes[part]) + 1e-30)
                    if (changed[tile] > room).any():
                        return True
        return False

    def write_layer(self, out):
        path = Path(self.folder, f"out-{self.corpus.next()}.safetensors")
        write_tensors(path, {part: (out[part], self.dtypes[part]) for part in self.parts})
        return path


def layer_bug(words, **bugs):
    return lambda case: (case.outputs(case.t, **bugs), words)


def layer_head_swapped(case):
    if case.heads < 2:
        return None
    out = {key: x.copy() for key, x in case.right.items()}
    part = case.draw.choice([p for p in case.parts if p != "state"] or ["o"])
    out[part][:, [0, 1]] = out[part][:, [1, 0]]
    return out, ["head"]


def layer_chunk_stale(case):
    out = {key: x.copy() for key, x in case.right.items()}
    part = case.draw.choice([p for p in case.parts if p not in ("state", "T")] or ["o"])
    c = case.draw.randrange(1, len(out["o"]) // case.n)
    out[part][c * case.n:(c + 1) * case.n] = out[part][(c - 1) * case.n:c * case.n]
    return out, [rf"chunk {c}\b|last chunk"]


def layer_wrong_t(case):
    size, i, j = case.blocks()
    t = case.t.copy()
    t[..., i * size:(i + 1) * size, j * size:(j + 1) * size] = 0
    return case.outputs(t), [rf"\({i + 1},{j + 1}\)"]


def layer_state_transposed(case):
    out = dict(case.right)
    if "state" not in case.parts or out["state"].shape[1] != out["state"].shape[2]:
        return None
    out["state"] = out["state"].transpose(0, 2, 1).copy()
    return out, ["transpos"]


def layer_zero_rows(case):
    out = {key: x.copy() for key, x in case.right.items()}
    part = case.draw.choice([p for p in case.parts if p not in ("state", "T")] or ["o"])
    i = case.draw.randrange(case.n)
    out[part][i::case.n] = 0
    return out, [rf"row {i}\b"]


def layer_head_of_state(case):
    if case.heads < 2 or "state" not in case.parts:
        return None
    out = dict(case.right)
    out["state"] = out["state"][::-1].copy()
    return out, ["head"]


tuned_layer_bugs = {
    "state not carried": layer_bug(["not carried"], carry=False),
    "layer: decay missing": layer_bug(["decay"], gates="missing"),
    "layer: decay late": layer_bug(["decay.*late|one token late"], gates="late"),
    "layer: beta missing in u": layer_bug(["beta"], beta_u=False),
    "layer: beta missing in w": layer_bug(["beta"], beta_w=False),
    "layer: head swapped": layer_head_swapped, "layer: chunk stale": layer_chunk_stale,
    "layer: scale missing": layer_bug(["scale|times"], scale=False), "layer: wrong T": layer_wrong_t}
held_out_layer_bugs = {
    "layer: queries not decayed": layer_bug(["decay|quer"], queries_decay=False),
    "layer: state not decayed": layer_bug(["decay|state"], state_decay=False),
    "layer: o without its token": layer_bug(["diagonal|mask|token"], mask=-1),
    "layer: nothing between chunks": layer_bug(["state|carried|chunk"], between=False),
    "layer: last update missing": layer_bug(["chunk before|state|update"], last_update=False),
    "layer: state transposed": layer_state_transposed, "layer: rows zero": layer_zero_rows,
    "layer: heads of state": layer_head_of_state}


# The corpus

def given_choices(recipe):
    """The recipe as listed, and with those choices that change arithmetics alone."""
    name = recipe["kernel"]
    yield name, recipe
    for parameter, entry in recipe.get("parameters", {}).items():
        for choice, change in entry["choices"].items():
            if choice == entry["default"] or set(change) - {"arithmetic"} or parameter == "formation":
                continue
            other = json.loads(json.dumps(recipe))
            other["arithmetic"].update(change.get("arithmetic", {}))
            yield f"{name}:{parameter}={choice}", other


class Corpus:
    def __init__(self, folder, held_out):
        self.folder = Path(folder, "held-out" if held_out else "tuned")
        self.folder.mkdir()
        self.held_out = held_out
        seed = 20270301 if held_out else 20261129
        self.draw, self.rng = random.Random(seed), np.random.default_rng(seed)
        self.inputs = Inputs(self.folder, held_out, seed + 1)
        self.number, self.cases, self.harmless, self.jobs = 0, {}, defaultdict(int), []
        listed = [json.loads(p.read_text()) for p in sorted((source / "configs/kernels").glob("*.json"))]
        self.recipes = [(name, recipe) for each in listed for name, recipe in given_choices(each)]
        if not full:  # these take seconds each
            self.recipes = [r for r in self.recipes if not r[0].startswith("fla-kda")]
        in_fp32 = ("fla-solve-tril", "hf-transformers", "tpu-gaussian", "llama-cpp", "sglang-jax-gdn")
        self.plain = [r for r in self.recipes if r[0] in in_fp32]

    def next(self):
        self.number += 1
        return self.number

    def size(self, recipe):
        return self.draw.choice(recipe["chunks"] if recipe.get("chunks") else [16, 32, 64])

    def case(self, kernel, recipe):
        n = self.size(recipe)
        forms = "formation" in recipe or "ungated" in json.dumps(recipe["method"])
        given = not forms and self.draw.random() < 0.35
        input_ = self.inputs.matrices(n) if given else self.inputs.tokens(n, per_channel=kernel.startswith("fla-kda"))
        key = (kernel, input_.name)
        if key not in self.cases:
            self.cases[key] = Case(self, kernel, recipe, kernel, input_)
        return self.cases[key]

    def layer_case(self):
        layers = (("fla-gdn-fused", 64), ("fla-gdn-fused", 64), ("fla-gdn", 32), ("fla-gdn", 16), ("fla-kda", 64))
        kernel, n = self.draw.choice(layers if full else layers[:-1])
        recipe = next(r for name, r in self.recipes if name == kernel)
        return LayerCase(self, kernel, recipe, kernel, self.inputs.tokens(n, True, kernel == "fla-kda"))

    def add(self, kind, case, path, words, text):
        self.jobs.append((kind, case, path, words, text))

    def add_benign(self, kernel, recipe, kinds):
        case = self.case(kernel, recipe)
        for kind in kinds:
            if kernel.startswith("tcu-exact") and kind.startswith("own"):
                continue  # of fp64 nothing in float32 is a variant
            self.add("benign: " + kind, case, case.write(case.benign(kind)), None, kind)

    def add_bug(self, bug):
        name = bug.__name__[4:].replace("_", " ")
        for _ in range(40):
            pool = self.plain if "narrow" in name else self.recipes
            case = self.case(*self.draw.choice(pool))
            try:
                result = bug(case)
            except RuntimeError:
                continue  # the recipe does not take this stage
            if result is None:
                continue
            x, words = result
            if not case.harmful(x):
                self.harmless[name] += 1
                continue
            self.add(name, case, case.write(x), words, name)
            return

    def add_layer_bug(self, name, bug):
        for _ in range(10):
            case = self.layer_case()
            result = bug(case)
            if result is None:
                continue
            if not case.harmful_layer(result[0]):
                self.harmless[name] += 1
                continue
            self.add(name, case, case.write_layer(result[0]), result[1], name)
            return

    def fill(self, benign, bugs, layers):
        order = self.recipes[:]
        self.draw.shuffle(order)
        if benign is None:
            for kernel, recipe in order:
                self.add_benign(kernel, recipe, ["units"] * 4 + ["combined"] * 2 +
                                ["own-rows", "own-columns", "own-blocks", "own-formed"])
            for _ in range(8):
                case = self.layer_case()
                for kind in ("other sums", "other T", "more"):
                    self.add("benign layer: " + kind, case, case.write_layer(case.benign_layer(kind)), None, kind)
        else:
            kinds = ["units", "combined", "own-rows", "own-columns", "own-blocks", "own-formed"]
            for k in range(benign):
                self.add_benign(*order[k % len(order)], [self.draw.choice(kinds)])
            if benign > 2:
                case = self.layer_case()
                self.add("benign layer: other T", case, case.write_layer(case.benign_layer("other T")), None, "other T")
        bugs_of_t = [(bug,) for bug in (held_out_bugs if self.held_out else tuned_bugs)]
        bugs_of_layers = list((held_out_layer_bugs if self.held_out else tuned_layer_bugs).items())
        for kinds, number, add in ((bugs_of_t, bugs, self.add_bug), (bugs_of_layers, layers, self.add_layer_bug)):
            only = os.environ.get("TRISTAB_CORPUS_KIND")
            if only:
                kinds = [k for k in kinds if only in (k[0] if isinstance(k[0], str) else k[0].__name__)]
            rounds = []
            while kinds and len(rounds) < number:
                self.draw.shuffle(kinds)
                rounds += kinds
            for each in rounds[:number]:
                add(*each)

    def judged(self, job):
        kind, case, path, words, text = job
        arguments = ["check", case.input.path, path, *case.input.options, "--kernel", case.kernel, "--format", "json"]
        report = json.loads(run(*arguments))
        found = "; ".join(f"{part['part']}: {pattern['what']} {pattern['where']}" for part in report["parts"]
                          for pattern in part["patterns"])
        named = words is not None and all(re.search(word, found) for word in words)
        where = f"{kind} | {case.kernel} | {case.input.name} | {case.dtype}"
        return {"kind": kind, "verdict": report["verdict"], "named": named, "said": found, "where": where,
                "words": words,
                "gates": {gate: accepts(report, gate) for gate in gates},
                "ratio": max(part["spread_ratio"] or 1e99 for part in report["parts"])}

    def run(self):
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(self.judged, self.jobs))


gates = ("torch", "fla", "fla-ci", "fa", "ascend")


def accepts(report, gate):
    """Whether the rule of this name passes all tensors; None if it was not asked."""
    asked = [g["passes"] for g in report["gates"] if g["gate"].split(":")[0] == gate]
    return all(asked) if asked else None


def table(title, results, harmless):
    """By kind: what check calls the cases, and how many of them the gates accept."""
    kinds = sorted({r["kind"] for r in results} | set(harmless), key=lambda k: (k.startswith("benign"), k))
    columns = ("cases", "structural", "rounding", "equal", "named", "harmless", *gates)
    print(f"{title:<30}" + "".join(f"{c:>{max(7, len(c) + 1)}}" for c in columns))
    groups = [(kind, [r for r in results if r["kind"] == kind]) for kind in kinds]
    for benign in (True, False):
        these = [r for r in results if r["kind"].startswith("benign") == benign]
        groups.append(("all benign" if benign else "all bugs", these))
    for kind, these in groups:
        row = [len(these)] + [sum(r["verdict"] == v for r in these) for v in ("structural", "rounding", "equal")]
        row += [sum(r["named"] for r in these), harmless.get(kind, 0)]
        row += [sum(bool(r["gates"][gate]) for r in these) for gate in gates]
        print(f"  {kind:<28}" + "".join(f"{x or '':>{max(7, len(c) + 1)}}" for c, x in zip(columns, row)))


def recorded():
    """What FLA's kernels returned on an H100 and an H200: the same bits, one merge in tf32, another launch."""
    wrong = []

    def expect(said, what):
        if not said:
            wrong.append(what)

    with tempfile.TemporaryDirectory() as folder:
        h100, h200 = data / "h100-fla-layers.safetensors", data / "h200-fla-chunks.safetensors"
        for path, prefix, kernel, n in (
                (h100, "gdn.layer0", "fla-gdn-fused", 64), (h100, "gdn.layer6", "fla-gdn-fused", 64),
                (h100, "kda.layer0", "fla-kda", 64),
                (h200, "gdn.layer11.bt16", "fla-gdn", 16), (h200, "gdn.layer11.bt32", "fla-gdn", 32)):
            layer_ = prefix.split(".bt")[0]
            report = json.loads(run("check", path, path, "--layer", layer_, "--output-tensor", prefix,
                                    "--kernel", kernel, "--chunk", n, "--format", "json"))
            part = report["parts"][0]
            expect(part["part"] == "T" and part["verdict"] == "equal", f"{prefix}: T has not the bits of {kernel}")
            expect(report["verdict"] != "structural", f"{prefix}: structural")
        report = json.loads(run("check", h200, h200, "--layer", "kda.layer11", "--output-tensor", "kda.layer11.bt64",
                                "--kernel", "fla-kda", "--chunk", 64, "--format", "json"))
        said = json.dumps(report.get("search", {}).get("found", []))
        expect("launch=h200" in said, f"KDA on the H200 is not another launch: {said}")
        tensors = read_tensors(data / "h100-fla-solve-tril.safetensors")
        for layer_ in ("gdn.layer6", "gdnneg.layer6"):
            a, ieee, narrow = (tensors[f"{layer_}.bt64.{k}"][:, 0].reshape(-1, 64, 64)
                               for k in ("A", "ieee.f32", "tf32.f32"))
            np.save(Path(folder, "a.npy"), a.astype(np.float32))

            def checked(x):
                np.save(Path(folder, "x.npy"), x.astype(np.float32))
                return json.loads(run("check", Path(folder, "a.npy"), Path(folder, "x.npy"), "--kernel",
                                      "fla-solve-tril", "--format", "json"))
            expect(checked(ieee)["verdict"] == "equal", f"{layer_}: ieee merges are not equal")
            report = checked(narrow)
            expect("tf32" in json.dumps(report.get("search")), f"{layer_}: tf32 merges are not named")
            for i, j in ((1, 0), (2, 1), (3, 0)):
                one = ieee.copy()
                one[block_slices(16, i, j)] = narrow[block_slices(16, i, j)]
                report = checked(one)
                said = "; ".join(p["what"] for p in report["parts"][0]["patterns"])
                expect(report["verdict"] == "structural" and re.search(rf"\({i + 1},{j + 1}\).*tf32", said),
                       f"{layer_}: the merge of ({i + 1},{j + 1}) in tf32 is not named: {said}")
    print("recorded outputs: " + ("; ".join(wrong) or "all as they should be"))
    return wrong


def main():
    total = count or (480 if full else 20)
    failed = bool(not os.environ.get("TRISTAB_CORPUS_KIND") and half == "both" and recorded())
    halves = {"tuned": [False], "held-out": [True]}.get(half, [False, True])
    with tempfile.TemporaryDirectory() as folder:
        bugs, found = 0, 0
        for held_out in halves:
            corpus = Corpus(folder, held_out)
            share = total // len(halves)
            if full and count is None:
                corpus.fill(None, 180 if not held_out else 90, 40)
            else:
                benign = 0 if os.environ.get("TRISTAB_CORPUS_KIND") else share // 4
                corpus.fill(benign, share - share // 4 - share // 8, share // 8)
            results = corpus.run()
            table("held out" if held_out else "tuned", results, corpus.harmless)
            for r in results:
                is_bug = not r["kind"].startswith("benign")
                bugs += is_bug
                found += is_bug and r["verdict"] == "structural"
                if not is_bug and r["verdict"] == "structural":
                    failed = True
                if is_bug != (r["verdict"] == "structural"):
                    print(f"WRONG {r['where']}: {r['verdict']} ({r['ratio']:.2g}): {r['said']} [{r['words']}]")
                elif is_bug and not r["named"]:
                    print(f"misnamed {r['where']}: {r['said']} [{r['words']}]")
    print(f"{found} of {bugs} bugs are structural")
    if failed or found < 0.99 * bugs:
        sys.exit(1)


main()
