"""tristab: is T = (I + A)^-1 right, as a kernel computes it?

A is strictly lower triangular, n x n; linear-attention layers of the delta rule invert I + A for every chunk. Everything
here is what the program `tristab` computes, bit for bit.

Arrays are numpy arrays or torch tensors (float64, float32, float16, bfloat16; of any batch shape), read without a copy
where they are in row-major order. Results are numpy arrays, or torch tensors where the input was one.

A setting, how T is computed, is `kernel=` (a name of kernels(), with parameters as in "fla-solve-tril:dot=tf32", or the
path of a recipe), or `method=` and `arithmetic=` ("mxr:block=8", "fp16"). A dict with the name and parameters is the same:
{"method": "mxr", "block": 8}.

Functions release the GIL, use all cores, and may be called by several threads; Ctrl-C ends all that run. What was asked wrongly raises UsageError,
what arrays or files may not hold InputError; both are ValueErrors with the program's message.
"""

import json
import os
from typing import Any, Dict, List, NamedTuple, Optional, Union

import numpy

from . import _arrays, _tristab
from ._tristab import InputError, UsageError

UsageError.__module__ = InputError.__module__ = "tristab"
__version__ = _tristab.version()
__all__ = [
    "Check", "InputError", "Recommendation", "Records", "Reference", "UsageError", "arithmetics", "assert_inverse", "blocks", "check",
    "families", "form", "formations", "generate", "generate_layer", "inputs", "invert", "kernels", "layer", "measure",
    "methods", "recommend", "reference", "sweep",
]


# A name with parameters, a dict of them, or (kernel) the path of a recipe.
Name = Union[str, Dict[str, Any], "os.PathLike[str]", None]


def _inverter(function, kernel, method, arithmetic, formation=None):
    if kernel is not None:
        for name, value in (("method", method), ("arithmetic", arithmetic), ("formation", formation)):
            if value is not None:
                raise UsageError(f"tristab.{function}: found kernel with {name}; allowed: kernel alone, which has its own")
        return _tristab.Inverter(_arrays.text(kernel))
    if method is None or arithmetic is None:
        missing = "method" if method is None else "arithmetic"
        raise UsageError(f"tristab.{function}: found no {missing}; allowed: method and arithmetic, or kernel")
    return _tristab.Inverter(_arrays.text(method), _arrays.text(arithmetic), _arrays.text(formation or "exact"))


def _inverter_or_none(function, kernel, method, arithmetic):
    if kernel is None and method is None and arithmetic is None:
        return None
    return _inverter(function, kernel, method, arithmetic)


def invert(A: Any, *, kernel: Name = None, method: Name = None, arithmetic: Name = None, formation: Name = None,
           chunk: Optional[int] = None) -> Any:
    """T = (I + A)^-1 as a kernel, or a method in an arithmetic, computes it: what `tristab invert` writes.

    A: [..., n, n], strictly lower triangular and finite. Or the tensors of a layer by name, {"k": ..., "beta": ...,
    "g": ...} (shapes: form); then A of every chunk is formed as `formation`, or the kernel, says.

    chunk: the size that a layer is cut into (None: 64, or what the kernel takes).

    Returns [..., n, n], or [(batch,) heads, chunks, n, n] of a layer: float32, or float64 if a step of the arithmetic is
    wider than fp32. Raises UsageError for unknown names, InputError for what A may not hold.
    """
    inverter = _inverter("invert", kernel, method, arithmetic, formation)
    if isinstance(A, dict) and set(A) == {"A"}:
        A = A["A"]
    if isinstance(A, dict):
        return _arrays.like(_tristab.invert_layer(inverter, _arrays.tensors(A), chunk or 0), A.get("k"))
    (batch, dtype), shape = _arrays.matrices(A)
    if chunk is not None and chunk != shape[-1]:
        raise UsageError(f"tristab.invert: found chunk {chunk} for matrices of size {shape[-1]}; allowed: for layers")
    return _arrays.like(_tristab.invert(inverter, (batch, dtype)).reshape(shape), A)


