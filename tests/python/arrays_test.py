"""Arrays of any batch shape and dtype, of numpy and torch; errors, threads, and an interruption."""

import fractions
import signal
import subprocess
import sys
import threading
import time

import numpy
import pytest

import tristab
from tristab import _arrays

A = tristab.generate("gdn", chunk=16, trials=6)
SETTING = {"method": "mbh", "arithmetic": "fp16"}


def test_batch_shapes():
    T = tristab.invert(A, **SETTING)
    assert tristab.invert(A[0], **SETTING).shape == (16, 16)
    for shape in ((6, 16, 16), (2, 3, 16, 16), (1, 2, 1, 3, 16, 16)):
        assert (tristab.invert(A.reshape(shape), **SETTING) == T.reshape(shape)).all()


def test_strided_and_big_endian_arrays_are_read_as_they_are_seen():
    T = tristab.invert(A, **SETTING)
    assert (tristab.invert(A[::2], **SETTING) == T[::2]).all()
    assert (tristab.invert(numpy.asfortranarray(A), **SETTING) == T).all()
    assert (tristab.invert(A.astype(">f8"), **SETTING) == T).all()


def test_dtypes_of_numpy():
    for dtype in (numpy.float64, numpy.float32, numpy.float16):
        rounded = A.astype(dtype)
        assert (tristab.invert(rounded, **SETTING) == tristab.invert(rounded.astype(numpy.float64), **SETTING)).all()
    with pytest.raises(TypeError, match="A has the dtype int8; allowed: float64, float32, float16, bfloat16"):
        tristab.invert(A.astype(numpy.int8), **SETTING)


def test_no_copy_is_made_of_an_array_in_order():
    array, _ = _arrays.given(A)
    assert numpy.shares_memory(array, A)
    (batch, _), _ = _arrays.matrices(A.reshape(2, 3, 16, 16))
    assert numpy.shares_memory(batch, A)


def test_torch_tensors_give_torch_tensors():
    torch = pytest.importorskip("torch")
    for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
        x = torch.from_numpy(A).to(dtype)
        T = tristab.invert(x, **SETTING)
        assert isinstance(T, torch.Tensor)
        assert (T.numpy() == tristab.invert(x.double().numpy(), **SETTING)).all()
    x = torch.from_numpy(A)
    assert numpy.shares_memory(_arrays.given(x)[0], A)
    words = x.to(torch.bfloat16)
    assert _arrays.given(words)[0].__array_interface__["data"][0] == words.data_ptr()
    assert tristab.reference(x).inverse.dtype == torch.float64


def test_a_subclass_of_tensor_is_a_tensor():
    torch = pytest.importorskip("torch")

    class Mine(torch.Tensor):
        pass

    x = torch.from_numpy(A).as_subclass(Mine).requires_grad_()
    assert isinstance(tristab.invert(x, **SETTING), torch.Tensor)


def test_packed_sequences_without_tokens_have_the_state_0():
    L = tristab.generate_layer("gdn", chunks=2, trials=2)
    R = tristab.layer(**L, kernel="fla-solve-tril", cu_seqlens=numpy.array([0, 70, 70, 128], dtype=numpy.int64))
    assert R["state"].shape == (3, 2, 128, 128) and (R["state"][1] == 0).all()
    alone = tristab.layer(**{name: x[70:] for name, x in L.items()}, kernel="fla-solve-tril")
    assert (R["state"][2] == alone["state"]).all() and (R["o"][70:] == alone["o"]).all()


def test_kernels_take_the_sizes_that_they_have():
    L = tristab.generate_layer("gdn", chunk=16, chunks=8, trials=1)
    assert tristab.invert(L, kernel="flashkda-v1").shape == (1, 8, 16, 16)
    assert tristab.layer(**L, kernel="fla-gdn")["T"].shape == (128, 1, 32)
    assert tristab.invert({"A": A}, **SETTING).shape == A.shape


