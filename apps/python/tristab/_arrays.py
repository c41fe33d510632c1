"""Arrays of numpy and torch as the library takes them: in row-major order, with the name of their dtype."""

import json
import os
import sys

import numpy

_NAMES = {"float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16", "int64": "i64", "int32": "i32"}


def is_torch(x):
    torch = sys.modules.get("torch")  # who has a tensor has imported it
    return torch is not None and isinstance(x, torch.Tensor)


def given(x, name="A"):
    """(numpy array, "f64" | "f32" | "f16" | "bf16" | "i64" | "i32") of an array, without a copy where it is in order.

    bfloat16 comes as 16-bit words. Raises TypeError for another dtype."""
    if is_torch(x):
        import torch

        dtype = str(x.dtype).replace("torch.", "")
        x = x.detach().resolve_conj().resolve_neg().cpu().contiguous()
        array = (x.view(torch.int16) if dtype == "bfloat16" else x).numpy()
    else:
        array = numpy.ascontiguousarray(x).reshape(numpy.shape(x))
        dtype = array.dtype.name  # ml_dtypes calls its type bfloat16, too
        if dtype == "bfloat16":
            array = array.view(numpy.int16)
        if array.dtype.byteorder == ">":
            array = array.astype(array.dtype.newbyteorder("<"))
    if dtype not in _NAMES:
        raise TypeError(f"{name} has the dtype {dtype}; allowed: float64, float32, float16, bfloat16")
    return array, _NAMES[dtype]


def matrices(x, name="A"):
    """A batch [batch, n, n] of matrices [..., n, n], its dtype, and the shape that it had."""
    array, dtype = given(x, name)
    if not dtype.startswith(("f", "b")):
        raise TypeError(f"{name} has the dtype {array.dtype.name}; allowed: float64, float32, float16, bfloat16")
    if array.ndim < 2 or array.shape[-1] != array.shape[-2] or array.size == 0:
        raise ValueError(f"{name} has the shape {list(array.shape)}; allowed: [..., n, n]")
    return (array.reshape(-1, *array.shape[-2:]), dtype), array.shape


def tensors(parts):
    """{name: array} of a layer; those that are None are left out."""
    return {name: given(x, name) for name, x in parts.items() if x is not None}


def like(result, x):
    """The numpy array `result` as a torch tensor on x's device, where x is one."""
    if not is_torch(x):
        return result
    import torch

    return torch.from_numpy(result).to(x.device)


def text(x):
    """A name with parameters, a path, or a dict as JSON text; "" for None."""
    if x is None:
        return ""
    if isinstance(x, os.PathLike):
        return os.fspath(x)
    return x if isinstance(x, str) else to_json(x)


def to_json(x):
    """JSON of what people write: with numbers of numpy, and paths."""
    return json.dumps(x, default=lambda each: each.item() if hasattr(each, "item") else os.fspath(each))