def form(k: Any, beta: Any = None, g: Any = None, *, chunk: Optional[int] = None, formation: Name = None, kernel: Name = None,
         **parts: Any) -> Any:
    """A of every chunk of a layer: A_ij = beta_i exp(G_i - G_j) k_i . k_j for i > j, G the running sum of g in the chunk.

    k: [(batch,) tokens, key heads, d_k]; beta: [(batch,) tokens, heads]; g: [(batch,) tokens, heads] or [(batch,) tokens,
    heads, d_k], the log decay of each token to base e. `parts`: what other rules need (a, b, p, ...; `tristab list rules`),
    cu_seqlens, and conventions (l2norm=[1]).
    formation: how it is computed, "exact" (in double) or one of formations(); or `kernel`, for that of a kernel.

    chunk: None for 64, or what the kernel takes.

    Returns [(batch,) heads, chunks, chunk, chunk] in float64; of packed sequences (cu_seqlens) [matrices, chunk, chunk]. A
    last chunk of fewer tokens is completed by zero rows.
    """
    tensors = _arrays.tensors({"k": k, "beta": beta, "g": g, **parts})
    if kernel is not None:
        if formation is not None:
            raise UsageError("tristab.form: found kernel with formation; allowed: one of them")
        return _arrays.like(_tristab.form_by(tensors, chunk or 0, _tristab.Inverter(_arrays.text(kernel))), k)
    return _arrays.like(_tristab.form(tensors, chunk or 0, _arrays.text(formation or "exact")), k)


