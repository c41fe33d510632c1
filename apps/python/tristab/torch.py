"""Delta-rule layers in plain PyTorch whose T = (I + A)^-1 comes from a kernel or a method in emulated arithmetic.

    import tristab.torch
    o, state = tristab.torch.chunk_gated_delta_rule(q, k, v, g, beta, kernel="fla-solve-tril")

    with tristab.torch.patched(model, kernel="fla-solve-tril") as inverse:   # transformers, flash-linear-attention
        model(input_ids)
    inverse.report()

Everything but T is computed in fp32, as the chunk form of the layer defines it: the difference that one sees is that of T.
`formation="kernel"`: A is formed as the kernel's recipe forms it; else in fp32 here. With `rest="kernel"` w, u, o and the
state are computed as the recipe's layer computes them, too (or in `rest="bf16"`, any arithmetic), from the state 0.

The signatures are those of flash-linear-attention (fla.ops: chunk_gated_delta_rule, chunk_kda, chunk_delta_rule;
https://github.com/fla-org/flash-linear-attention), with the setting as keywords. Nothing here has a gradient.
"""

import contextlib
import inspect
import time

import numpy
import torch

import tristab
from tristab import _arrays
from tristab.dump_layer_inputs import formed_decay, layer_name, replaced_kernels

__all__ = ["Inverse", "chunk_delta_rule", "chunk_gated_delta_rule", "chunk_kda", "patched"]

CHUNK = 64


class Inverse:
    """T = inverse(A): a setting of tristab, or the exact inverse where none is named. Keeps counts of what it was given.

    kernel, method, arithmetic: as for tristab.invert. chunk: the size that layers are cut into (None: that of the call, 64, or
    what the kernel takes).
    formation: None (A as formed here, in fp32), "kernel" (as the kernel forms it), or, with a method, one of
    tristab.formations(). rest: None (everything else in fp32), "kernel" (as the kernel's recipe says, bf16 where it says
    nothing), or an arithmetic; with rest, A is formed as `formation` or the kernel says, else in double.
    """

    def __init__(self, *, kernel=None, method=None, arithmetic=None, formation=None, rest=None, chunk=None):
        self.exact = kernel is None and method is None and arithmetic is None
        if self.exact and (formation is not None or rest is not None):
            raise tristab.UsageError("found a formation or rest without a setting; allowed: with kernel, or method and arithmetic")
        for name, value in (("formation", formation), ("rest", rest)):
            if value == "kernel" and kernel is None:
                raise tristab.UsageError(f"found {name}='kernel' without a kernel; allowed: with kernel")
        if kernel is not None and formation not in (None, "kernel"):
            raise tristab.UsageError("found a formation with a kernel; allowed: formation='kernel', its own")
        self.kernel, self.method, self.arithmetic = kernel, method, arithmetic
        self.formation, self.rest, self.chunk = formation, rest, chunk
        own = None if formation == "kernel" else formation
        self._inverter = None if self.exact else tristab._inverter("torch", kernel, method, arithmetic, own)
        if rest not in (None, "kernel") and isinstance(rest, str):
            tristab._tristab.Inverter("row-substitution", rest, "exact")  # an unknown name is refused here
        self.layers = {}  # by layer: what report() returns

    def size(self, of_call=None):
        """The size of chunks: that which was named, that of the call, 64, or what the kernel takes."""
        takes = self._inverter.chunks if self._inverter else []
        size = self.chunk or of_call or (CHUNK if not takes or CHUNK in takes else takes[-1])
        if takes and size not in takes:
            raise tristab.UsageError(f"found chunks of {size} for {self.label}; allowed: {', '.join(map(str, takes))}")
        return size

    @property
    def label(self):
        """ "exact", or "by mxr:block=8 in fp16"."""
        return "exact" if self.exact else self._inverter.label

    def setting(self):
        """The keywords that tristab's functions take."""
        return {"kernel": self.kernel} if self.kernel is not None else {"method": self.method, "arithmetic": self.arithmetic}

    def __call__(self, A, layer=None):
        """A: [..., n, n] in fp32, strictly lower triangular -> T [..., n, n] in fp32. A that is not finite gives NaN."""
        began = time.perf_counter()
        if self.exact:
            eye = torch.eye(A.shape[-1], dtype=torch.float64, device=A.device).expand(A.shape)
            T = torch.linalg.solve_triangular(A.double(), eye, upper=False, unitriangular=True).float()
        else:
            T = self._emulated(A)
        self.count(A, T, layer, time.perf_counter() - began)
        return T

    def _emulated(self, A):
        (batch, dtype), shape = _arrays.matrices(A)
        finite = numpy.isfinite(batch).all(axis=(1, 2))
        if finite.all():
            return torch.from_numpy(self._inverted(batch, dtype).reshape(shape)).to(A.device)
        T = numpy.full(batch.shape, numpy.nan, dtype=numpy.float32)
        if finite.any():
            T[finite] = self._inverted(numpy.ascontiguousarray(batch[finite]), dtype)
        return torch.from_numpy(T.reshape(shape)).to(A.device)

    def _inverted(self, batch, dtype):
        return tristab._tristab.invert(self._inverter, (batch, dtype)).astype(numpy.float32, copy=False)

    def count(self, A, T, layer, seconds):
        """Adds these matrices to the counts of a layer."""
        sums = A.abs().sum(-1).amax(-1)
        worst = float(sums[sums.isfinite()].max()) if bool(sums.isfinite().any()) else 0.0
        entry = self.layers.setdefault(layer, {"matrices": 0, "nonfinite": 0, "nonfinite_from_finite_A": 0, "worst_norm_A": 0.0,
                                               "seconds": 0.0})
        lost = ~T.isfinite().all(-1).all(-1)
        entry["matrices"] += lost.numel()
        entry["nonfinite"] += int(lost.sum())
        entry["nonfinite_from_finite_A"] += int((lost & A.isfinite().all(-1).all(-1)).sum())
        entry["worst_norm_A"] = max(entry["worst_norm_A"], worst)
        entry["seconds"] += seconds

    def report(self):
        """{layer: {matrices, nonfinite, nonfinite_from_finite_A, worst_norm_A (the largest finite ||A||_inf), seconds}}."""
        return {layer: dict(entry) for layer, entry in self.layers.items()}


