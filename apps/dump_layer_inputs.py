#!/usr/bin/env python3
"""Writes the inputs of the chunk kernels of a delta-rule model to a .safetensors file that tristab reads.

    python3 apps/dump_layer_inputs.py MODEL --text prompt.txt -o layers.safetensors
    tristab generate --describe layers.safetensors
    tristab compare --input layers.safetensors --layer layer0 --chunk 64

MODEL is any model that transformers loads: Qwen3-Next, Qwen3.5, or one of flash-linear-attention (FLA). In a program:

    with record(model) as recorder:
        model(input_ids)
    recorder.save("layers.safetensors")

The calls of the kernels are wrapped: the file has exactly what enters a kernel, in the same dtypes. Known kernels are
chunk_delta_rule, chunk_gated_delta_rule (FLA's, and the torch fallback of transformers), chunk_kda, chunk_gated_delta_product,
chunk_comba, chunk_dplr_delta_rule and chunk_rwkv7. Recurrent kernels (decoding, and FLA's layers on prompts of at most 64
tokens) are not recorded.

For each layer, called layer<layer_idx>, or like its module if it has no layer_idx, the file has:
  .k .q    [tokens, key heads, d_k]   as they enter: before the kernel's L2 norm if use_qk_l2norm_in_kernel is set. Then
                                      .l2norm = 1 tells tristab to normalise them as the kernel does.
  .v       [tokens, heads, d_v]
  .beta    [tokens, heads]            after the sigmoid (x 2 with negative eigenvalues). If the kernel applies the sigmoid
                                      (use_beta_sigmoid_in_kernel), it is applied here, in fp32.
  .g       [tokens, heads] or [tokens, heads, d_k]   log decay of each token to base e, at most 0, no running sum. If the
                                      kernel forms it (use_gate_in_kernel), it is formed here, in fp32:
                                      -exp(A_log) softplus(g + dt_bias), or lower_bound sigmoid(exp(A_log) (g + dt_bias)).
  .a .b    DPLR, RWKV-7; .p Comba; .steps DeltaProduct (k, beta and v then have `steps` rows a token, interleaved)
  .cu_seqlens [sequences + 1]         where sequences begin, in tokens. The rows of a batch, and successive calls, follow each
                                      other in one list of tokens; chunks restart at every sequence.
Grouped heads: transformers repeats q and k before the kernel (repeat_interleave: head h uses key h key_heads / heads), and
then they are stored repeated. If a kernel takes fewer key heads, the file has fewer, too. Padding is stored as the model
passes it. A call that continues a cached state is stored as a separate sequence: its A is right, its first state is not.
Format: https://github.com/huggingface/safetensors#format; arguments: fla/ops/*/chunk.py in
https://github.com/fla-org/flash-linear-attention, models/qwen3_next in https://github.com/huggingface/transformers.
"""

import argparse
import contextlib
import functools
import inspect
import json
import struct
import sys

# Kernels by name, and the part of a layer that each of their tensor arguments is.
_GATED = {"q": "q", "query": "q", "k": "k", "key": "k", "v": "v", "value": "v", "g": "g", "beta": "beta"}
_DPLR = {"q": "q", "r": "q", "k": "k", "v": "v", "a": "a", "b": "b", "gk": "g", "w": "g", "log_w": "g"}
KERNELS = {
    "chunk_delta_rule": _GATED,
    "chunk_gated_delta_rule": _GATED,
    "torch_chunk_gated_delta_rule": _GATED,
    "chunk_kda": _GATED,
    "chunk_gated_delta_product": _GATED,
    "chunk_comba": {**_GATED, "p": "p"},
    "chunk_dplr_delta_rule": _DPLR,
    "chunk_rwkv7": _DPLR,
}
_SIZES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2}


class UnknownInputs(ValueError):
    """A call of a kernel, or an array, that cannot be stored."""


def stored_array(x):
    """(dtype of safetensors, shape, bytes) of a numpy array or a torch tensor. Raises UnknownInputs for other dtypes."""
    name = str(x.dtype).replace("torch.", "")
    names = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32"}
    if name not in names:
        raise UnknownInputs(f"dtype {name}; allowed: {', '.join(names)}")
    shape = [int(extent) for extent in x.shape]
    if hasattr(x, "detach"):
        x = x.detach().cpu().contiguous()
        if name == "bfloat16":  # numpy has no bfloat16: the bits are stored
            import torch

            x = x.view(torch.int16)
        x = x.numpy()
    little = x.astype(x.dtype.newbyteorder("<"), copy=False)
    return names[name], shape, little.tobytes(order="C")