def blocks(x: Any) -> Any:
    """Matrices as kernels of layers store them, a row a token, as a batch: [(batch,) tokens, heads, n] -> [(batch,) heads,
    tokens / n, n, n], in the order of form. A view where the array allows it; tokens must be a multiple of n."""
    tokens, heads, n = x.shape[-3:]
    if tokens % n != 0:
        raise InputError(f"found {tokens} tokens; allowed: a multiple of {n}, the size of the blocks")
    split = x.reshape(*x.shape[:-3], tokens // n, n, heads, n)
    order = [*range(split.ndim - 4), split.ndim - 2, split.ndim - 4, split.ndim - 3, split.ndim - 1]
    return split.permute(order) if _arrays.is_torch(x) else split.transpose(order)


def layer(q: Any, k: Any, v: Any, beta: Any = None, g: Any = None, *, kernel: Name = None, method: Name = None,
          arithmetic: Name = None, formation: Name = None, chunk: Optional[int] = None, rest: Name = "bf16",
          **parts: Any) -> Dict[str, Any]:
    """What a layer computes from T, chunk after chunk, from the state 0, in emulated arithmetic.

    q: [(batch,) tokens, key heads, d_k]; v: [(batch,) tokens, heads, d_v]; the others as in form.
    rest: the arithmetic of everything but A and T ("bf16": stored in bf16, sums in fp32); a kernel may have its own.

    Returns {"T": [(batch,) tokens, heads, chunk], "w": ..., "u": ..., "o": [(batch,) tokens, heads, d], "state": [(batch,)
    heads, d_k, d_v]} in float64.
    """
    inverter = _inverter("layer", kernel, method, arithmetic, formation)
    tensors = _arrays.tensors({"q": q, "k": k, "v": v, "beta": beta, "g": g, **parts})
    results = _tristab.layer(inverter, tensors, chunk or 0, _arrays.text(rest))
    return {name: _arrays.like(x, k) for name, x in results.items()}


def _family(family, parameters):
    if isinstance(family, dict) or parameters:
        given = {"family": family} if isinstance(family, str) else dict(family)
        return _arrays.to_json({**given, **parameters})
    return family


def generate(family: Name, *, chunk: int = 64, trials: int = 8, seed: int = 1, **parameters: Any) -> numpy.ndarray:
    """Matrices A of a family: those that a sweep with this seed has.

    family: a name of families(), with parameters as in "gdn:keys=silu" or as keywords (keys="silu"); or a file,
    "file:path=layers.safetensors:layer=layer0".

    Returns [trials, chunk, chunk] in float64; of a file all of its matrices.
    """
    return _tristab.generate(_family(family, parameters), chunk, trials, seed)


def generate_layer(family: Name, *, chunk: int = 64, chunks: int = 4, trials: int = 8, seed: int = 1,
                   **parameters: Any) -> Dict[str, numpy.ndarray]:
    """Inputs of a layer, of a family that has keys or of a file with q and v: {"k": [tokens, heads, d_k], ...} in float64.

    Each trial is a head of chunks * chunk tokens.
    """
    return _tristab.generate_layer(_family(family, parameters), chunk, chunks, trials, seed)


# Layers that were trained for this project: delta rules with gates, with betas to 2, with a gate a channel, with none.
_TRAINED = ("gdn", "gdnneg", "kda", "deltanet")
_SETS = {
    "trained": [json.dumps({"family": "file", "layer": "all",
                            "path": os.path.join(os.path.dirname(__file__), name + "-slice.safetensors")})
                for name in _TRAINED],
    "generated": ["gdn", "gdn:keys=silu", "kda", "delta-net"],
    "hard": ["ones", "uniform", "gdn:gate=none"],
}


def inputs(name: str, *, chunk: int = 64, trials: int = 8, seed: int = 1) -> numpy.ndarray:
    """Matrices A to test a kernel with, [matrices, chunk, chunk] in float64.

    name: "trained" (chunks of layers that were trained for this project), "generated" (delta-rule families), "hard"
    (matrices whose powers or inverses are large); or a family, as generate takes it.
    """
    families = _SETS.get(name, [name])
    found = [_tristab.generate(family, chunk, trials, seed) for family in families]
    # Of a set, as many of each: a file may have thousands.
    few = [x[numpy.linspace(0, len(x) - 1, min(len(x), trials)).astype(int)] for x in found]
    return numpy.concatenate(few)


class Reference(NamedTuple):
    """The exact inverse X. `inverse`: X rounded to double; `low`: X - inverse rounded to double; `residual`: for each matrix
    a proved bound of ||I - (I + A) X||_F, at most 2^-80."""

    inverse: Any
    low: Any
    residual: Any


def reference(A: Any) -> Reference:
    """The exact inverse of I + A, certified. A: [..., n, n] -> arrays [..., n, n] in float64, and residuals [...]."""
    (batch, dtype), shape = _arrays.matrices(A)
    high, low, residual = _tristab.reference((batch, dtype))
    return Reference(_arrays.like(high.reshape(shape), A), _arrays.like(low.reshape(shape), A),
                     numpy.array(residual).reshape(shape[:-2]))


def measure(A: Any, T: Any, *, kernel: Name = None, method: Name = None, arithmetic: Name = None,
            require: str = "4x-bf16") -> Dict[str, numpy.ndarray]:
    """The numbers of a record for each T against the exact inverse (`tristab list metrics` says what each is).

    A, T: [..., n, n]. With a setting A is rounded as the setting rounds it, and errors are measured in its formats; without
    one A counts as given, and the format is that of T's dtype.

    Returns {"frobenius": [...], ..., "status": [...], "for_format": [...], "fit": [...]}: numpy arrays in the batch shape of A.
    `fit` says whether T meets `require`. NaN where a number is undefined. pandas.DataFrame takes it for A of [batch, n, n].
    """
    inverter = _inverter_or_none("measure", kernel, method, arithmetic)
    (a, a_dtype), shape = _arrays.matrices(A)
    (t, t_dtype), t_shape = _arrays.matrices(T, "T")
    if tuple(t_shape) != tuple(shape):
        raise InputError(f"T has the shape {list(t_shape)}; allowed: {list(shape)}, that of A")
    measured = _tristab.measure((a, a_dtype), (t, t_dtype), inverter, require)
    return {name: numpy.array(x).reshape(shape[:-2]) for name, x in measured.items()}


class Check:
    """What check found. `passed`; `text`, as the program prints it; `report`, the same as a dict (tristab-check/1)."""

    def __init__(self, passed: bool, text: str, report: Dict[str, Any]):
        self.passed, self.text, self.report = passed, text, report

    def __bool__(self):
        return self.passed

    def __str__(self):
        return self.text

    def __repr__(self):
        return f"<tristab.Check: {'passed' if self.passed else 'failed'}>\n{self.text}"


def _outputs(T, chunk_of, argument):
    """What a kernel returned, by name; T of a layer also in the shape that invert gives it: [.., heads, chunks, n, n]."""
    named = dict(T) if isinstance(T, dict) else {"T": T}
    if "T" in named and chunk_of is not None and named["T"].ndim == chunk_of.ndim + 1:
        named["T"] = named["T"].reshape(-1, *named["T"].shape[-2:])
    if chunk_of is None:
        if set(named) != {"T"}:
            raise UsageError(f"tristab.check: found {', '.join(sorted(named))} in {argument}; allowed for matrices: T")
        return {"T": _arrays.matrices(named["T"], argument)[0]}
    return _arrays.tensors(named)


def check(A: Any, T: Any, *, kernel: Name = None, method: Name = None, arithmetic: Name = None, require: str = "4x-bf16",
          gates: Any = None, exact: bool = False, search: int = 4000, again: Any = None,
          chunk: Optional[int] = None) -> Check:
    """Judges what a kernel returned: right, rounding, or a bug, and which. What `tristab check` says.

    A: [..., n, n]; or a layer by names, {"k": ..., "beta": ..., "g": ..., "q": ..., "v": ...}.
    T: [..., n, n]; of a layer {"T": ..., "w": ..., "u": ..., "o": ..., "state": ...}, as many as there are, in layouts as
    layer returns them (T also as invert returns it).
    kernel, or method and arithmetic: what T is said to be; without, it is searched among all kernels.
    require: what each T must meet; gates: "fla:0.005", or a list; exact: every bit; search: variants of recipes to try;
    again: T of a second run, which must have the same bits; chunk: of a layer (None: 64, or what the kernel takes).
    """
    inverter = _inverter_or_none("check", kernel, method, arithmetic)
    if isinstance(A, dict) and set(A) == {"A"}:
        A = A["A"]
    keys = A["k"] if isinstance(A, dict) and "k" in A else None
    given = _arrays.tensors(A) if isinstance(A, dict) else {"A": _arrays.matrices(A)[0]}
    results, second = _outputs(T, keys, "T"), None
    if again is not None:
        second = _outputs(again, keys, "again")
        shapes = [{name: array.shape for name, (array, _) in each.items()} for each in (results, second)]
        if shapes[0] != shapes[1]:
            raise UsageError(f"tristab.check: found again with {shapes[1]}; allowed: the shapes of T, {shapes[0]}")
    gates = ",".join(_arrays.text(gate) for gate in gates) if isinstance(gates, (list, tuple)) else _arrays.text(gates)
    passed, text, report = _tristab.check(given, results, inverter, chunk or 0, require, gates, exact, search, second)
    return Check(passed, text, json.loads(report))


def assert_inverse(A: Any, T: Any, *, kernel: Name = None, method: Name = None, arithmetic: Name = None,
                   require: str = "4x-bf16", **options: Any) -> None:
    """Raises AssertionError with check's text unless T is right: check says what the arguments are."""
    __tracebackhide__ = True  # pytest shows the caller's line
    judged = check(A, T, kernel=kernel, method=method, arithmetic=arithmetic, require=require, **options)
    if not judged:
        raise AssertionError(judged.text)


class Recommendation:
    """What recommend found. `found`; `text`; `report`, a dict (tristab-recommendation/1); `recipe`, a dict: the answer as a
    recipe file holds it, or None."""

    def __init__(self, found: bool, text: str, report: Dict[str, Any], recipe: Optional[Dict[str, Any]]):
        self.found, self.text, self.report, self.recipe = found, text, report, recipe

    def __bool__(self):
        return self.found

    def __str__(self):
        return self.text

    def save(self, path) -> None:
        """Writes the recipe, which `kernel=` takes by its path."""
        if self.recipe is None:
            raise UsageError("there is no recipe: no setting meets the requirement, or several sizes were asked")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.recipe, file, indent=2)
            file.write("\n")


