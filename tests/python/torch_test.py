"""tristab.torch: the chunk form against the recurrence; what settings, formations and patches change."""

import sys
import types

import pytest

torch = pytest.importorskip("torch")

import tristab  # noqa: E402
import tristab.torch  # noqa: E402
from tristab.torch import Inverse, chunk_delta_rule, chunk_gated_delta_rule, chunk_kda, patched  # noqa: E402

BATCH, TOKENS, HEADS, D_K, D_V = 2, 150, 4, 16, 8


def drawn(key_heads=HEADS, gate="head", seed=1):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    q, k = normal(BATCH, TOKENS, key_heads, D_K), normal(BATCH, TOKENS, key_heads, D_K)
    k = k / k.norm(dim=-1, keepdim=True)
    v, beta = normal(BATCH, TOKENS, HEADS, D_V), torch.sigmoid(normal(BATCH, TOKENS, HEADS))
    shape = (BATCH, TOKENS, HEADS) if gate == "head" else (BATCH, TOKENS, HEADS, D_K)
    g = None if gate is None else -torch.rand(shape, generator=generator) * 0.2
    return q, k, v, g, beta


def recurrence(q, k, v, g, beta, state=None, scale=None):
    """Token by token in float64: S <- exp(g) S; S <- S + beta k (v - S^T k)^T; o = scale S^T q."""
    q, k, v, beta = (x.double() for x in (q, k, v, beta))
    repeat = v.shape[2] // k.shape[2]
    q, k = q.repeat_interleave(repeat, 2), k.repeat_interleave(repeat, 2)
    S = torch.zeros(*v.shape[:1], v.shape[2], k.shape[-1], v.shape[-1], dtype=torch.float64) if state is None else state.double()
    out = []
    for t in range(v.shape[1]):
        if g is not None:
            decay = g[:, t].double().exp()
            S = S * (decay[..., None, None] if decay.dim() == 2 else decay[..., None])
        read = torch.einsum("bhkv,bhk->bhv", S, k[:, t])
        S = S + torch.einsum("bhk,bhv->bhkv", k[:, t], beta[:, t, :, None] * (v[:, t] - read))
        out.append(torch.einsum("bhkv,bhk->bhv", S, q[:, t]) * (k.shape[-1] ** -0.5 if scale is None else scale))
    return torch.stack(out, 1), S


def close(x, y, tolerance=2e-5):
    assert (x.double() - y).norm() <= tolerance * y.norm()


@pytest.mark.parametrize("setting", [{}, {"kernel": "fla-solve-tril"}, {"method": "mbh", "arithmetic": "fp32"}], ids=str)
@pytest.mark.parametrize("key_heads", [HEADS, 2])
def test_gated_delta_rule_is_the_recurrence(setting, key_heads):
    q, k, v, g, beta = drawn(key_heads)
    o, state = chunk_gated_delta_rule(q, k, v, g, beta, output_final_state=True, **setting)
    expected, final = recurrence(q, k, v, g, beta)
    close(o, expected)
    close(state, final)
    assert chunk_gated_delta_rule(q, k, v, g, beta, **setting)[1] is None


def test_delta_rule_and_kda_are_their_recurrences():
    q, k, v, _, beta = drawn(gate=None)
    close(chunk_delta_rule(q, k, v, beta)[0], recurrence(q, k, v, None, beta)[0])
    q, k, v, g, beta = drawn(gate="channel")
    o, state = chunk_kda(q, k, v, g, beta, output_final_state=True, chunk=32)
    expected, final = recurrence(q, k, v, g, beta)
    close(o, expected)
    close(state, final)


def test_initial_states_scales_and_norms():
    q, k, v, g, beta = drawn()
    start = torch.randn(BATCH, HEADS, D_K, D_V, generator=torch.Generator().manual_seed(2))
    o, state = chunk_gated_delta_rule(q, k, v, g, beta, scale=0.5, initial_state=start, output_final_state=True)
    expected, final = recurrence(q, k, v, g, beta, start, 0.5)
    close(o, expected)
    close(state, final)
    o2, turned = chunk_gated_delta_rule(q, k, v, g, beta, scale=0.5, initial_state=start.mT, output_final_state=True,
                                        state_v_first=True)
    assert torch.equal(o, o2) and torch.equal(turned, state.mT)
    normed = [x / (x.square().sum(-1, keepdim=True) + 1e-6).sqrt() for x in (q, 3 * k)]
    o, _ = chunk_gated_delta_rule(q, 3 * k, v, g, beta, use_qk_l2norm_in_kernel=True)
    close(o, recurrence(*normed, v, g, beta)[0])


