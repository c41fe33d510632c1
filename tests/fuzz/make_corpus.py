#!/usr/bin/env python3
"""Writes the corpus of the fuzz targets: make_corpus.py PROGRAM DIRECTORY. Results are made with PROGRAM (tristab).

Every file is one kind of input; its name says which. What libFuzzer found stands beside them as found-*, and is kept.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

program, corpus = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])


def put(target, name, content):
    (corpus / target).mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
    (corpus / target / name).write_bytes(data)


plain = {"chunks": [16], "trials": 1, "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]}


def changed(**keys):
    return json.dumps({**plain, **keys})


# --- configurations
text = json.dumps(plain)
for name, content in {
    "plain": text,
    "name-and-schema": changed(name="a.b-c_d", **{"$schema": "x.json"}),
    "lists-and-ranges": changed(chunks=["16:64:*2", 96], methods=[{"method": "mxr", "block": [8, 16]}], seed=2 ** 53),
    "every-key": changed(trial=0, require="4x-bf16,fla:0.005", reference="given", decompose=True, layer_arithmetic="bf16-h100"),
    "delta-rules": changed(families=[{"family": "gdn", "keys": ["silu", "independent"], "beta": "qwen3-next"}, "kda", "rwkv7"]),
    "layer": changed(families=["gdn"], layer=True, layer_chunks=2, formations=["exact", "gram:product=bf16-h100"]),
    "kernels": json.dumps({"chunks": [64], "families": ["gdn"], "kernels": ["fla-solve-tril:dot=ieee/tf32"]}),
    "expectations": changed(expect=[{"method": "mbh", "metric": "total_frobenius", "statistic": "max", "at_most": 1, "why": "w"},
                                    {"statistic": "fraction_above:0.1", "metric": "frobenius", "at_least": 0, "n": 16}]),
    "scenarios": json.dumps({"seed": 3, "scenarios": [{"name": "a", "what": "w", "source": "s", **plain}, {"name": "b", **plain}]}),
    "target-norm": changed(families=[{"family": "target-norm", "base": {"family": "uniform"}, "norm_inf": 3}]),
    "file-family": changed(families=[{"family": "file", "path": "A.npy", "heads": [0], "tokens": [0, 8], "tail": "short"}]),
    "formats": changed(arithmetics=["e4m3", "p11emin-14emax15", "bf16-h100", {"arithmetic": "int8", "scale": "row"}, "mxfp4"]),
    "reals": changed(families=[{"family": "uniform", "scale": [1e-300, 1e6, 0.0, -0.0]}]),
    "empty": "", "blank": " \n", "bom": "\ufeff" + text, "crlf": text.replace(",", ",\r\n"), "cr": text.replace(",", ",\r"),
    "utf-16": text.encode("utf-16"), "nul": text.encode() + b"\0", "not-utf-8": text.encode()[:-1] + b',"name":"\xff"}',
    "comment": "{// no\n}", "trailing-comma": text[:-1] + ",}", "cut": text[:-9], "twice": text + text,
    "nan": '{"trials":NaN}', "infinity": '{"seed":Infinity}', "1e999": '{"trials":1e999}', "digits": '{"trials":' + "9" * 400 + "}",
    "u64": '{"seed":18446744073709551615}', "i64": '{"trials":9223372036854775807}', "negative": changed(chunks=[-16]),
    "minus-zero": changed(trials=-0.0), "fraction": changed(trials=1.5),
    "key-twice": '{"trials":1,"trials":2}', "nested-key-twice": '{"families":[{"family":"gdn","keys":"silu","keys":"silu"}]}',
    "unknown-key": changed(chunk=[16]), "null-keys": json.dumps(dict.fromkeys(plain)), "list": "[]", "text": '"x"', "number": "1",
    "empty-lists": json.dumps({key: [] for key in plain}), "empty-objects": json.dumps({key: {} for key in plain}),
    "same-twice": changed(methods=["mbh", "mbh"]), "wrong-kinds": changed(methods=5, families={"a": 1}, chunks="x", trials=[1]),
    "range-without-end": changed(chunks="9223372036854775800:9223372036854775807:5"), "range-of-all": changed(chunks="-9223372036854775808:9223372036854775807:1"),
    "range-of-zeros": changed(chunks="0:0:*2"), "range-downwards": changed(chunks="64:16"),
    "product": changed(families=[{"family": "gdn", "keys": ["silu"] * 400, "beta": ["sigmoid"] * 400, "gate": ["mamba"] * 400}]),
    "many-methods": changed(methods=[{"method": "mxr", "block": "1:64:1"}] * 30),
    "long-name": changed(families=["x" * 3000]), "control-characters": changed(families=["\x1b]0;x\x07\n"]),
    "deep": '{"seed":' + "[" * 120 + "]" * 120 + "}", "deep-objects": '{"a":' * 110 + "1" + "}" * 110,
    "stdin-as-file": changed(families=[{"family": "file", "path": "-"}]), "path-with-nul": changed(families=[{"family": "file", "path": "a\0b"}]),
    "recipe-by-path": changed(kernels=["../mine.json"]), "dotted-name": changed(name="../x"),
}.items():
    put("config", name, content)

# --- recipes
recipe = {"kernel": "mine", "summary": "s", "source": "s", "date": "2026", "known": "model", "chunks": [16, 64],
          "method": {"method": "mxr", "block": 16}, "arithmetic": {"*": "fp16", "output": "bf16"}, "phases": ["one"],
          "formation": {"formation": "gram", "product": "bf16-h100"}, "layer": {"arithmetic": "bf16-h100"},
          "parameters": {"dot": {"default": "a", "help": "h", "choices": {"a": {}, "b": {"method": {"block": 8}, "arithmetic": {"output": "fp16"},
                                                                                         "formation": {"product": "fp16"}, "layer": "fp32"}}}}}
small = {"method": "mbh", "arithmetic": {"*": "fp16"}}
for name, content in {"whole": recipe, "small": small, "method-as-text": {**small, "method": "mxr:block=8"},
                      "phases-text": {**small, "phases": "x"}, "phases-numbers": {**small, "phases": [1]}, "no-star": {"method": "mbh", "arithmetic": {}},
                      "lists": {**small, "method": {"method": "mxr", "block": [8, 16]}}, "method-list": {**small, "method": ["mbh"]},
                      "method-null": {**small, "method": None}, "arithmetic-text": {**small, "arithmetic": "fp16"},
                      "arithmetic-object": {**small, "arithmetic": {"*": {"arithmetic": "int8", "scale": "row"}, "output": "fp16"}},
                      "help-number": {**small, "parameters": {"a": {"default": "x", "help": 1, "choices": {"x": {}}}}},
                      "choice-null": {**small, "parameters": {"a": {"default": "x", "choices": {"x": None}}}},
                      "choice-method-number": {**small, "parameters": {"a": {"default": "x", "choices": {"x": {"method": 1}}}}},
                      "choice-arithmetic-list": {**small, "parameters": {"a": {"default": "x", "choices": {"x": {"arithmetic": [1]}}}}},
                      "choice-formation-number": {**small, "parameters": {"a": {"default": "x", "choices": {"x": {"formation": 1, "layer": 1}}}}},
                      "parameters-list": {**small, "parameters": [1]}, "chunks-object": {**small, "chunks": {}}, "chunks-range": {**small, "chunks": "16:64:*2"},
                      "chunks-large": {**small, "chunks": [10 ** 9]}, "unknown-key": {**small, "x": 1}, "known-number": {**small, "known": 1},
                      "stage-unknown": {**small, "arithmetic": {"*": "fp16", "nowhere": "fp16"}}, "formation-list": {**small, "formation": [1]},
                      "layer-number": {**small, "layer": 1}, "names-empty": {**small, "kernel": "", "summary": ""}, "empty": {}, "list": []}.items():
    put("recipe", name, json.dumps(content))
put("recipe", "key-twice", '{"method":"mbh","method":"mbh","arithmetic":{"*":"fp16"}}')
put("recipe", "1e999", '{"method":{"method":"mxr","block":1e999},"arithmetic":{"*":"fp16"}}')
put("recipe", "cut", json.dumps(recipe)[:-20])

# --- options
for number, line in enumerate([
        "chunks 16:256:*2", "chunks 16,32,64", "chunks 16:128:16,256", "chunks 9223372036854775800:9223372036854775807:5", "chunks 0:0:*2", "chunks ,",
        "chunks -5000000000000000000:5000000000000000000:1", "chunks 16:64:*1", "chunks [16,[32]]", "chunks 00000000000000000000000000000000016",
        "methods mbh,mxr:block=8/16", "methods mxr:base=(neumann:terms=4),mch", "methods {\"method\":\"mxr\",\"block\":[8,16]}", "methods mxr:block=", "methods :",
        "methods mxr:block=8:block=16", "methods {\"method\":\"mxr\",\"block\":8,\"block\":9}", "methods mxr:last=kept:block=auto", "methods ((((", "methods newton-shulz",
        "families gdn:keys=silu:beta=qwen3-next", "families uniform:scale=0.1/0.5", "families target-norm:base=(uniform:scale=2):norm_inf=9", "families file:path=a:b.npy,ones",
        "families gdn:keys=silu/independent:gate=mamba", "families kahan", "arithmetics fp16,int8:scale=row,bf16-h100", "arithmetics e4m3-infinity-flush",
        "arithmetics p11emin-14emax15", "arithmetics fp16:accumulate=fp32", "arithmetics bf16x3-h100,tf32x3-h100", "arithmetics mxfp4:block=32", "arithmetics e99m99",
        "formations exact,gram:product=bf16-h100", "kernels fla-solve-tril:dot=ieee/tf32", "kernels no.json", "trials 1e3", "trials 8.0", "trials 1e999", "trials -1",
        "trial 0", "seed 9007199254740992", "seed 18446744073709551615", "require 4x-bf16", "require fla:0.005,fa:2x", "require torch:rtol=1e-2:atol=1e-2",
        "require total_frobenius<=1e-3", "require layer.o <= 1e-2", "require snr_db >= 20", "require fla-solve-tril", "require x-", "require 1e999x-fp16", "require -1x-bf16",
        "require verdict:limit=2", "require verdict:u=0.1", "layer_arithmetic {\"arithmetic\":\"bf16-h100\"}", "decompose on", "decompose TRUE",
        "threshold total_frobenius_max>1.1x,fit", "threshold unfit>0", "threshold snr_db_min<-3dB", "threshold x>", "threshold >1e999x", "gate fla:0.005", "gate lapack:30",
        "gate ascend:dual", "gate fla:", "gate torch:rtol=nan", "format bf16", "format e5m2", "format p24emin-126emax127", "format e9m53", "format p1emin0emax0",
        "format p99999999999emin0emax0", "number 16", "number 1.5", "number 18446744073709551615", "number 1e300", "number nan", "range 1:2", "range -1e308:1e308", "range 2:1",
        "range :", "words block=8 last=kept path=a=b", "words =", "words a=1 a=2", "words x={\"a\":[1,2]}", "list a,b,(c,d),\"e,f\"", "list \"", "list a,,b",
        "methods \x1b]0;x\x07", "methods " + "y" * 3000]):
    put("options", f"{number:02}-{line.split(' ')[0]}", line)

# --- arrays
magic = b"\x93NUMPY"


def npy(descr="<f8", shape="(2, 4, 4)", data=None, order="False", version=1, header=None):
    text = (f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}" if header is None else header).encode("latin1") + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return magic + bytes([version, 0]) + length + text + (lower() * 2 if data is None else data)


def lower(n=4, kind="d", value=1.0):
    return b"".join(struct.pack("<" + kind, value if j < i else 0) for i in range(n) for j in range(n))


one = npy(shape="(4, 4)", data=lower())
for name, content in {
    "f8": npy(), "f4": npy("<f4", data=lower(kind="f") * 2), "f2": npy("<f2", "(4, 4)", lower(kind="e")), "fortran": npy(order="True"),
    "version-2": npy(version=2), "version-3": npy(version=3), "version-4": npy(version=4), "heads": npy(shape="(4, 2, 4)"), "square": one,
    "big-endian": npy(">f8"), "integers": npy("<i8"), "object": npy("|O", data=b"\x80\x04N."), "structured": npy(header="{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}"),
    "shape-empty": npy(shape="()", data=b"\0" * 8), "shape-zero": npy(shape="(0, 4, 4)", data=b""), "shape-negative": npy(shape="(-1, 16)"), "shape-huge": npy(shape="(9223372036854775807, 2)"),
    "shape-product": npy(shape="(4294967296, 4294967296, 16)"), "shape-of-many": npy(shape="(" + "1, " * 400 + ")", data=b"\0" * 8), "shape-text": npy(shape="'x'"), "shape-open": npy(shape="(1, 2"),
    "too-short": one[:-5], "too-long": one + b"\0", "header-cut": one[:20], "magic-only": magic, "nothing": b"", "length-lies": one[:8] + b"\xff\xff" + one[10:],
    "length-zero": one[:8] + b"\0\0" + one[10:], "key-twice": npy(header="{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}"), "key-unknown": npy(header="{'x': 1}"),
    "text-behind": npy(header="{'descr': '<f8', 'fortran_order': False, 'shape': (4, 4)} x"), "no-comma": npy(header="{'descr': '<f8' 'shape': (1,)}"), "quote-open": npy(header="{'descr': '<f8"),
    "nan": npy(shape="(4, 4)", data=lower(value=float("nan"))), "infinity": npy(shape="(4, 4)", data=lower(value=float("inf"))), "upper": npy(shape="(4, 4)", data=struct.pack("<16d", *[1.0] * 16)),
    "not-square": npy(shape="(8, 2)", data=lower()), "one-number": npy(shape="(1,)", data=b"\0" * 8), "order-text": npy(order="'C'"), "pickle": b"\x80\x04\x95\x0b\0\0\0\0\0\0\0}\x94.",
}.items():
    put("npy", name, content)


# --- archives
def zipped(members, end=True, comment=b""):
    archive, directory = b"", b""
    for member in members:
        name, raw = member["name"].encode("utf-8", "surrogateescape"), member["data"]
        method = member.get("method", 0)
        packed = raw
        if method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(raw) + packer.flush()
        packed = member.get("packed", packed)
        crc, size = member.get("crc", zlib.crc32(raw)), member.get("size", len(raw))
        common = struct.pack("<HHHHIIIHH", member.get("flags", 0), method, 0, 0x21, crc, len(packed), size, len(name), 0)
        directory += struct.pack("<IHH", 0x02014b50, 20, 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, len(archive)) + name
        archive += struct.pack("<IH", 0x04034b50, 20) + common + name + packed
    tail = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, len(members), len(members), len(directory), len(archive), len(comment)) + comment
    return archive + directory + (tail if end else b"")


k = npy("<f4", "(32, 1, 4)", struct.pack("<128f", *[0.1 * (i % 7 - 3) for i in range(128)]))
beta = npy("<f4", "(32, 1)", struct.pack("<32f", *[0.5] * 32))
g = npy("<f4", "(32, 1)", struct.pack("<32f", *[-0.1] * 32))
a = {"name": "A.npy", "data": one}
for name, content in {
    "stored": zipped([a]), "deflated": zipped([{**a, "method": 8}]), "layer": zipped([{"name": "l.k.npy", "data": k}, {"name": "l.beta.npy", "data": beta}, {"name": "l.g.npy", "data": g}]),
    "layer-deflated": zipped([{"name": n + ".npy", "data": d, "method": 8} for n, d in (("k", k), ("beta", beta), ("v", k), ("q", k))]), "two": zipped([a, {**a, "name": "B.npy"}]),
    "same-name": zipped([a, a]), "no-member": zipped([]), "no-end": zipped([a], end=False), "cut": zipped([a])[:-30], "comment": zipped([a], comment=b"PK\x05\x06"),
    "crc-stored": zipped([{**a, "crc": 1}]), "crc-deflated": zipped([{**a, "method": 8, "crc": 1}]), "crc-large": zipped([{"name": "A", "data": npy(shape="(40, 4, 4)", data=lower() * 40), "crc": 1}]),
    "size-lies": zipped([{**a, "method": 8, "size": 10}]), "bomb": zipped([{**a, "method": 8, "size": 4294967295}]), "encrypted": zipped([{**a, "flags": 1}]), "method-9": zipped([{**a, "method": 9}]),
    "name-of-slashes": zipped([{**a, "name": "../../x.npy"}]), "name-not-utf-8": zipped([{**a, "name": "\udcff.npy"}]), "name-empty": zipped([{**a, "name": ""}]), "no-array": zipped([{"name": "readme.txt", "data": b"hello, world"}]),
    "pytorch": zipped([{"name": "x/data.pkl", "data": b"\x80\x02}."}]), "garbage": zipped([{**a, "method": 8, "packed": b"\xff" * 40}]), "object": zipped([{"name": "o", "data": npy("|O", data=b"\x80\x04N.")}, a]),
    "integers": zipped([{"name": "cu_seqlens", "data": npy("<i8", "(3,)", struct.pack("<3q", 0, 8, 32))}, {"name": "k", "data": k}, {"name": "beta", "data": beta}]),
    "magic-only": b"PK", "in-front": b"PK\3\4" + zipped([a]), "fortran": zipped([{"name": "A", "data": npy(order="True"), "method": 8}]),
}.items():
    put("npz", name, content)


# --- safetensors
def tensors(entries, header=None, tail=b"", length=None):
    offset, listed, data = 0, {}, b""
    for name, (dtype, shape, raw) in entries.items():
        listed[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(raw)]}
        offset, data = offset + len(raw), data + raw
    text = (json.dumps(listed) if header is None else header).encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(text) if length is None else length) + text + data + tail


def floats(*shape):
    count = 1
    for extent in shape:
        count *= extent
    return "F32", list(shape), struct.pack(f"<{count}f", *[0.1 * (i % 5 - 2) for i in range(count)])


layer = {"l.k": floats(16, 1, 4), "l.beta": floats(16, 1), "l.g": floats(16, 1), "l.q": floats(16, 1, 4), "l.v": floats(16, 2, 4)}
packed = {"k": floats(1, 16, 1, 4), "beta": floats(1, 16, 1), "cu_seqlens": ("I64", [3], struct.pack("<3q", 0, 5, 16))}
for name, content in {
    "one": tensors({"A": ("F64", [4, 4], lower())}), "half": tensors({"A": ("F16", [4, 4], lower(kind="e"))}), "bf16": tensors({"A": ("BF16", [2, 2], b"\0\0\0\0\x80\x3f\0\0")}),
    "layer": tensors(layer), "packed": tensors(packed), "kda": tensors({"k": floats(16, 1, 4), "beta": floats(16, 1), "g": floats(16, 1, 4)}), "grouped": tensors({"k": floats(16, 1, 4), "beta": floats(16, 2), "g": floats(16, 2)}),
    "product": tensors({"k": floats(32, 1, 4), "beta": floats(32, 1), "g": floats(16, 1), "steps": ("I32", [1], struct.pack("<i", 2))}), "rwkv7": tensors({"k": floats(16, 1, 4), "w": floats(16, 1, 4), "a": floats(16, 1, 4), "b": floats(16, 1, 4)}),
    "conventions": tensors({**packed, "l2norm": ("I32", [1], struct.pack("<i", 1)), "log_base": ("I32", [1], struct.pack("<i", 2)), "g": floats(1, 16, 1)}), "cu-seqlens-wrong": tensors({**packed, "cu_seqlens": ("I64", [3], struct.pack("<3q", 0, 20, 16))}),
    "cu-seqlens-negative": tensors({**packed, "cu_seqlens": ("I64", [2], struct.pack("<2q", -1, 1 << 62))}), "steps-zero": tensors({"k": floats(16, 1, 4), "beta": floats(16, 1), "steps": ("I32", [1], b"\0" * 4)}),
    "two-layers": tensors({f"{p}.{n}": t for p in "xy" for n, t in packed.items() if n != "cu_seqlens"}), "shapes-differ": tensors({"k": floats(16, 1, 4), "beta": floats(8, 1)}), "heads-differ": tensors({"k": floats(16, 2, 4), "beta": floats(16, 3)}),
    "metadata": tensors({}, '{"__metadata__":{"a":"b"},"A":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', b"\0" * 4), "metadata-numbers": tensors({}, '{"__metadata__":{"a":1}}'), "empty": tensors({}), "nothing": b"",
    "length-zero": tensors({}, length=0), "length-huge": tensors({}, length=2 ** 64 - 1), "length-beyond": tensors({}, length=100), "header-list": tensors({}, "[]"), "header-cut": tensors({}, '{"A":'), "header-not-utf-8": tensors({}, '{"\udcff":{}}'),
    "key-twice": tensors({}, '{"A":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"A":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), "overlap": tensors({}, '{"A":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"B":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', b"\0" * 8),
    "hole": tensors({}, '{"A":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', b"\0" * 8), "offsets-backwards": tensors({}, '{"A":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', b"\0" * 4), "offsets-huge": tensors({}, '{"A":{"dtype":"F32","shape":[1],"data_offsets":[0,9007199254740993]}}'),
    "offsets-negative": tensors({}, '{"A":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}'), "offsets-fraction": tensors({}, '{"A":{"dtype":"F32","shape":[1],"data_offsets":[0.5,4]}}'), "shape-huge": tensors({}, '{"A":{"dtype":"F32","shape":[9007199254740992,9007199254740992],"data_offsets":[0,0]}}'),
    "shape-zero": tensors({"A": ("F32", [0, 16, 16], b"")}), "shape-none": tensors({"A": ("F32", [], b"\0" * 4)}), "dtype-unknown": tensors({"A": ("F8_E4M3FNUZ", [4], b"\0" * 4)}), "dtype-number": tensors({}, '{"A":{"dtype":1,"shape":[],"data_offsets":[0,0]}}'), "bytes-behind": tensors({"A": floats(1)}, tail=b"\0"),
    "deep": tensors({}, '{"A":' + "[" * 60 + "]" * 60 + "}"), "long-list": tensors({}, '{"A":{"shape":[' + "1," * 1100 + "1]}}"), "nan": tensors({"k": ("F32", [16, 1, 1], struct.pack("<16f", *[float("nan")] * 16)), "beta": floats(16, 1)}),
    "wide": tensors({**layer, "l.v": floats(16, 1, 70)}), "zero-width": tensors({**layer, "l.v": ("F32", [16, 1, 0], b"")}), "zero-tokens": tensors({"k": ("F32", [0, 1, 4], b""), "beta": ("F32", [0, 1], b"")}), "integers": tensors({"A": ("I32", [2, 2], b"\1\0\0\0" * 4)}),
}.items():
    put("safetensors", name, content)

# --- results
with tempfile.TemporaryDirectory() as directory:
    config = {**plain, "families": ["ones", "uniform"], "methods": ["mbh", "mxr"], "expect": [{"metric": "total_frobenius", "statistic": "max", "at_most": 1}]}
    (pathlib.Path(directory) / "c.json").write_text(json.dumps(config))
    layers = {**plain, "families": ["gdn"], "layer": True, "layer_chunks": 1}
    (pathlib.Path(directory) / "l.json").write_text(json.dumps(layers))
    kept = {}
    for stem in "cl":
        for extension in ("json", "ndjson"):
            subprocess.run([program, "sweep", f"{stem}.json", "-o", f"r-{stem}.{extension}", "--jobs", "1"], cwd=directory, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            kept[stem + extension] = (pathlib.Path(directory) / f"r-{stem}.{extension}").read_text()


def compact(text):
    """A result without what no reader looks at: fewer bytes for the same paths."""
    value = json.loads(text)
    for record in value["records"]:
        record["stages"] = record.get("stages", [])[:1]
    value["records"], value["matrices"] = value["records"][:2], value["matrices"][:1]
    value["run"]["cases"] = len(value["records"])
    value["config"]["families"] = value["config"]["families"][:1]
    return value


base, lines = compact(kept["cjson"]), kept["cndjson"].splitlines()
kinds = {}
for line in lines:
    kinds.setdefault(json.loads(line)["type"], line)
short = "\n".join(kinds.values()) + "\n"
put("results", "whole", json.dumps(base))
put("results", "layers", json.dumps(compact(kept["ljson"])))
put("ndjson", "whole", short)
put("ndjson", "layers", "\n".join({json.loads(line)["type"]: line for line in kept["lndjson"].splitlines()}.values()) + "\n")


def tiny(**keys):
    """The least that is a result."""
    row = {"case": "a", "matrix": "m", "family": "ones", "n": 16, "method": "mbh", "arithmetic": "fp16", "status": "ok", "total_frobenius": 1e-3, "frobenius": 1e-3}
    value = {"schema": base["schema"], "run": {"cases": 1, "complete": True}, "records": [{**row, **keys.pop("record", {})}]}
    return json.dumps({**value, **keys})


for name, content in {
    "tiny": tiny(), "other-schema": tiny(schema="tristab-results/9"), "no-schema": '{"records":[]}', "no-records": json.dumps({"schema": base["schema"]}), "records-object": tiny(records={}), "record-number": tiny(records=[1]),
    "record-list": tiny(records=[[1]]), "empty-record": tiny(records=[{}]), "n-text": tiny(record={"n": "x"}), "n-huge": tiny(record={"n": 1e300}), "n-negative": tiny(record={"n": -1}), "n-fraction": tiny(record={"n": 16.5}),
    "error-text": tiny(record={"total_frobenius": "x"}), "error-null": tiny(record={"total_frobenius": None}), "error-negative": tiny(record={"total_frobenius": -1}), "error-huge": tiny(record={"total_frobenius": 1e308}),
    "status-unknown": tiny(record={"status": "fine"}), "status-failed": tiny(record={"status": "failed", "message": "m"}), "nonfinite": tiny(record={"status": "nonfinite"}), "stages": tiny(record={"stages": [{"a": 1}, {}]}), "stages-number": tiny(record={"stages": 1}),
    "control-characters": tiny(record={"family_label": "\x1b]0;x\x07|\nq", "method_label": "`touch x`"}), "settings": tiny(record={"family_settings": {"a": [1, {"b": 2}]}, "kernel": "k", "formation": "f"}), "cases-lie": tiny(run={"cases": 99, "complete": True}),
    "cases-text": tiny(run={"cases": "x"}), "run-list": tiny(run=[]), "config-number": tiny(config=1), "config-paths": tiny(config={"families": [{"family": "file", "path": ["a"], "beta": 1}], "kernels": [{"kernel": 1}]}),
    "config-command": tiny(run={"command": {"a": 1}, "cases": 1}, config=plain), "matrices": tiny(matrices=[{"matrix": "m", "family": "ones", "n": 16, "cond_2": 3.5, "power_max": [1, 2], "inverse_decay": "x"}]), "layers": tiny(layers=[{"layer": 1, "o": [1, 2]}]),
    "expectations": tiny(expectations=[{"met": "x"}]), "classes": tiny(classes=[{"class": 1}]), "summary": tiny(summary=[1]), "unknown-section": tiny(extra={"a": [1, [2]]}), "deep": tiny(extra=0)[:-1] + ',"z":' + "[" * 110 + "]" * 110 + "}",
    "key-twice": tiny()[:-1] + ',"records":[]}', "schema-last": json.dumps({"records": [{}], "schema": base["schema"]}), "csv": "case,matrix,family\n1,2,3\n", "cut": tiny()[:-20], "behind": tiny() + tiny(), "nul": tiny() + "\0", "bom": "\ufeff" + tiny(),
    "1e999": tiny(record={})[:-2] + ',"x":1e999}]}', "empty": "", "null": "null", "not-utf-8": tiny(record={"family": "\udcff"}),
}.items():
    put("results", name, content)
header = json.dumps({"type": "header", "schema": base["schema"], "expected_cases": 1})
record = json.dumps({"type": "record", **json.loads(tiny())["records"][0]})
end = json.dumps({"type": "end", "complete": True})
short = f"{header}\n{record}\n{end}\n"
for name, content in {
    "only-header": header + "\n", "only-end": end + "\n", "joined": short + short, "tiny": short, "torn": short[:-10], "torn-record": header + "\n" + record[:50], "torn-middle": header + "\n" + record[:50] + "\n" + end + "\n", "blank-lines": "\n\n" + short.replace("\n", "\n\n"),
    "crlf": short.replace("\n", "\r\n"), "unknown-type": header + '\n{"type":"x"}\n{"type":1}\n{}\n', "list-line": header + "\n[1]\n", "two-headers": header + "\n" + header + "\n" + end + "\n", "header-late": record + "\n" + header + "\n", "text": header + "\nhello\n",
    "end-wrong": header + '\n{"type":"end","complete":"yes"}\n', "cases-wrong": header.replace('"expected_cases": ', '"expected_cases": -') + "\n", "nul": short + "\0", "no-newline": short.rstrip("\n"), "one-line": tiny(), "deep": header + '\n{"type":"record","x":' + "[" * 110 + "]" * 110 + "}\n",
}.items():
    put("ndjson", name, content)