def recommend(family: Any = None, *, input: Any = None, chunk: Any = None, require: str = "4x-bf16",
              hardware: Any = "h200", **options: Any) -> Recommendation:
    """The cheapest setting that meets a requirement on all inputs, and on the worst that a hunt finds. What `tristab
    recommend` says.

    family: of inputs, "gdn:keys=silu", or a list; or `input`: matrices [..., n, n], or the tensors of a layer.
    chunk: a size or a list (None: 64, or that of the matrices).
    options: those of the program: trials, seed, arithmetics, outputs, methods, tune, like, calibrate and tokens (of a
    layer), hunt (0: none), cosine, beta, decay ("LOW:HIGH"), exhaustive, orders.
    """
    words = {"chunk": chunk, "require": require, "hardware": hardware, "family": family, **options}
    given = None
    if input is not None:
        given = _arrays.tensors(input) if isinstance(input, dict) else {"A": _arrays.matrices(input)[0]}
    if isinstance(chunk, (list, tuple)):
        words["chunk"] = ",".join(str(n) for n in chunk)
    words = {name: value for name, value in words.items() if value is not None}
    found, text, report, recipe = _tristab.recommend(_arrays.to_json(words), given)
    return Recommendation(found, text, json.loads(report), json.loads(recipe) if recipe else None)