def _inverse(inverse, setting):
    if inverse is not None:
        if any(value is not None for value in setting.values()):
            raise tristab.UsageError("found inverse and a setting; allowed: one of them")
        return inverse
    return Inverse(**setting)


def _l2_normalised(x):
    """As FLA's l2norm: x / sqrt(sum x^2 + 1e-6) in fp32, stored in x's dtype."""
    x32 = x.float()
    return (x32 * torch.rsqrt(x32.square().sum(-1, keepdim=True) + 1e-6)).to(x.dtype)


def _folded(x):
    """[batch, tokens, heads, ...] -> [tokens, batch heads, ...]"""
    return x.transpose(0, 1).flatten(1, 2)


def _in_chunks(x, chunk):
    """[tokens, heads, d] -> [heads, chunks, chunk, d], completed by zeros."""
    missing = -x.shape[0] % chunk
    if missing:
        x = torch.cat([x, x.new_zeros(missing, *x.shape[1:])])
    return x.view(-1, chunk, *x.shape[1:]).permute(2, 0, 1, 3)


def _decayed(left, right, sums, per_channel, rate=1.0):
    """rate_i sum_d left_id right_jd exp(G_id - G_jd) for i >= j, else 0: [heads, chunks, n, n]."""
    n = sums.shape[-2]
    lower = torch.ones(n, n, dtype=torch.bool, device=sums.device).tril()
    if not per_channel:
        decay = (sums - sums.mT).masked_fill(~lower, float("-inf")).exp()
        return (rate * (left @ right.mT)) * decay
    # Differences before the exponential: nothing overflows. One row of a chunk at a time keeps the memory small.
    rows = []
    for i in range(n):
        decay = (sums[..., i : i + 1, :] - sums).masked_fill(~lower[i][:, None], float("-inf")).exp()
        rows.append((left[..., i : i + 1, :] * right * decay).sum(-1))
    return rate * torch.stack(rows, -2)


