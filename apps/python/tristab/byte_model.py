"""The small byte-level Gated DeltaNet language models that were trained for this project.

    model = tristab.byte_model.load("gdn-lm.safetensors")
    logits = model(tokens)                                   # [batch, time, 256], of the next byte

Vocabulary: the 256 values of a byte; byte 0 separates documents. A layer is a Gated DeltaNet mixer (short convolution, SiLU,
L2-normalised q and k, beta in (0, 1) or (0, 2), log decay -exp(A_log) softplus(a + dt_bias), an output gate) and a gated MLP,
each after an RMS norm; the embedding is also the output. Yang, Kautz, Hatamizadeh, Gated Delta Networks, 2024
(arXiv 2412.06464). All computation is in fp32; weights are stored in bf16.
"""

import json
import struct

import torch
import torch.nn.functional as F
from torch import nn

import tristab.torch

__all__ = ["GatedDeltaNet", "is_byte_model", "load"]

_DTYPES = {"BF16": (torch.bfloat16, 2), "F16": (torch.float16, 2), "F32": (torch.float32, 4)}


def rms_norm(x, weight, eps=1e-6):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps) * weight


def causal_conv(x, weight):
    """x: [batch, time, channel], weight: [channel, width]; the last tap is the current token."""
    width, time = weight.shape[1], x.shape[1]
    x = F.pad(x, (0, 0, width - 1, 0))
    return sum(x[:, j : j + time] * weight[:, j] for j in range(width))


def l2_normalised(x, eps=1e-6):
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + eps)


class Layer(nn.Module):
    """One mixer and one MLP; `weights`: {name: tensor} of this layer."""

    def __init__(self, index, weights, beta_max):
        super().__init__()
        self.layer_idx, self.beta_max = index, beta_max
        self.n_head = weights["A_log"].shape[0]
        for name, x in weights.items():
            self.register_buffer(name, x)
        # patched() finds the kernel here, as it does in transformers.
        self.chunk_gated_delta_rule = tristab.torch.chunk_gated_delta_rule

    def forward(self, x):
        h = rms_norm(x, self.norm1)
        qkv = F.silu(causal_conv(F.linear(h, self.qkv), self.conv))
        q, k, v = qkv.view(*x.shape[:2], 3, self.n_head, -1).unbind(2)
        a, b = F.linear(h, self.decay_beta).chunk(2, -1)
        g = -self.A_log.exp() * F.softplus(a + self.dt_bias)
        beta = self.beta_max * torch.sigmoid(b)
        o, _ = self.chunk_gated_delta_rule(l2_normalised(q), l2_normalised(k), v, g, beta)
        x = x + F.linear(rms_norm(o, self.out_norm).flatten(2) * F.silu(F.linear(h, self.gate)), self.out)
        up, gate = F.linear(rms_norm(x, self.norm2), self.up).chunk(2, -1)
        return x + F.linear(F.silu(up) * gate, self.down)


class GatedDeltaNet(nn.Module):
    def __init__(self, name, weights):
        super().__init__()
        self.name = name
        self.register_buffer("embedding", weights["embedding"])
        self.register_buffer("norm", weights["norm"])
        layers = {}
        for full, x in weights.items():
            if full.startswith("layers."):
                _, index, part = full.split(".", 2)
                layers.setdefault(int(index), {})[part] = x
        beta_max = 2.0 if name == "gdnneg" else 1.0
        self.layers = nn.ModuleList(Layer(index, layers[index], beta_max) for index in sorted(layers))

    def forward(self, tokens):
        """tokens: [batch, time], values of bytes -> logits [batch, time, 256]."""
        x = F.embedding(tokens, self.embedding)
        for layer in self.layers:
            x = layer(x)
        return F.linear(rms_norm(x, self.norm), self.embedding)


def _header(file):
    (size,) = struct.unpack("<Q", file.read(8))
    return json.loads(file.read(size))


def is_byte_model(path):
    """Whether a file holds such a model."""
    try:
        with open(path, "rb") as file:
            header = _header(file)
        return "layers.0.decay_beta" in header
    except (OSError, ValueError, struct.error, MemoryError):
        return False


def load(path):
    """The model of a .safetensors file, in fp32 on the CPU."""
    with open(path, "rb") as file:
        header = _header(file)
        body = bytearray(file.read())
    name = header.pop("__metadata__", {}).get("name", "gdn")
    weights = {}
    for key, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype, size = _DTYPES[entry["dtype"]]
        x = torch.frombuffer(body, dtype=dtype, count=(end - begin) // size, offset=begin)
        weights[key] = x.view(entry["shape"]).float()
    return GatedDeltaNet(name, weights).eval()