def write_safetensors(path, arrays, metadata=None):
    """Writes {name: numpy array or torch tensor}, the widest elements first, so that every tensor is aligned."""
    stored = {name: stored_array(x) for name, x in arrays.items()}
    order = sorted(stored, key=lambda name: (-_SIZES[stored[name][0]], name))
    header, offset = {}, 0
    if metadata:
        header["__metadata__"] = {key: str(value) for key, value in metadata.items()}
    for name in order:
        dtype, shape, data = stored[name]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            file.write(stored[name][2])


def formed_decay(g, a_log, dt_bias, lower_bound):
    """The log decay that kernels form with use_gate_in_kernel: g [batch, tokens, heads] or [.., d_k], in fp32."""
    import torch

    g = g.float()
    per_head = [g.shape[2]] + [1] * (g.dim() - 3)
    if dt_bias is not None:
        g = g + dt_bias.float().reshape(list(g.shape[2:]) if dt_bias.numel() != g.shape[2] else per_head)
    rate = 1.0 if a_log is None else a_log.float().exp().reshape(per_head)
    if lower_bound is not None:
        return lower_bound * torch.sigmoid(rate * g)
    return -rate * torch.nn.functional.softplus(g)


class Recorder:
    """The calls that record() saw, by layer."""

    def __init__(self, layers=None):
        self._wanted = layers  # names; None: all
        self._modules = {}  # layer: qualified name of its module
        self._inside = False  # a recorded kernel runs: kernels that it calls are not recorded
        self.calls = {}  # layer: [(parts, sequence bounds, conventions)], in order

    def _layer(self, qualified, module):
        short = layer_name(qualified, module)
        if self._modules.setdefault(short, qualified) != qualified:
            short = qualified
        return short

    def _wrapped(self, name, kernel, owner):
        signature = inspect.signature(kernel)

        @functools.wraps(kernel)
        def call(*args, **kwargs):
            if self._inside:
                return kernel(*args, **kwargs)
            layer = self._layer(*owner(name))
            if self._wanted is None or layer in self._wanted:
                arguments = bound_arguments(signature, args, kwargs)
                try:
                    self._record(layer, name, arguments)
                except UnknownInputs as error:
                    raise UnknownInputs(f"{layer}: {name}: {error}") from None
            self._inside = True
            try:
                return kernel(*args, **kwargs)
            finally:
                self._inside = False

        return call

    def _record(self, layer, name, given):
        import torch

        parts = {}
        for argument, part in KERNELS[name].items():
            x = given.get(argument)
            if x is None:
                continue
            x = x.detach()
            parts[part] = x.transpose(1, 2) if given.get("head_first") else x
        if name == "chunk_rwkv7" and given.get("log_w") is None and given.get("w") is None:
            raise UnknownInputs("found neither w nor log_w")
        missing = [part for part in ("q", "k", "v") if part not in parts]
        if missing:
            raise UnknownInputs(f"found no argument {missing[0]} (arguments: {', '.join(given)})")
        if given.get("use_gate_in_kernel"):
            parts["g"] = formed_decay(parts["g"], given.get("A_log"), given.get("dt_bias"), given.get("lower_bound"))
        if given.get("use_beta_sigmoid_in_kernel"):
            factor = 2.0 if given.get("allow_neg_eigval") else 1.0
            parts["beta"] = factor * torch.sigmoid(parts["beta"].float())
        batch, tokens = parts["q"].shape[:2]
        bounds = given.get("cu_seqlens")
        if bounds is None:
            bounds = [tokens * i for i in range(batch + 1)]
        else:
            bounds = [int(bound) for bound in bounds]
        conventions = {"l2norm": int(bool(given.get("use_qk_l2norm_in_kernel"))),
                       "steps": int(given.get("num_householder") or 1)}
        calls = self.calls.setdefault(layer, [])
        if calls and calls[0][2] != conventions:
            raise UnknownInputs(f"found {conventions} after {calls[0][2]}; allowed: the same in every call")
        flat = {part: x.reshape(-1, *x.shape[2:]).to("cpu", copy=True) for part, x in parts.items()}
        calls.append((flat, bounds, conventions))

    def arrays(self):
        """{name of the tensor: torch tensor}, as save() writes them."""
        import torch

        arrays = {}
        for layer, calls in self.calls.items():
            for part in calls[0][0]:
                arrays[f"{layer}.{part}"] = torch.cat([call[0][part] for call in calls])
            bounds = [0]
            for _, call_bounds, _ in calls:
                bounds += [bounds[-1] + bound for bound in call_bounds[1:]]
            arrays[f"{layer}.cu_seqlens"] = torch.tensor(bounds, dtype=torch.int64)
            for name, value in calls[0][2].items():
                if value != (1 if name == "steps" else 0):
                    arrays[f"{layer}.{name}"] = torch.tensor([value], dtype=torch.int64)
        return arrays

    def save(self, path, metadata=None):
        """Writes the file. Raises UnknownInputs where no kernel was called."""
        if not self.calls:
            raise UnknownInputs("no call of a chunk kernel was seen (FLA's layers use a recurrent kernel for prompts of at "
                                "most 64 tokens); kernels: " + ", ".join(KERNELS))
        write_safetensors(path, self.arrays(), metadata)


