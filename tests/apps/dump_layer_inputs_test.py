"""apps/dump_layer_inputs.py: what it writes is read by tristab, and holds what entered the kernels.

    dump_layer_inputs_test.py PROGRAM SCRIPT writer|model     exits with 77, skipped, where numpy (model: torch) is absent
"""

import importlib.util
import json
import struct
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

try:
    import numpy as np
except ImportError:
    print("SKIPPED: numpy is not installed")
    sys.exit(77)
if sys.argv[3] == "model":
    try:
        import torch
    except ImportError:
        print("SKIPPED: torch is not installed")
        sys.exit(77)

PROGRAM = sys.argv[1]
_spec = importlib.util.spec_from_file_location("dump_layer_inputs", sys.argv[2])
dump = importlib.util.module_from_spec(_spec)
sys.dont_write_bytecode = True
_spec.loader.exec_module(dump)


def run(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{arguments}: {done.returncode}: {done.stderr}")
    return done.stdout


def inverses(file, directory, chunk, *options):
    """(I + A)^-1 of every chunk of a file, in fp64, by tristab."""
    run("invert", file, "--chunk", chunk, "--method", "row-substitution", "--arithmetic", "fp64", "-o",
        directory / "x.npy", *options)
    return np.load(directory / "x.npy")


def inverse_of(k, beta, g):
    """The same by numpy, for one chunk of one head: k [n, d], beta [n], g [n] or [n, d] (families: GDN and KDA)."""
    sums = np.cumsum(g, axis=0)
    n = len(k)
    a = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            a[i, j] = beta[i] * np.sum(k[i] * k[j] * np.exp(sums[i] - sums[j])) if g.ndim == 2 else (
                beta[i] * (k[i] @ k[j]) * np.exp(sums[i] - sums[j]))
    return np.linalg.inv(np.eye(n) + a)


class InDirectory(unittest.TestCase):
    def setUp(self):
        self._directory = tempfile.TemporaryDirectory()
        self.addCleanup(self._directory.cleanup)
        self.directory = Path(self._directory.name)
        self.file = self.directory / "f.safetensors"

    def expect_inverses(self, chunk, chunks, *options):
        found = inverses(self.file, self.directory, chunk, *options)
        self.assertEqual(len(found), len(chunks))
        for x, (k, beta, g) in zip(found, chunks):
            np.testing.assert_allclose(x[: len(k), : len(k)], inverse_of(k, beta, g), rtol=0, atol=1e-12)


class Writer(InDirectory):
    def arrays(self):
        random = np.random.default_rng(1)
        k = random.standard_normal((10, 2, 4)).astype(np.float32)
        return {"layer3.k": k / np.linalg.norm(k, axis=2, keepdims=True),
                "layer3.beta": random.uniform(0, 1, (10, 4)).astype(np.float16),
                "layer3.g": -random.uniform(0, 0.1, (10, 4)),
                "layer3.cu_seqlens": np.array([0, 3, 10])}

    def test_what_it_writes_is_a_safetensors_file(self):
        arrays = self.arrays()
        dump.write_safetensors(self.file, arrays, {"model": "m"})
        data = self.file.read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + length])
        self.assertEqual(header.pop("__metadata__"), {"model": "m"})
        self.assertEqual(set(header), set(arrays))
        dtypes = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            self.assertEqual(begin % np.dtype(dtypes[entry["dtype"]]).itemsize, 0)
            values = np.frombuffer(data[8 + length + begin : 8 + length + end], dtypes[entry["dtype"]])
            np.testing.assert_array_equal(values.reshape(entry["shape"]), arrays[name])
        self.assertEqual(8 + length + max(entry["data_offsets"][1] for entry in header.values()), len(data))

    def test_tristab_forms_the_matrices_that_numpy_does(self):
        arrays = self.arrays()
        dump.write_safetensors(self.file, arrays)
        k, beta, g = (arrays["layer3." + part].astype(float) for part in ("k", "beta", "g"))
        chunks = [(k[first:last, head // 2], beta[first:last, head], g[first:last, head])
                  for ends in ([(0, 3)], [(3, 7), (7, 10)]) for head in range(4) for first, last in ends]
        self.expect_inverses(4, chunks)

    def test_archives_of_numpy_are_read_without_prefix(self):
        arrays = {name.split(".")[1]: x for name, x in self.arrays().items()}
        self.file = self.directory / "f.npz"
        np.savez(self.file, **arrays)
        self.assertIn("gdn, 10 tokens, 2 sequences, 4 heads (2 of keys)", run("generate", "--describe", self.file))
        k, beta, g = (arrays[part].astype(float) for part in ("k", "beta", "g"))
        self.expect_inverses(16, [(k[first:last, 1], beta[first:last, 3], g[first:last, 3])
                                  for first, last in ((0, 3), (3, 10))], "--heads", "3")

    def test_description_and_sweep_read_it(self):
        dump.write_safetensors(self.file, self.arrays())
        self.assertIn("gdn, 10 tokens, 2 sequences, 4 heads (2 of keys)", run("generate", "--describe", self.file))
        configuration = self.directory / "c.json"
        configuration.write_text(json.dumps({
            "chunks": [16], "families": [{"family": "file", "path": str(self.file)}], "methods": ["mbh"],
            "arithmetics": ["bf16"]}))
        run("sweep", configuration, "-o", self.directory / "r.json")
        self.assertEqual(len(json.loads((self.directory / "r.json").read_text())["records"]), 8)

    def test_a_dtype_that_tristab_cannot_read_is_refused(self):
        with self.assertRaisesRegex(dump.UnknownInputs, "dtype uint8; allowed: float64"):
            dump.write_safetensors(self.file, {"k": np.zeros(3, np.uint8)})
        with self.assertRaisesRegex(dump.UnknownInputs, "no call of a chunk kernel was seen"):
            dump.Recorder().save(self.file)


def small_models():
    """Layers that call kernels as transformers (an attribute) and FLA (a name of the layer's file) do; the kernels keep
    what they were given."""
    seen = []

    def torch_chunk_gated_delta_rule(query, key, value, g, beta, chunk_size=64, use_qk_l2norm_in_kernel=False, **kwargs):
        seen.append(("gdn", key.clone(), beta.clone(), g.clone()))
        return value * 1, None

    def chunk_kda(q, k, v, g, beta, scale=None, use_gate_in_kernel=False, A_log=None, dt_bias=None, cu_seqlens=None,
                  use_qk_l2norm_in_kernel=False, **kwargs):
        seen.append(("kda", k.clone(), beta.clone(), g.clone()))
        return v * 1, None

    def chunk_gated_delta_product(q, k, v, g, beta, num_householder=1, cu_seqlens=None):
        seen.append(("product", k.clone(), beta.clone(), g.clone()))
        return v[:, ::num_householder], None

    class Layer(torch.nn.Module):
        def __init__(self, index, key_heads):
            super().__init__()
            self.layer_idx, self.key_heads = index, key_heads
            self.keys = torch.nn.Linear(8, 4 * key_heads, bias=False)
            self.values = torch.nn.Linear(8, 8, bias=False)
            self.gates = torch.nn.Linear(8, 4)

        def inputs(self, x):
            k = self.keys(x).view(*x.shape[:2], -1, 4)
            return k, self.values(x).view(*x.shape[:2], 2, 4), self.gates(x)

    class HuggingFaceLayer(Layer):
        def __init__(self, index):
            super().__init__(index, 1)
            self.chunk_gated_delta_rule = torch_chunk_gated_delta_rule

        def forward(self, x):
            k, v, gates = self.inputs(x)
            k = k.repeat_interleave(2, dim=2)
            g = -torch.nn.functional.softplus(gates[..., 2:])
            return self.chunk_gated_delta_rule(k, k, v, g=g, beta=gates[..., :2].sigmoid(),
                                               use_qk_l2norm_in_kernel=True)[0].flatten(2)

    # A file of its own, in which the layer looks its kernels up when it runs.
    file = types.ModuleType("layers_of_small_models")
    file.chunk_kda, file.chunk_gated_delta_product = chunk_kda, chunk_gated_delta_product
    sys.modules[file.__name__] = file

    class FlaLayer(Layer):
        def __init__(self, index):
            super().__init__(index, 2)
            self.A_log = torch.nn.Parameter(torch.tensor([0.1, -0.5]))
            self.dt_bias = torch.nn.Parameter(torch.linspace(-1, 1, 8))

        def forward(self, x):
            k, v, gates = self.inputs(x)
            raw = self.values(x).view(*x.shape[:2], 2, 4)
            return file.chunk_kda(q=k, k=k, v=v, g=raw, beta=gates[..., :2].sigmoid().bfloat16(), A_log=self.A_log,
                                  dt_bias=self.dt_bias, use_gate_in_kernel=True, use_qk_l2norm_in_kernel=True,
                                  cu_seqlens=self.cu_seqlens)[0].flatten(2)

    class ProductLayer(Layer):
        def forward(self, x):
            k, v, gates = self.inputs(x)
            twice = [y.repeat_interleave(2, dim=1) for y in (k, v, gates[..., :2].sigmoid())]
            return file.chunk_gated_delta_product(k, twice[0], twice[1], -gates[..., 2:].exp(), twice[2],
                                                  num_householder=2)[0].flatten(2)

    for layer in (FlaLayer, ProductLayer):
        layer.__module__ = file.__name__
    torch.manual_seed(1)
    return seen, file, HuggingFaceLayer, FlaLayer, ProductLayer


class Model(InDirectory):
    def setUp(self):
        super().setUp()
        self.seen, self.kernels, self.hugging_face, self.fla, self.product = small_models()

    def test_the_torch_fallback_of_transformers(self):
        model = torch.nn.Sequential(self.hugging_face(0), self.hugging_face(5))
        x = torch.randn(2, 7, 8)  # a batch of two sequences, and a call after it
        untouched = model(x)
        self.seen.clear()
        kernel = vars(model[0])["chunk_gated_delta_rule"]
        with torch.no_grad(), dump.record(model) as recorder:
            self.assertTrue(torch.equal(model(x), untouched))
            model(torch.randn(1, 5, 8))
        self.assertIs(vars(model[0])["chunk_gated_delta_rule"], kernel)
        recorder.save(self.file)
        arrays = recorder.arrays()
        self.assertEqual(sorted({name.split(".")[0] for name in arrays}), ["layer0", "layer5"])
        self.assertEqual(arrays["layer5.cu_seqlens"].tolist(), [0, 7, 14, 19])
        for layer, calls in (("layer0", self.seen[0::2]), ("layer5", self.seen[1::2])):
            for part, place in (("k", 1), ("beta", 2), ("g", 3)):
                entered = torch.cat([call[place].flatten(0, 1) for call in calls])
                self.assertTrue(torch.equal(arrays[f"{layer}.{part}"], entered))
        # The kernel normalises: tristab does so on reading, in fp32 as the tensors are.
        k, beta, g = (arrays["layer5." + part].double().numpy() for part in ("k", "beta", "g"))
        k = (k / np.sqrt((k * k).sum(2, keepdims=True) + 1e-6)).astype(np.float32).astype(float)
        self.expect_inverses(8, [(k[first:last, head], beta[first:last, head], g[first:last, head])
                                 for first, last in ((0, 7), (7, 14), (14, 19)) for head in (0, 1)],
                             "--layer", "layer5")

    def test_a_kernel_of_fla_that_forms_its_gate_on_packed_sequences(self):
        layer = self.fla(2)
        layer.cu_seqlens = torch.tensor([0, 4, 9], dtype=torch.int32)
        kernel = self.kernels.chunk_kda
        with torch.no_grad(), dump.record(torch.nn.Sequential(layer)) as recorder:
            layer(torch.randn(1, 9, 8))
        self.assertIs(self.kernels.chunk_kda, kernel)
        recorder.save(self.file)
        arrays = recorder.arrays()
        self.assertEqual(arrays["layer2.beta"].dtype, torch.bfloat16)
        raw = self.seen[0][3][0].double().numpy()
        rate, bias = np.exp(np.float32([0.1, -0.5]).astype(float)), np.linspace(-1, 1, 8).reshape(2, 4)
        gate = -rate[None, :, None] * np.log1p(np.exp(raw + bias))
        np.testing.assert_allclose(arrays["layer2.g"].numpy(), gate, rtol=1e-5)
        k, beta, g = (arrays["layer2." + part].double().numpy() for part in ("k", "beta", "g"))
        k = (k / np.sqrt((k * k).sum(2, keepdims=True) + 1e-6)).astype(np.float32).astype(float)
        self.expect_inverses(8, [(k[first:last, head], beta[first:last, head], g[first:last, head])
                                 for first, last in ((0, 4), (4, 9)) for head in (0, 1)])

    def test_delta_product_says_its_steps(self):
        layer = self.product(1, 2)
        with torch.no_grad(), dump.record(torch.nn.Sequential(layer)) as recorder:
            layer(torch.randn(1, 6, 8))
        recorder.save(self.file)
        self.assertEqual(recorder.arrays()["layer1.steps"].tolist(), [2])
        self.assertIn("delta-product, 6 tokens of 2 steps", run("generate", "--describe", self.file))
        k, beta, g = (recorder.arrays()["layer1." + part].double().numpy() for part in ("k", "beta", "g"))
        spread = np.zeros((12, 2))
        spread[::2] = g
        self.expect_inverses(16, [(k[:, head], beta[:, head], spread[:, head]) for head in (0, 1)])

    def test_layers_that_are_not_asked_for_are_left_out(self):
        model = torch.nn.Sequential(self.hugging_face(0), self.hugging_face(1))
        with torch.no_grad(), dump.record(model, ["layer1"]) as recorder:
            model(torch.randn(1, 5, 8))
        self.assertEqual(list(recorder.calls), ["layer1"])


if __name__ == "__main__":
    wanted = Writer if sys.argv[3] == "writer" else Model
    result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromTestCase(wanted))
    sys.exit(0 if result.wasSuccessful() else 1)