def _one_sequence(q, k, v, beta, g, state, inverse, layer, n, invert=None):
    """The chunk form over one sequence: q, k [tokens, heads, d_k], v [tokens, heads, d_v], beta [tokens, heads], g [tokens,
    heads], [tokens, heads, d_k] or None, state [heads, d_k, d_v]; chunks of n. Returns o [tokens, heads, d_v] and the state.

        A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd), i > j       T = (I + A)^-1
        U = T (beta v), W = T (beta exp(G) k), V = U - W S
        O = (exp(G) q) S + tril(sum_d q_id k_jd exp(G_id - G_jd)) V
        S <- exp(G_last) S + (exp(G_last - G) k)^T V
    """
    tokens = q.shape[0]
    per_channel = g is not None and g.dim() == 3
    if g is None:
        g = torch.zeros_like(beta)
    q, k, v, beta = (_in_chunks(x, n) for x in (q, k, v, beta[..., None]))
    sums = _in_chunks(g if per_channel else g[..., None], n).cumsum(-2)
    A = _decayed(k, k, sums, per_channel, beta).tril(-1)
    T = (invert or inverse)(A, layer)
    scores = _decayed(q, k, sums, per_channel).tril()
    U, W = T @ (beta * v), T @ (beta * sums.exp() * k)
    last = sums[..., -1:, :]
    q_in, k_end, forget = q * sums.exp(), k * (last - sums).exp(), last.exp().mT
    outputs = []
    for c in range(U.shape[1]):
        V = U[:, c] - W[:, c] @ state
        outputs.append(q_in[:, c] @ state + scores[:, c] @ V)
        state = forget[:, c] * state + k_end[:, c].mT @ V
    o = torch.stack(outputs, 1).flatten(1, 2)[:, :tokens]
    return o.transpose(0, 1), state


def _finite(n, **inputs):
    """The inputs with 0 for what is not finite, which the library does not take; and the chunks that had such numbers, [heads,
    chunks]."""
    lost = [_in_chunks(~x.isfinite().flatten(2) if x.dim() > 2 else ~x.isfinite()[..., None], n).flatten(2).any(-1)
            for x in inputs.values() if x is not None]
    clean = {name: None if x is None else torch.nan_to_num(x, 0.0, 0.0, 0.0) for name, x in inputs.items()}
    return clean, torch.stack(lost).any(0)


def _emulated_sequence(q, k, v, beta, g, state, inverse, layer, n):
    """The same with A, or everything, as the kernel computes it. q is not scaled."""
    if bool((state != 0).any()):
        raise tristab.UsageError("found a formation or rest of the kernel with an initial state; allowed: the state 0")
    began = time.perf_counter()
    clean, lost = _finite(n, q=q, k=k, v=v, beta=beta, g=g)
    formation = {} if inverse.formation in (None, "kernel") else {"formation": inverse.formation}
    results = tristab.layer(**clean, chunk=n, rest="bf16" if inverse.rest == "kernel" else inverse.rest, **inverse.setting(),
                            **formation)
    A = tristab.form(clean["k"], clean["beta"], clean["g"], chunk=n).float()
    T = _in_chunks(results["T"], n).float()
    A[lost] = T[lost] = float("nan")
    inverse.count(A, T, layer, time.perf_counter() - began)
    o, state = results["o"].float(), results["state"].float()
    after = lost.cumsum(1) > 0  # the state carries on what was lost
    o[after.repeat_interleave(n, 1)[:, : o.shape[0]].T] = float("nan")
    state[after[:, -1]] = float("nan")
    return o, state


def _formed_sequence(q, k, v, beta, g, state, inverse, layer, n):
    """A formed as the kernel forms it, the rest in fp32."""
    formation = {} if inverse.formation == "kernel" else {"formation": inverse.formation}

    def invert(A, where):
        began = time.perf_counter()
        clean, _ = _finite(n, k=k, beta=beta, g=g)
        inputs = {name: x for name, x in clean.items() if x is not None}
        T = tristab.invert(inputs, chunk=n, **inverse.setting(), **formation).to(A)
        T[~A.isfinite().flatten(2).all(-1)] = float("nan")
        inverse.count(A, T, where, time.perf_counter() - began)
        return T

    return _one_sequence(q, k, v, beta, g, state, inverse, layer, n, invert)


_SETTING = ("kernel", "method", "arithmetic", "formation", "rest", "chunk")
# Arguments of FLA's kernels that change nothing here: they say how, not what.
_UNUSED = {"chunk_indices", "cu_seqlens_cpu", "disable_recompute", "safe_gate"}