def test_packed_sequences_are_the_sequences_alone():
    q, k, v, g, beta = (x[:1] for x in drawn())
    bounds = torch.tensor([0, 40, 40, 41, 150])
    start = torch.randn(4, HEADS, D_K, D_V, generator=torch.Generator().manual_seed(2))
    o, states = chunk_gated_delta_rule(q, k, v, g, beta, cu_seqlens=bounds, cu_seqlens_cpu=bounds, chunk_indices=bounds,
                                       initial_state=start, output_final_state=True)
    assert torch.equal(states[1], start[1])  # a sequence without tokens
    o, states = chunk_gated_delta_rule(q, k, v, g, beta, cu_seqlens=bounds, output_final_state=True)
    for s, (begin, end) in ((0, (0, 40)), (2, (40, 41)), (3, (41, 150))):
        alone, state = chunk_gated_delta_rule(*(x[:, begin:end] for x in (q, k, v, g, beta)), output_final_state=True)
        assert torch.equal(o[:, begin:end], alone) and torch.equal(states[s], state[0])


def test_T_is_that_of_invert():
    seen = []

    class Kept(Inverse):
        def __call__(self, A, layer=None):
            T = super().__call__(A, layer)
            seen.append((A, T))
            return T

    chunk_gated_delta_rule(*drawn(), inverse=Kept(method="mxr:block=8", arithmetic="fp16"))
    ((A, T),) = seen
    assert A.shape == (BATCH * HEADS, 3, 64, 64) and (A.triu() == 0).all()
    assert torch.equal(T, tristab.invert(A, method="mxr:block=8", arithmetic="fp16"))
    q, k, v, g, beta = drawn()
    formed = tristab.form(k, beta, g).reshape(A.shape)
    close(A, formed, 1e-6)


