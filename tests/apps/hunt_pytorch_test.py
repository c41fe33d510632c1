"""The lines of PyTorch that `tristab hunt --shrink` prints build the tensors of its file, and A, exactly.

Where PyTorch is not installed, a stand-in of the few operations that the lines use takes its place."""
import json
import math
import struct
import subprocess
import sys
import tempfile
import types

PROGRAM = sys.argv[1]


def as_float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


class Tensor:
    """A nested list of numbers."""

    def __init__(self, values):
        self.values = values

    @property
    def shape(self):
        shape, values = [], self.values
        while isinstance(values, list):
            shape.append(len(values))
            values = values[0]
        return shape

    def repeat(self, rows, columns):
        return Tensor([list(row) * columns for _ in range(rows) for row in self.values])

    def __getitem__(self, key):
        if isinstance(key, list):
            (rows,) = key if isinstance(key[0], list) else (key,)
            return Tensor([list(self.values[k]) for k in rows])
        if key == (slice(None), None):
            return Tensor([[row] for row in self.values])
        assert key is None
        return Tensor([self.values])

    def double(self):
        return self

    @property
    def T(self):  # noqa: N802
        return Tensor([list(column) for column in zip(*self.values)])

    def cumsum(self, dim):
        assert dim == 0
        rows = [list(self.values[0])]
        for row in self.values[1:]:
            rows.append([x + y for x, y in zip(rows[-1], row)])
        return Tensor(rows)

    def exp(self):
        return self.map(math.exp)

    def map(self, function):
        def deep(x):
            return [deep(y) for y in x] if isinstance(x, list) else function(x)
        return Tensor(deep(self.values))

    def with_other(self, other, function):
        def deep(x, y):
            if not isinstance(x, list):
                return function(x, y)
            size = max(len(x), len(y))
            return [deep(x[k if len(x) > 1 else 0], y[k if len(y) > 1 else 0]) for k in range(size)]
        return Tensor(deep(self.values, other.values))

    def __mul__(self, other):
        return self.with_other(other, lambda x, y: x * y)

    def __sub__(self, other):
        return self.with_other(other, lambda x, y: x - y)

    def __matmul__(self, other):
        columns = list(zip(*other.values))
        return Tensor([[sum(x * y for x, y in zip(row, column)) for column in columns] for row in self.values])

    def tril(self, diagonal):
        return Tensor([[x if j <= i + diagonal else 0.0 for j, x in enumerate(row)] for i, row in enumerate(self.values)])

    def tolist(self):
        return self.values


def einsum(text, left, right, factor):
    assert text == "id,jd,ijd->ij"
    return Tensor([[sum(l * r * f for l, r, f in zip(left.values[i], right.values[j], factor.values[i][j]))
                    for j in range(len(right.values))] for i in range(len(left.values))])


def stand_in():
    module = types.ModuleType("torch")
    module.tensor = lambda values: Tensor([[as_float32(x) for x in row] for row in values])
    module.zeros = lambda rows, columns: Tensor([[0.0] * columns for _ in range(rows)])
    module.einsum = einsum
    return module


def read_safetensors(path):
    data = open(path, "rb").read()
    (size,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        begin, end = entry["data_offsets"]
        tensors[name] = list(struct.unpack(f"<{(end - begin) // 4}f", data[8 + size + begin:8 + size + end]))
    return tensors


def read_npy(path):
    data = open(path, "rb").read()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    return struct.unpack(f"<{(len(data) - start) // 8}d", data[start:])


def flat(values):
    return [y for x in values for y in flat(x)] if isinstance(values, list) else [values]


def check(directory, rule, chunk):
    setting = ["--method", "mch", "--arithmetic", "bf16", "--family", rule, "--chunk", str(chunk)]

    def run(*words):
        subprocess.run([PROGRAM, *words], cwd=directory, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run("hunt", *setting, "--head-dim", "16", "--evaluations", "700", "-o", "worst.safetensors", "--force")
    run("hunt", *setting, "--shrink", "worst.safetensors", "-o", "small.safetensors", "--json", "s.json", "--force")
    run("generate", "file", "path=small.safetensors", f"rule={rule}", "--chunk", str(chunk), "-o", "a.npy", "--force")
    lines = json.load(open(f"{directory}/s.json"))["pytorch"]
    scope = {}
    exec("\n".join(lines), scope)  # pylint: disable=exec-used
    stored, exact = read_safetensors(f"{directory}/small.safetensors"), read_npy(f"{directory}/a.npy")
    for name in ("khat", "eta") if rule == "rwkv7" else ("k", "b") if rule == "gdn2" else ("k", "beta"):
        assert flat(scope[name].tolist()) == stored[name], f"{rule}: {name}"
    if "g" in stored:
        assert flat(scope["g"].tolist()) == stored["g"], f"{rule}: g"
    rows = scope["A"].tolist()
    for i, row in enumerate(rows):
        for j, x in enumerate(row):
            assert abs(x - exact[i * chunk + j]) <= 1e-14, f"{rule}: A[{i}, {j}] {x} {exact[i * chunk + j]}"


def main():
    try:
        import torch  # noqa: F401
    except ImportError:
        sys.modules["torch"] = stand_in()
    with tempfile.TemporaryDirectory() as directory:
        for rule in ("gdn", "delta-net", "kda", "gdn2", "rwkv7", "comba"):
            check(directory, rule, 16)


main()
