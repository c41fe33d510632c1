"""assert_inverse: what FLA's kernels returned passes; planted bugs fail with their cause."""

import json
import struct

import numpy
import pytest

import tristab

DTYPES = {"F32": numpy.float32, "F16": numpy.float16, "F64": numpy.float64, "I32": numpy.int32, "I64": numpy.int64}


def tensors_of(path):
    """{name: array} of a .safetensors file; bf16 as float32."""
    with open(path, "rb") as file:
        raw = file.read()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        part = raw[8 + size + begin : 8 + size + end]
        if entry["dtype"] == "BF16":
            words = numpy.frombuffer(part, numpy.uint16).astype(numpy.uint32) << 16
            arrays[name] = words.view(numpy.float32).reshape(entry["shape"])
        else:
            arrays[name] = numpy.frombuffer(part, DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays


@pytest.mark.parametrize("layer", ["gdn.layer6", "gdnneg.layer6"])
@pytest.mark.parametrize("dot", ["ieee", "tf32"])
def test_what_fla_returned_on_an_h100_passes(layer, dot, data):
    arrays = tensors_of(data("h100-fla-solve-tril.safetensors"))
    A = tristab.blocks(arrays[f"{layer}.bt64.A"])
    T = tristab.blocks(arrays[f"{layer}.bt64.{dot}.f32"])
    tristab.assert_inverse(A, T, kernel=f"fla-solve-tril:dot={dot}")


A = tristab.inputs("generated", chunk=64, trials=2)


def mutant(kind):
    T = tristab.invert(A, kernel="fla-solve-tril").copy()
    if kind == "sign":
        T[:, 32:48, 0:16] *= -1
    elif kind == "transposed":
        T[:] = T.transpose(0, 2, 1)
    elif kind == "zeroed":
        T[:, 48:64, 16:32] = 0
    elif kind == "diagonal":
        T[:, range(64), range(64)] = 0
    elif kind == "nan":
        T[3, 40, 7] = numpy.nan
    return T


@pytest.mark.parametrize("kind, cause", [
    ("sign", r"block \(3,1\) has the wrong sign"),
    ("transposed", r"structural: .*transposed"),
    ("zeroed", r"structural: .*block \(4,2\)"),
    ("diagonal", r"structural: .*diagonal"),
    ("nan", r"structural: .*(finite|NaN)"),
])
def test_planted_bugs_fail_with_the_cause(kind, cause):
    with pytest.raises(AssertionError, match=cause):
        tristab.assert_inverse(A, mutant(kind), kernel="fla-solve-tril")


def test_another_kernel_is_found_by_its_bits():
    T = tristab.invert(A, method="mxr:block=16", arithmetic="fp16")
    judged = tristab.check(A, T)
    assert judged and "mxr" in judged.text


def test_exact_gates_and_again():
    T = tristab.invert(A, kernel="fla-solve-tril")
    assert tristab.check(A, T, kernel="fla-solve-tril", exact=True, gates=["fla:0.005", "cosine"], again=T)
    other = T.copy()
    other[0, 9, 2] = numpy.nextafter(other[0, 9, 2], numpy.float32(9))
    assert not tristab.check(A, T, kernel="fla-solve-tril", again=other)
    assert not tristab.check(A, other, kernel="fla-solve-tril", exact=True)
    assert tristab.check(A, other, kernel="fla-solve-tril")


def test_a_layer_is_judged_with_its_outputs():
    L = tristab.generate_layer("gdn", chunk=32, chunks=2, trials=2)
    R = tristab.layer(**L, kernel="fla-gdn", chunk=32)
    assert tristab.check(L, R, kernel="fla-gdn", chunk=32)
    assert tristab.check(L, tristab.invert(L, kernel="fla-gdn"), kernel="fla-gdn", exact=True)
    R["o"] = R["o"].copy()
    R["o"][40:50] *= 1.5
    judged = tristab.check(L, R, kernel="fla-gdn", chunk=32)
    assert not judged and any(item["part"] == "o" for item in judged.report["items"] if item["outcome"] == "failed")


def test_the_plugin_gives_fixtures_and_shows_the_line_of_the_test(pytester):
    pytester.makepyfile("""
        import tristab

        def test_right(tristab_inputs, tristab_assert):
            A = tristab_inputs("trained", chunk=32, trials=2)
            tristab_assert(A, tristab.invert(A, method="mbh", arithmetic="fp16"), method="mbh", arithmetic="fp16")

        def test_wrong(tristab_inputs):
            A = tristab_inputs("hard", chunk=32, trials=2)
            tristab.assert_inverse(A, -A, method="mbh", arithmetic="fp16")

        def test_layer(tristab_layer):
            assert tristab_layer("kda", chunk=16)["k"].shape == (64, 8, 128)
    """)
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*tristab.assert_inverse(A, -A*", "E*AssertionError:*"])
    assert "judged = check(" not in result.stdout.str()