def test_the_size_of_chunks_is_that_of_the_call():
    for given, size in (({"chunk_size": 32}, 32), ({"chunk_size": 32, "chunk": 16}, 16), ({}, 64), ({"kernel": "fla-gdn"}, 32)):
        inverse = Inverse(**{name: x for name, x in given.items() if name != "chunk_size"})
        chunk_gated_delta_rule(*drawn(), inverse=inverse, chunk_size=given.get("chunk_size"))
        assert inverse.report()[None]["matrices"] == BATCH * HEADS * -(-TOKENS // size)


def test_nothing_has_a_gradient():
    q, k, v, g, beta = drawn()
    o, _ = chunk_gated_delta_rule(q, k.requires_grad_(), v, g, beta)
    with pytest.raises(RuntimeError, match="does not require grad"):
        o.sum().backward()


def test_a_formation_changes_A_and_rest_changes_everything_else():
    q, k, v, g, beta = drawn()
    plain, _ = chunk_gated_delta_rule(q, k, v, g, beta, kernel="fla-gdn", chunk=32)
    formed, _ = chunk_gated_delta_rule(q, k, v, g, beta, kernel="fla-gdn", chunk=32, formation="kernel")
    layer, state = chunk_gated_delta_rule(q, k, v, g, beta, kernel="fla-gdn", chunk=32, rest="kernel", output_final_state=True)
    assert not torch.equal(plain, formed) and not torch.equal(formed, layer)
    expected = tristab.layer(q, k, v, beta, g, kernel="fla-gdn", chunk=32)
    close(layer, expected["o"], 1e-6)
    close(state, expected["state"], 1e-6)
    close(layer, recurrence(q, k, v, g, beta)[0], 2e-2)


def test_a_lost_inverse_is_nan_in_its_head_alone_and_is_counted():
    q, k, v, g, beta = drawn()
    g = torch.zeros_like(g)
    k[0, :, 1] = k[0, :1, 1]  # the same key in every token
    beta[0, :, 1] = 8.0
    inverse = Inverse(method="mch", arithmetic="fp16")
    o, _ = chunk_gated_delta_rule(q, k, v, g, beta, inverse=inverse, layer="layer3")
    lost = o.isnan().flatten(-1).any(-1).any(1)
    assert lost.sum() == 1 and lost[0, 1]
    counts = inverse.report()["layer3"]
    assert counts["matrices"] == BATCH * HEADS * 3 and counts["nonfinite"] == counts["nonfinite_from_finite_A"] == 3
    assert counts["worst_norm_A"] == pytest.approx(8 * 63, rel=1e-5)
    k[0, 0, 0, 0] = float("nan")  # an A that is not finite gives NaN, not an error
    o, _ = chunk_gated_delta_rule(q, k, v, g, beta, inverse=inverse)
    assert o[0, :, 0].isnan().all()
    counts = inverse.report()[None]
    assert counts["nonfinite"] == 4 and counts["nonfinite_from_finite_A"] == 3
    beta[0, :, 1] = 0.5
    for how in ({"formation": "kernel"}, {"rest": "kernel"}):  # the same head alone, the same counts
        inverse = Inverse(kernel="fla-gdn", chunk=32, **how)
        o, _ = chunk_gated_delta_rule(q, k, v, g, beta, inverse=inverse)
        assert o.isnan().flatten(-1).any(-1).any(1).sum() == 1 and o[0, :, 0].isnan().any()
        counts = inverse.report()[None]
        assert counts["matrices"] == BATCH * HEADS * 5 and counts["nonfinite"] >= 1 == 1 + counts["nonfinite_from_finite_A"]


def test_arguments_that_exclude_each_other_are_refused():
    q, k, v, g, beta = drawn()
    for wrong, message in (
        ({"formation": "kernel"}, "without a setting"),
        ({"method": "mbh", "arithmetic": "fp16", "formation": "kernel"}, "without a kernel"),
        ({"method": "mbh", "arithmetic": "fp16", "rest": "kernel"}, "without a kernel"),
        ({"method": "mbh", "arithmetic": "fp16", "rest": "nonsense"}, "nonsense"),
        ({"kernel": "fla-solve-tril", "formation": "exact"}, "its own"),
        ({"kernel": "fla-gdn", "chunk_size": 64}, "chunks of 64"),
        ({"cu_seqlens": torch.tensor([0, 150])}, "a batch of 1"),
        ({"unknown": torch.zeros(2)}, "found unknown"),
        ({"inverse": Inverse(), "kernel": "fla-solve-tril"}, "inverse and a setting"),
        ({"kernel": "fla-gdn", "rest": "kernel", "scale": 1.0}, "scale"),
        ({"kernel": "fla-gdn", "rest": "kernel", "initial_state": torch.ones(BATCH, HEADS, D_K, D_V)}, "initial state"),
        ({"kernel": "fla-solve-trl"}, "did you mean"),
        ({"cp_context": object()}, "found cp_context"),
        ({"head_first": True}, "found head_first"),
    ):
        with pytest.raises(tristab.UsageError, match=message):
            chunk_gated_delta_rule(q, k, v, g, beta, **wrong)


class TransformersLayer(torch.nn.Module):
    """A layer as transformers has it: the kernel is an attribute, with arguments of its own names."""

    def __init__(self):
        super().__init__()
        self.layer_idx = 2

        def torch_chunk_gated_delta_rule(query, key, value, g, beta, chunk_size=64, initial_state=None,
                                         output_final_state=False, use_qk_l2norm_in_kernel=False, **kwargs):
            raise AssertionError("the model's own kernel was called")

        self.torch_chunk_gated_delta_rule = torch_chunk_gated_delta_rule

    def forward(self, q, k, v, g, beta):
        return self.torch_chunk_gated_delta_rule(q, k, v, g=g, beta=beta, initial_state=None, output_final_state=False,
                                                 use_qk_l2norm_in_kernel=False, use_cache=False, cu_seqlens=None)[0]


def test_patched_takes_transformers_kernels_and_gives_them_back():
    layer = TransformersLayer()
    own = layer.torch_chunk_gated_delta_rule
    inputs = drawn()
    with patched(layer, method="mbh", arithmetic="bf16") as inverse:
        o = layer(*inputs)
    assert torch.equal(o, chunk_gated_delta_rule(*inputs, method="mbh", arithmetic="bf16")[0])
    assert list(inverse.report()) == ["layer2"]
    assert layer.torch_chunk_gated_delta_rule is own
    with pytest.raises(AssertionError, match="own kernel"):
        layer(*inputs)


def test_patched_takes_a_layers_files_kernels_with_their_gates():
    file = types.ModuleType("fake_fla_layer")

    def chunk_kda_of_fla(q, k, v, g, beta, scale=None, use_gate_in_kernel=False, A_log=None, dt_bias=None, **kwargs):
        raise AssertionError("the file's own kernel was called")

    file.chunk_kda = chunk_kda_of_fla

    class Kimi(torch.nn.Module):
        layer_idx = 7

        def forward(self, q, k, v, g, beta, **gate):
            return file.chunk_kda(q=q, k=k, v=v, g=g, beta=beta, **gate)[0]

    Kimi.__module__ = file.__name__
    sys.modules[file.__name__] = file
    try:
        q, k, v, g, beta = drawn(gate="channel")
        A_log, layer = torch.linspace(-1, 0, HEADS), Kimi()
        with patched(layer) as inverse:
            o = layer(q, k, v, g, beta, use_gate_in_kernel=True, A_log=A_log, dt_bias=torch.zeros(HEADS * D_K))
        decay = -A_log.exp()[None, None, :, None] * torch.nn.functional.softplus(g)
        close(o, recurrence(q, k, v, decay, beta)[0])
        assert list(inverse.report()) == ["layer7"] and file.chunk_kda is chunk_kda_of_fla
    finally:
        del sys.modules[file.__name__]