@contextlib.contextmanager
def replaced_kernels(model, names, replacement):
    """In the block, calls of these kernels in the model go to replacement(name, kernel, owner), a callable; owner(name) gives
    the qualified name and the module of the layer that calls."""
    replaced, hooks, files = [], [], set()
    running = []  # (qualified name, module) of the forward passes under way

    def current(name):
        return running[-1] if running else (name, None)

    try:
        for qualified, module in model.named_modules():
            # transformers keeps the kernel as an attribute of the layer, FLA calls it by its name in the layer's file.
            for name in names:
                kernel = vars(module).get(name)
                if callable(kernel):
                    replaced.append((module, name, kernel))
                    setattr(module, name, replacement(name, kernel, lambda _, owner=(qualified, module): owner))
            file = sys.modules.get(type(module).__module__)
            called = [name for name in names if callable(getattr(file, name, None))]
            if not called:
                continue
            hooks.append(module.register_forward_pre_hook(lambda *_, owner=(qualified, module): running.append(owner)))
            hooks.append(module.register_forward_hook(lambda *_: running.pop() and None))
            if file not in files:
                files.add(file)
                for name in called:
                    kernel = getattr(file, name)
                    replaced.append((file, name, kernel))
                    setattr(file, name, replacement(name, kernel, current))
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for holder, name, kernel in reversed(replaced):
            setattr(holder, name, kernel)


def bound_arguments(signature, args, kwargs):
    """{name: value} of a call, those of **kwargs included."""
    arguments = signature.bind(*args, **kwargs).arguments
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            arguments.update(arguments.pop(parameter.name, {}))
    return arguments


def layer_name(qualified, module):
    """ "layer3" of a module with layer_idx, else its qualified name."""
    index = getattr(module, "layer_idx", None)
    return f"layer{index}" if isinstance(index, int) else qualified


@contextlib.contextmanager
def record(model, layers=None):
    """Records every call of a chunk kernel in the block, for the named layers or for all; then restores the model."""
    recorder = Recorder(layers)
    with replaced_kernels(model, KERNELS, recorder._wrapped):
        yield recorder


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("model", help="name or directory of the model, for transformers")
    parser.add_argument("--text", required=True, help="file of text to run the model on")
    parser.add_argument("-o", "--output", required=True, help=".safetensors file")
    parser.add_argument("--tokens", type=int, default=4096, help="at most this many tokens of the text (4096)")
    parser.add_argument("--layers", help="layers to keep, layer0,layer6 (all)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, ... (cpu)")
    options = parser.parse_args()

    import torch
    import transformers

    with contextlib.suppress(ImportError):
        import fla  # noqa: F401  (registers its models with transformers)
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
    model = transformers.AutoModelForCausalLM.from_pretrained(options.model, torch_dtype="auto").to(options.device).eval()
    with open(options.text, encoding="utf-8") as file:
        tokens = tokenizer(file.read(), return_tensors="pt").input_ids[:, : options.tokens].to(options.device)
    layers = options.layers.split(",") if options.layers else None
    with record(model, layers) as recorder, torch.no_grad():
        model(tokens, use_cache=False)
    try:
        recorder.save(options.output, {"model": options.model, "tokens": tokens.shape[1]})
    except UnknownInputs as error:
        sys.exit(f"{options.output}: {error}")
    print(f"{options.output}: {', '.join(recorder.calls)}; to inspect it: tristab generate --describe {options.output}")


if __name__ == "__main__":
    main()
