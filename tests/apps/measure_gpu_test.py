"""apps/measure_gpu.py where there is no GPU: its command line, its comparison, and what its kernels compute.

    measure_gpu_test.py PROGRAM SCRIPT H200.json

The kernels run on numpy instead of Triton, one program after the other, with products as tristab's fp16 and tf32 have them:
k ascending, added in float32; tf32 operands truncated. They must equal `tristab invert` bit for bit. What needs numpy is
skipped where it is absent.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

try:
    import numpy as np
except ImportError:
    np = None

PROGRAM, SCRIPT, H200 = sys.argv[1:4]


# Triton on numpy: as much as the kernels use.

def numpy_triton():
    class Block(np.ndarray):
        def to(self, dtype):
            return self.astype(dtype)

    def block(x):
        return np.asarray(x).view(Block)

    class Pointer:
        def __init__(self, values, offset=0):
            self.values, self.offset = values, offset

        def __add__(self, other):
            return Pointer(self.values, self.offset + other)

    def where(condition, x, y):
        dtype = next((each.dtype for each in (x, y) if isinstance(each, np.ndarray)), np.dtype(np.float32))
        return block(np.where(condition, np.asarray(x, dtype), np.asarray(y, dtype)))

    def dot(x, y, addend, input_precision):
        def operand(x):
            truncated = np.ascontiguousarray(x, np.float32).view(np.uint32) & np.uint32(0xFFFFE000)  # fp16 keeps every bit
            return np.where(np.isnan(x), np.float32(np.nan), truncated.view(np.float32))

        total, x, y = np.array(addend, np.float32), operand(x), operand(y)
        for k in range(x.shape[1]):
            total = total + x[:, k, None] * y[k]
        return block(total)

    def store(pointer, x):
        pointer.values.reshape(-1)[pointer.offset] = x

    language = types.ModuleType("triton.language")
    vars(language).update(
        constexpr=None, static_range=range, Pointer=Pointer, program=0, float32=np.float32, int64=np.int64,
        program_id=lambda axis: block(np.int64(language.program)), arange=lambda a, b: block(np.arange(a, b)),
        zeros=lambda shape, dtype: block(np.zeros(shape, dtype)), where=where, dot=dot, store=store,
        load=lambda pointer: block(pointer.values.reshape(-1)[pointer.offset]), sum=lambda x, axis: block(np.sum(x, axis)))
    triton = types.ModuleType("triton")
    triton.jit, triton.language = lambda function: function, language
    return {"triton": triton, "triton.language": language}


def imported():
    """The script, on numpy where that is installed."""
    if np is not None:
        sys.modules.update(numpy_triton())
    spec = importlib.util.spec_from_file_location("measure_gpu", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["measure_gpu"] = module
    spec.loader.exec_module(module)
    return module


measure = imported()


def run(*arguments):
    return subprocess.run([sys.executable, "-B", SCRIPT, *map(str, arguments)], capture_output=True, text=True, check=False,
                          env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": ""})


def inverted(launch, a):
    """What the kernel of a launch returns on numpy."""
    x = np.full(a.shape, 12345, np.float32)
    a = a.astype(np.float16 if launch.format == "fp16" else np.float32)
    p, q, r = launch.method.arguments(launch.n)
    pointer = measure.tl.Pointer
    for measure.tl.program in range(len(a)):
        measure.invert(pointer(a), pointer(x), launch.n, launch.n.bit_length() - 1, launch.method.kernel, p, q, r)
    return x


class CommandLine(unittest.TestCase):
    def refused(self, code, text, *arguments):
        done = run(*arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(text, done.stderr)

    def test_help_names_every_way_to_compare(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        for option in ("--tristab", "--outputs", "--check", "--skip-check", "--formats", "--sizes"):
            self.assertIn(option, done.stdout)

    def test_what_is_missing_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run("--tristab", PROGRAM, "-o", f"{folder}/x.json")
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, "has no .*triton|torch finds no GPU")
            self.assertEqual(os.listdir(folder), [])

    def test_times_without_a_comparison_must_be_asked_for(self):
        self.refused(2, "nothing to compare with", "-o", "x.json")
        self.refused(2, "no output", "--tristab", PROGRAM)
        self.refused(2, "--check needs --tristab", "--check", "x.npz", "-o", "x.json")

    def test_names_and_numbers_are_checked(self):
        self.refused(2, "no method is called 'mhc'", "--methods", "mhc", "--skip-check", "-o", "x.json")
        self.refused(2, "--repeat: found 0", "--repeat", "0", "--skip-check", "-o", "x.json")
        self.refused(2, "--tristab: nowhere/tristab", "--tristab", "nowhere/tristab", "-o", "x.json")
        self.refused(2, "does not answer as tristab", "--tristab", "/bin/true", "-o", "x.json")

    def test_the_labels_are_those_of_tristab(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PROGRAM, "generate", "ones", "--chunk", "32", "-o", f"{folder}/a.npy"], check=True,
                           capture_output=True)
            for method in measure.METHODS:
                done = subprocess.run([PROGRAM, "invert", f"{folder}/a.npy", "--method", method.label, "--arithmetic", "fp32",
                                       "-o", f"{folder}/x.npy", "--force"], check=True, capture_output=True, text=True)
                self.assertIn(f"by {method.label} in fp32", done.stderr)

    def test_gpus_have_the_units_of_tristab(self):
        listed = subprocess.run([PROGRAM, "list", "arithmetics"], check=True, capture_output=True, text=True).stdout
        for capability in ((8, 0), (8, 6), (8, 9), (9, 0), (10, 0)):
            self.assertIn(f"\nfp16-{measure.unit_of('NVIDIA', capability)} ", listed)
        self.assertEqual(measure.unit_of("NVIDIA H200", (9, 0)), "h200")
        self.assertEqual(measure.unit_of("NVIDIA H100 80GB HBM3", (9, 0)), "h100")
        self.assertEqual(measure.unit_of("AMD Instinct MI300X", (9, 4), "gfx942:sramecc+"), "cdna3")
        self.assertIsNone(measure.unit_of("NVIDIA GeForce RTX 5090", (12, 0)))


class Documents(unittest.TestCase):
    def test_a_document_is_json_with_an_entry_a_line(self):
        document = {"summary": "s", "rates": {"launch": [{"what": "empty", "ns": 1.5}], "left_out": []},
                    "measured": [{"method": "mch", "n": 16}, {"method": "mbh", "n": 32}]}
        text = measure.text_of(document)
        self.assertEqual(json.loads(text), document)
        self.assertIn('\n    {"method": "mbh", "n": 32}\n', text)
        with tempfile.TemporaryDirectory() as folder:
            measure.write_document(f"{folder}/new/x.json", document)
            self.assertEqual(json.loads(Path(folder, "new/x.json").read_text()), document)
            self.assertEqual(os.listdir(f"{folder}/new"), ["x.json"])

    def test_every_checked_time_of_the_h200_has_equal_bits(self):
        document = json.loads(Path(H200).read_text())
        checked = [entry for entry in document["measured"] if entry.get("checked")]
        self.assertEqual([entry for entry in checked if entry["differing"] != 0 or entry["compared"] < 1 << 17], [])
        for name in ("fp16-h200", "bf16-h200", "tf32-h200"):
            for n in measure.SIZES:
                self.assertGreater(sum(entry["arithmetic"] == name and entry["n"] == n for entry in checked), 10)
        # Every other time says why it was not compared, or in which run it was.
        for entry in document["measured"]:
            self.assertTrue(entry.get("checked") or entry.get("unchecked_because") or entry.get("source"), entry)
        self.assertEqual(document["notes"]["differing"], 0)
        self.assertNotIn('"/', Path(H200).read_text())  # no path of a machine


@unittest.skipIf(np is None, "numpy is not installed")
class Comparison(unittest.TestCase):
    def test_a_flipped_bit_is_found_at_its_place(self):
        wanted = np.linspace(-2, 2, 512, dtype=np.float32).reshape(2, 16, 16)
        for bit in (0, 12, 22, 31):
            got = wanted.copy()
            got.view(np.uint32)[1, 3, 5] ^= np.uint32(1 << bit)
            self.assertEqual([list(place) for place in np.argwhere(measure.differing(got, wanted))], [[1, 3, 5]])
        self.assertEqual(measure.compared(wanted, wanted), {"compared": 512, "nonfinite": 0, "differing": 0, "checked": True})

    def test_nan_equals_nan_and_nothing_else(self):
        nan = np.array([0x7FC00000, 0xFFC00001, 0x7F800001], np.uint32).view(np.float32)
        self.assertFalse(measure.differing(nan, nan[::-1].copy()).any())
        for other in (0.0, 1.0, np.inf, -np.inf):
            self.assertTrue(measure.differing(nan, np.full(3, other, np.float32)).all())
            self.assertTrue(measure.differing(np.full(3, other, np.float32), nan).all())
        self.assertEqual(measure.compared(nan, np.array([np.nan, np.nan, 1], np.float32))["differing"], 1)
        self.assertEqual(measure.compared(nan, nan)["nonfinite"], 3)

    def test_signs_of_zeros_and_infinities_count(self):
        x = np.array([0.0, np.inf], np.float32)
        self.assertTrue(measure.differing(x, -x).all())

    def test_a_shape_that_differs_is_refused(self):
        with self.assertRaisesRegex(measure.Trouble, "shape"):
            measure.compared(np.zeros((1, 4, 4), np.float32), np.zeros((2, 4, 4), np.float32))

    def test_files_that_hold_no_matrices_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            np.save(f"{folder}/a.npy", np.zeros((3, 16, 17), np.float32))
            for file in (f"{folder}/a.npy", f"{folder}/none.npy"):
                with self.assertRaisesRegex(measure.Trouble, "--input: "):
                    measure.read_inputs([file])

    def test_outputs_are_compared_elsewhere(self):
        methods = [m for m in measure.METHODS if m.label in ("mch", "mbh")]
        launches = measure.launches_of(methods, ["fp16"], [16])
        inputs = {16: np.concatenate(list(measure.make_inputs(16, 1024).values()))}
        with tempfile.TemporaryDirectory() as folder:
            outputs = {measure.key_of(each.entry("h200")): measure.predict(PROGRAM, each.method.label, "fp16-h200", inputs[16],
                                                                           folder) for each in launches}
            outputs["mbh fp16-h200 16 1"][7, 9, 2] = np.nan
            document = {"notes": {"checked": False},
                        "measured": [{**each.entry("h200"), "ns": 1, "p10": 1, "p90": 1, "checked": False} for each in launches]}
            measure.write_outputs(f"{folder}/run.npz", document, inputs, outputs)
            done = run("--check", f"{folder}/run.npz", "--tristab", PROGRAM, "-o", f"{folder}/x.json")
            self.assertEqual(done.returncode, 1, done.stderr)
            document = json.loads(Path(folder, "x.json").read_text())
            first, second = document["measured"]
            self.assertEqual((document["notes"]["checked"], document["notes"]["differing"]), (True, 1))
            self.assertEqual((first["method"], first["compared"], first["differing"]), ("mch", inputs[16].size, 0))
            self.assertEqual((second["method"], second["compared"], second["differing"]), ("mbh", inputs[16].size, 1))
            self.assertIn("1 of 3072 differ", done.stdout)
            self.assertEqual(run("--check", SCRIPT, "--tristab", PROGRAM, "-o", f"{folder}/y.json").returncode, 3)


@unittest.skipIf(np is None, "numpy is not installed")
class Kernels(unittest.TestCase):
    def test_kernels_compute_what_the_methods_say(self):
        np.seterr(all="ignore")
        nonfinite = 0
        with tempfile.TemporaryDirectory() as folder:
            for n in (16, 32, 64):
                a = np.concatenate([kind[-2:] for kind in measure.make_inputs(n, 4096).values()])
                for launch in measure.launches_of(measure.METHODS, ["fp16", "tf32", "fp32"], [n], [1]):
                    if launch.method.unchecked:
                        continue
                    arithmetic = "tf32:rounding=toward-zero" if launch.format == "tf32" else launch.format
                    wanted = measure.predict(PROGRAM, launch.method.label, arithmetic, a, folder)
                    found = measure.compared(inverted(launch, a), wanted)
                    nonfinite += found["nonfinite"]
                    self.assertEqual(found["differing"], 0, f"{launch.method.label} in {launch.format} at {n}: {found}")
        self.assertGreater(nonfinite, 0)

    def test_hard_inputs_overflow_and_decayed_ones_are_subnormal(self):
        inputs = measure.make_inputs(64, 1 << 16)
        half = inputs["decayed"].astype(np.float16)
        self.assertGreater(((half != 0) & (np.abs(half) < 2.0**-14)).sum(), 1000)
        with tempfile.TemporaryDirectory() as folder:
            self.assertFalse(np.isfinite(measure.predict(PROGRAM, "mch", "fp16", inputs["hard"], folder)).all())
            self.assertTrue(np.isfinite(measure.predict(PROGRAM, "mbh", "fp16", inputs["ordinary"], folder)).all())


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main(argv=sys.argv[:1])
