#!/usr/bin/env python3
"""The same configuration gives the same bytes in `matrices`, `records`, `layers`, `summary` and `classes`, whatever the number
of threads, and with the C library's functions for processors without FMA and AVX2: no result of them reaches a record.

determinism_test.py PROGRAM [OTHER_PROGRAM...]: other programs are other builds (Debug, clang), which must give the same.
"""
import json
import os
import subprocess
import sys
import tempfile

PROGRAM, *OTHERS = [os.path.abspath(path) for path in sys.argv[1:]]
CONFIG = {
    "name": "same", "seed": 5, "trials": 2, "chunks": [16, 48],
    "scenarios": [
        {"name": "formats", "families": ["ones", {"family": "uniform", "scale": [0.1, 1]}, {"family": "gdn", "keys": ["silu", "collinear"]},
                                         {"family": "kda"}, {"family": "rwkv7"}, {"family": "gdn", "gate": "none", "negative": True}],
         "methods": ["mbh", "mch", {"method": "mxr", "block": 8}, "newton-schulz", "row-substitution", {"method": "residual-neumann", "order": 3, "terms": 8}],
         "arithmetics": ["fp16", "bf16", "tf32", "int8", "e4m3", "mxfp8", "bf16-a100", "bf16-pure", "fp64"], "formations": ["exact", "gram:product=bf16"]},
        {"name": "gates", "families": ["gdn"], "methods": ["mbh", "mch"], "arithmetics": ["fp16", "int8"], "require": "snr:decibels=41.7"},
        {"name": "kernels", "families": ["gdn"], "chunks": [16, 64], "kernels": ["flashkda-v1", "fla-solve-tril", "qualcomm-int8", "fla-gdn-fused"],
         "layer": True, "layer_chunks": 2, "decompose": True},
    ],
}


def comparable(path):
    with open(path, "rb") as stream:
        text = stream.read()
    return text[text.index(b'\n"config"'):]


def swept(program, *options, **environment):
    done = subprocess.run([program, "sweep", "same.json", "-o", "out.json", "--force", *options], capture_output=True, text=True,
                          env=dict(os.environ, **environment))
    assert done.returncode == 0, done.stderr
    return comparable("out.json")


with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    with open("same.json", "w") as file:
        json.dump(CONFIG, file)
    expected = swept(PROGRAM, "--jobs", "1")
    result = json.loads(b'{"x": 0,' + expected)
    print(len(result["records"]), "records,", len(result["layers"]), "layers")
    for jobs in ("2", "7"):
        assert swept(PROGRAM, "--jobs", jobs) == expected, f"other bytes with {jobs} threads"
    tunables = "glibc.cpu.hwcaps=-FMA,-AVX2,-AVX512F,-AVX2_Usable,-FMA_Usable"
    assert swept(PROGRAM, GLIBC_TUNABLES=tunables) == expected, f"other bytes with GLIBC_TUNABLES={tunables}"
    for other in OTHERS:
        assert swept(other) == expected, f"other bytes from {other}"
    print("the same bytes with 1, 2 and 7 threads, without the C library's FMA", f"and from {len(OTHERS)} other builds" if OTHERS else "")