@torch.no_grad()
def _chunked(q, k, v, g, beta, *, scale=None, initial_state=None, output_final_state=False, use_qk_l2norm_in_kernel=False,
             use_gate_in_kernel=False, A_log=None, dt_bias=None, lower_bound=None, use_beta_sigmoid_in_kernel=False,
             allow_neg_eigval=False, state_v_first=False, transpose_state_layout=False, cu_seqlens=None, chunk_size=None,
             inverse=None, layer=None, **others):
    setting = {name: others.pop(name) for name in _SETTING if name in others}
    for name, value in others.items():
        if name not in _UNUSED and value is not None and value is not False:
            raise tristab.UsageError(f"found {name}; allowed: the arguments of the kernel that this file names")
    inverse = _inverse(inverse, setting)
    n = inverse.size(chunk_size)
    state_v_first = state_v_first or transpose_state_layout  # its name in earlier versions of FLA
    dtype, (batch, tokens) = q.dtype, q.shape[:2]
    if use_gate_in_kernel:
        g = formed_decay(g, A_log, dt_bias, lower_bound)
    beta = beta.float()
    if use_beta_sigmoid_in_kernel:
        beta = (2.0 if allow_neg_eigval else 1.0) * torch.sigmoid(beta)
    if use_qk_l2norm_in_kernel:
        q, k = _l2_normalised(q), _l2_normalised(k)
    heads, d_k, d_v = v.shape[2], k.shape[-1], v.shape[-1]
    if heads % k.shape[2] != 0:
        raise tristab.UsageError(f"v has {heads} heads; allowed: a multiple of k's {k.shape[2]}")
    if scale is not None and inverse.rest is not None and abs(scale * d_k**0.5 - 1) > 1e-6:
        raise tristab.UsageError(f"found scale {scale} with rest; allowed: d_k^-1/2, as recipes have it")
    q, k = (x.float().repeat_interleave(heads // x.shape[2], 2) for x in (q, k))
    v = v.float()
    g = None if g is None else g.float()
    if inverse.rest is None:
        q = q * (d_k**-0.5 if scale is None else scale)
    run = _emulated_sequence if inverse.rest else _one_sequence if inverse.formation is None else _formed_sequence
    count = batch if cu_seqlens is None else len(cu_seqlens) - 1
    if initial_state is None:
        states = v.new_zeros(count, heads, d_k, d_v)
    else:
        states = initial_state.float().mT if state_v_first else initial_state.float()
    # All rows of a batch at once, as heads; packed sequences one after the other.
    whole = [None if x is None else _folded(x) for x in (q, k, v, beta, g)]
    if cu_seqlens is None:
        o, state = run(*whole, states.flatten(0, 1), inverse, layer, n)
        states = state.view(states.shape)
    else:
        bounds = [int(bound) for bound in cu_seqlens]
        if batch != 1 or bounds[0] != 0 or bounds[-1] != tokens or bounds != sorted(bounds):
            raise tristab.UsageError(f"found cu_seqlens {bounds} for {batch} x {tokens} tokens; allowed: a batch of 1, bounds "
                                     f"from 0 to {tokens} that do not fall")
        o, states = torch.zeros_like(whole[2]), states.clone()
        for s, (begin, end) in enumerate(zip(bounds, bounds[1:])):
            if begin < end:  # a sequence without tokens keeps its state
                part = (None if x is None else x[begin:end] for x in whole)
                o[begin:end], states[s] = run(*part, states[s], inverse, layer, n)
    o = o.view(tokens, batch, heads, d_v).transpose(0, 1)
    if not output_final_state:
        return o.to(dtype), None
    return o.to(dtype), states.mT.contiguous() if state_v_first else states


def chunk_gated_delta_rule(q, k, v, g, beta, scale=None, initial_state=None, output_final_state=False,
                           use_qk_l2norm_in_kernel=False, use_beta_sigmoid_in_kernel=False, allow_neg_eigval=False,
                           state_v_first=False, cu_seqlens=None, **options):
    """Gated DeltaNet. q, k: [batch, tokens, key heads, d_k]; v: [batch, tokens, heads, d_v]; g (log decay), beta: [batch,
    tokens, heads]; initial_state: [sequences, heads, d_k, d_v] (state_v_first: d_v before d_k); cu_seqlens: bounds of packed
    sequences (batch 1). options: FLA's use_gate_in_kernel with A_log, dt_bias and lower_bound; and the setting:

    kernel, or method and arithmetic: how T is computed (none: exactly); formation, rest, chunk: see Inverse, of which
    `inverse` may be one; layer: the name for its counts. Returns o [batch, tokens, heads, d_v] in q's dtype, and the final
    state in fp32 or None.
    """
    return _chunked(q, k, v, g, beta, scale=scale, initial_state=initial_state, output_final_state=output_final_state,
                    use_qk_l2norm_in_kernel=use_qk_l2norm_in_kernel, use_beta_sigmoid_in_kernel=use_beta_sigmoid_in_kernel,
                    allow_neg_eigval=allow_neg_eigval, state_v_first=state_v_first, cu_seqlens=cu_seqlens, **options)


def chunk_kda(q, k, v, g, beta, scale=None, initial_state=None, output_final_state=False, use_qk_l2norm_in_kernel=False,
              use_gate_in_kernel=False, use_beta_sigmoid_in_kernel=False, allow_neg_eigval=False, state_v_first=False,
              cu_seqlens=None, **options):
    """Kimi Delta Attention: chunk_gated_delta_rule with g [batch, tokens, heads, d_k]."""
    return _chunked(q, k, v, g, beta, scale=scale, initial_state=initial_state, output_final_state=output_final_state,
                    use_qk_l2norm_in_kernel=use_qk_l2norm_in_kernel, use_gate_in_kernel=use_gate_in_kernel,
                    use_beta_sigmoid_in_kernel=use_beta_sigmoid_in_kernel, allow_neg_eigval=allow_neg_eigval,
                    state_v_first=state_v_first, cu_seqlens=cu_seqlens, **options)


def chunk_delta_rule(q, k, v, beta, scale=None, initial_state=None, output_final_state=False,
                     use_qk_l2norm_in_kernel=False, cu_seqlens=None, **options):
    """DeltaNet: chunk_gated_delta_rule without decay."""
    return _chunked(q, k, v, None, beta, scale=scale, initial_state=initial_state, output_final_state=output_final_state,
                    use_qk_l2norm_in_kernel=use_qk_l2norm_in_kernel, cu_seqlens=cu_seqlens, **options)


_REPLACEMENTS = {
    "chunk_delta_rule": chunk_delta_rule,
    "chunk_gated_delta_rule": chunk_gated_delta_rule,
    "torch_chunk_gated_delta_rule": chunk_gated_delta_rule,
    "chunk_kda": chunk_kda,
}
_ARGUMENTS = {"query": "q", "key": "k", "value": "v"}  # of transformers
_KNOWN = {name for name, parameter in inspect.signature(_chunked).parameters.items()
          if parameter.kind is not inspect.Parameter.VAR_KEYWORD} | {"head_first", "cp_context"}


def meant_arguments(signature, args, kwargs):
    """{name: value} of a call of a model's kernel: those of its parameters that are not at their defaults, and of its **kwargs
    those that mean something to one of FLA's kernels. What else a model passes down (use_cache), its kernel ignores, too."""
    given = signature.bind(*args, **kwargs).arguments
    meant = {}
    for name, value in given.items():
        parameter = signature.parameters[name]
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            meant.update({each: x for each, x in value.items() if each in _KNOWN})
        elif parameter.default is inspect.Parameter.empty or value is not parameter.default:
            meant[name] = value
    return meant


@contextlib.contextmanager
def patched(model, *, kernel=None, method=None, arithmetic=None, formation=None, rest=None, chunk=None, inverse=None):
    """In the block, the chunk kernels of a model (Hugging Face transformers: Qwen3-Next, Qwen3.5; flash-linear-attention:
    GatedDeltaNet, KimiDeltaAttention, DeltaNet) are those of this file, with T as named, or exact. Yields the Inverse, whose
    report() has counts by layer. Afterwards the model is as it was. Recurrent kernels (decoding, and FLA's prompts of at most
    64 tokens) stay as they are: they invert nothing.
    """
    inverse = _inverse(inverse, dict(kernel=kernel, method=method, arithmetic=arithmetic, formation=formation, rest=rest,
                                     chunk=chunk))

    def replacement(name, given_kernel, owner):
        signature = inspect.signature(given_kernel)

        def call(*args, **kwargs):
            given = {_ARGUMENTS.get(name, name): x for name, x in meant_arguments(signature, args, kwargs).items()}
            return _REPLACEMENTS[name](**given, inverse=inverse, layer=layer_name(*owner(name)))

        return call

    with replaced_kernels(model, _REPLACEMENTS, replacement):
        yield inverse