class Records(List[Dict[str, Any]]):
    """The records of a sweep, a list of dicts that pandas.DataFrame takes. Also `matrices`, `layers`, `summary`, `classes`
    and `expectations`, lists of dicts as results.schema.json describes them."""

    matrices: List[Dict[str, Any]]
    layers: List[Dict[str, Any]]
    summary: List[Dict[str, Any]]
    classes: List[Dict[str, Any]]
    expectations: List[Dict[str, Any]]


def sweep(config: Any, *, jobs: int = 0) -> Records:
    """Runs every case of a configuration and returns the records: those of `tristab sweep`.

    config: a dict as configs/README.md describes, or the path of a file. jobs: threads (0: all cores).
    """
    directory = ""
    if isinstance(config, (str, os.PathLike)):
        directory = os.path.dirname(os.fspath(config))
        try:
            with open(config, encoding="utf-8") as file:
                config = file.read()
        except OSError as error:
            raise InputError(f"{os.fspath(config)}: cannot be opened: {error.strerror}") from None
    else:
        config = _arrays.to_json(config)
    texts = _tristab.sweep(config, directory, jobs)
    records, matrices, layers, rest = ([json.loads(line) for line in text.splitlines()] for text in texts)
    result = Records(records)
    result.matrices, result.layers = matrices, layers
    for name, kind in (("summary", "summary"), ("classes", "class"), ("expectations", "expectation")):
        setattr(result, name, [{k: v for k, v in line.items() if k != "type"} for line in rest if line["type"] == kind])
    return result


def kernels() -> List[Dict[str, Any]]:
    """The shipped kernels: name, summary, source, date, known, chunks (sizes that it takes; []: any), parameters."""
    return json.loads(_tristab.list("kernels"))


def methods() -> List[Dict[str, Any]]:
    """The methods: name, summary, formula, source, cost, stability, stages, parameters."""
    return json.loads(_tristab.list("methods"))


def arithmetics() -> List[Dict[str, Any]]:
    """The arithmetics: name, summary, formula, source, parameters."""
    return json.loads(_tristab.list("arithmetics"))


def formations() -> List[Dict[str, Any]]:
    """How A may be formed: name, summary, formula, source, parameters."""
    return json.loads(_tristab.list("formations"))


def families() -> List[Dict[str, Any]]:
    """The families of inputs: name, summary, formula, source, parameters."""
    return json.loads(_tristab.list("families"))