def test_the_reference_is_the_exact_inverse():
    n = 8
    rng = numpy.random.default_rng(1)
    a = numpy.tril(rng.integers(-8, 9, (n, n)) / 8.0, -1)
    exact = [[fractions.Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    for i in range(n):
        for j in range(n):
            exact[i][j] -= sum(fractions.Fraction(a[i, k]) * exact[k][j] for k in range(i))
    inverse, low, residual = tristab.reference(a)
    for i in range(n):
        for j in range(n):
            assert inverse[i, j] == float(exact[i][j])
            assert low[i, j] == float(exact[i][j] - fractions.Fraction(inverse[i, j]))
    assert residual.shape == () and residual <= 2.0**-80


def test_measure_agrees_with_numpy_and_keeps_the_batch_shape():
    T = tristab.invert(A, **SETTING).astype(numpy.float64)
    X = tristab.reference(A).inverse
    measured = tristab.measure(A.reshape(2, 3, 16, 16), T.reshape(2, 3, 16, 16))
    error = numpy.linalg.norm(T - X, axis=(1, 2)) / numpy.linalg.norm(X, axis=(1, 2))
    assert measured["total_frobenius"].shape == (2, 3)
    assert measured["total_frobenius"].ravel() == pytest.approx(error, rel=1e-12)
    assert measured["max_abs"].ravel() == pytest.approx(numpy.abs(T - X).max(axis=(1, 2)), rel=1e-12)
    assert set(measured["status"].ravel()) == {"ok"}


def test_a_result_that_is_not_finite_is_measured_as_such():
    T = tristab.invert(A, **SETTING)
    T[2, 5, 1] = numpy.inf
    measured = tristab.measure(A, T)
    assert list(measured["status"]) == ["ok", "ok", "nonfinite", "ok", "ok", "ok"]
    assert numpy.isnan(measured["total_frobenius"][2]) and measured["fit"][2] == "nonfinite"


@pytest.mark.parametrize("call, message", [
    (lambda: tristab.invert(A, kernel="fla-solve-trl"), r"kernel: no kernel is called 'fla-solve-trl'; did you mean 'fla-"),
    (lambda: tristab.invert(A, method="mxr"), r"tristab\.invert: found no arithmetic; allowed: method and arithmetic, or kernel"),
    (lambda: tristab.invert(A, kernel="fla-solve-tril", method="mxr"), r"found kernel with method; allowed: kernel alone"),
    (lambda: tristab.invert(A, method="mxr:blok=8", arithmetic="fp16"), r"method: no parameter .*'blok'; did you mean 'block'"),
    (lambda: tristab.invert(A, kernel="fla-solve-tril:dot=tf3"), r"dot.*tf3"),
    (lambda: tristab.invert(A[:, :8], **SETTING), r"A has the shape \[6, 8, 16\]; allowed: \[\.\.\., n, n\]"),
    (lambda: tristab.invert(A + numpy.eye(16), **SETTING), r"A: tensor 'array' holds 1 at index \[0, 0, 0\], on or above"),
    (lambda: tristab.invert(A * numpy.nan, **SETTING), r"A: tensor 'array' holds NaN"),
    (lambda: tristab.generate("gdm"), r"no family is called 'gdm'; did you mean 'gdn'"),
    (lambda: tristab.check(A, A[:2], **SETTING), r"the output: tensor 'T' has the shape \[2, 16, 16\]; allowed: 6 matrices"),
    (lambda: tristab.check(A, {"w": A}, **SETTING), r"tristab\.check: found w in T; allowed for matrices: T"),
    (lambda: tristab.check(A, A, again=A[:2]), r"found again with .*allowed: the shapes of T"),
    (lambda: tristab.generate("gdn", chunk=0), r"chunk: found 0; allowed: a whole number from 1 to 4096"),
    (lambda: tristab.generate("gdn", trials=-1), r"trials: found -1"),
    (lambda: tristab.generate("gdn", seed=-1), r"seed: found -1"),
    (lambda: tristab.generate_layer("gdn", chunks=0), r"chunks: found 0"),
    (lambda: tristab.generate_layer("ones"), r"family: found 'ones', which has no keys"),
    (lambda: tristab.form(A[0], A[0, 0], G=A[0, 0]), r"the layer: no tensor of a layer is called 'G'; did you mean 'g'"),
    (lambda: tristab.form(A[0], A[0, 0], chunk=-1), r"chunk: found -1"),
    (lambda: tristab.invert(A, chunk=32, **SETTING), r"found chunk 32 for matrices of size 16"),
    (lambda: tristab.invert(A.astype(numpy.int64), **SETTING), r"A has the dtype int64; allowed"),
    (lambda: tristab.recommend("gdn", tokens="0:64"), r"tokens: found 0:64; allowed: with input"),
    (lambda: tristab.measure(A, A[:2]), r"T has the shape \[2, 16, 16\]; allowed: \[6, 16, 16\]"),
    (lambda: tristab.recommend("gdn", hunts=3), r"argument is called 'hunts'; did you mean 'hunt'"),
    (lambda: tristab.recommend(), r"tristab\.recommend: found no inputs; allowed: family .*, or input"),
    (lambda: tristab.sweep({"methods": ["mxr"], "famlies": ["gdn"]}), r"config: .*'famlies'.*'families'"),
    (lambda: tristab.sweep("/no/such/file.json"), r"/no/such/file\.json: cannot be opened"),
    (lambda: tristab.form(A[0]), r"the layer: found k alone; allowed: k, beta"),
])
def test_errors_are_exceptions_in_the_words_of_the_call(call, message):
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        call()
    assert "--" not in str(caught.value) and "RuntimeError" not in repr(caught.value)


def test_threads_of_python_run_at_the_same_time_and_agree():
    big = tristab.generate("gdn", chunk=64, trials=16)
    expected = tristab.invert(big, **SETTING)
    found = [None] * 4

    def work(k):
        found[k] = tristab.invert(big, **SETTING)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((x == expected).all() for x in found)


def test_the_gil_is_free_while_the_library_computes():
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    began = time.monotonic()
    tristab.sweep({"families": ["gdn"], "methods": ["mbh"], "arithmetics": ["fp16"], "chunks": [64], "trials": 200})
    ended = time.monotonic()
    done.set()
    thread.join()
    assert sum(began < tick < ended for tick in ticks) > 5


def test_ctrl_c_ends_a_long_call():
    code = ("import tristab, sys\nprint('ready', flush=True)\ntry:\n"
            "  tristab.sweep({'families': ['gdn'], 'methods': ['mbh'], 'arithmetics': ['fp16'], 'chunks': [256], 'trials': 100000})\n"
            "except KeyboardInterrupt:\n  print('interrupted', tristab.invert(tristab.generate('ones', chunk=16), method='mbh',"
            " arithmetic='fp16').shape)\n")
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert out == "interrupted (1, 16, 16)\n" and process.returncode == 0
