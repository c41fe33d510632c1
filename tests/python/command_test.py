"""The module's results are the command's, bit for bit."""

import json

import numpy
import pytest

import tristab

SETTINGS = [
    {"kernel": "fla-solve-tril"},
    {"kernel": "flashkda-v1"},
    {"method": "mxr:block=8", "arithmetic": "fp16"},
    {"method": "mch", "arithmetic": "bf16:output=storage"},
    {"method": "mbh", "arithmetic": "bf16:rounding=stochastic"},
    {"method": "newton-schulz", "arithmetic": "int8"},
    {"method": "row-substitution", "arithmetic": "fp64"},
]


def words_of(setting):
    return [word for key, value in setting.items() for word in (f"--{key}", value)]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: "-".join(s.values()))
def test_invert_of_matrices(setting, program, tmp_path):
    chunk = 16 if setting.get("kernel") == "flashkda-v1" else 64
    A = tristab.generate("gdn:keys=silu", chunk=chunk, trials=5)
    numpy.save(tmp_path / "A.npy", A)
    program("invert", "A.npy", *words_of(setting), "-o", "T.npy", cwd=tmp_path)
    expected = numpy.load(tmp_path / "T.npy")
    T = tristab.invert(A, **setting)
    assert T.dtype == expected.dtype
    assert T.tobytes() == expected.tobytes()


def test_invert_of_a_layer_forms_A_as_the_kernel_does(program, tmp_path):
    L = tristab.generate_layer("gdn", chunk=32, chunks=3, trials=2)
    numpy.savez(tmp_path / "layer.npz", **L)
    program("invert", "layer.npz", "--kernel", "fla-gdn", "--chunk", 32, "-o", "T.npy", cwd=tmp_path)
    T = tristab.invert(L, kernel="fla-gdn", chunk=32)
    assert T.shape == (2, 3, 32, 32)
    assert (T != tristab.invert(L, method="row-substitution", arithmetic="fp32", chunk=32)).any()
    assert T.tobytes() == numpy.load(tmp_path / "T.npy").tobytes()


@pytest.mark.parametrize("family", ["gdn:keys=silu:gate=none", "ones", "kda"])
def test_generate(family, program, tmp_path):
    program("generate", family, "--chunk", 32, "--trials", 3, "--seed", 7, "-o", "A.npy", cwd=tmp_path)
    assert tristab.generate(family, chunk=32, trials=3, seed=7).tobytes() == numpy.load(tmp_path / "A.npy").tobytes()


def test_parameters_may_be_keywords():
    assert (tristab.generate("gdn:keys=silu", chunk=16) == tristab.generate("gdn", keys="silu", chunk=16)).all()
    assert (tristab.generate({"family": "gdn", "keys": "silu"}, chunk=16) == tristab.generate("gdn:keys=silu", chunk=16)).all()


def test_check_says_the_same(program, tmp_path):
    A = tristab.generate("gdn", chunk=32, trials=3)
    T = tristab.invert(A, method="mxr", arithmetic="fp16")
    T[1, 20, 3] += 0.5
    numpy.save(tmp_path / "A.npy", A)
    numpy.save(tmp_path / "T.npy", T)
    said = program("check", "A.npy", "T.npy", "--method", "mxr", "--arithmetic", "fp16", "--format", "json", status=(1,),
                   cwd=tmp_path)
    judged = tristab.check(A, T, method="mxr", arithmetic="fp16")
    assert not judged
    expected = json.loads(said)
    for report in (expected, judged.report):
        for key in ("input", "output"):
            report.pop(key)  # their names
    assert judged.report == expected


def test_recommend_says_the_same(program, tmp_path):
    words = ["recommend", "--family", "gdn", "--chunk", 16, "--methods", "mch,mbh", "--hunt", 100, "--format", "json"]
    expected = json.loads(program(*words, cwd=tmp_path))
    answer = tristab.recommend("gdn", chunk=16, methods="mch,mbh", hunt=100)
    assert answer and answer.report == expected
    program(*words, "-o", "best.json", cwd=tmp_path)
    recipe = json.loads((tmp_path / "best.json").read_text())
    assert answer.recipe["arithmetic"] == recipe["arithmetic"] and answer.recipe["method"] == recipe["method"]
    answer.save(tmp_path / "mine.json")
    A = tristab.generate("gdn", chunk=16)
    assert (tristab.invert(A, kernel=tmp_path / "mine.json") == tristab.invert(A, kernel=tmp_path / "best.json")).all()


def test_arguments_may_be_numbers_of_numpy_and_paths_and_none(tmp_path):
    answer = tristab.recommend("gdn", chunk=numpy.int64(16), methods="mch,mbh", hunt=0, tune=None)
    answer.save(tmp_path / "best.json")
    assert tristab.recommend("gdn", chunk=16, like=tmp_path / "best.json", hunt=0).report["like"]
    assert (tristab.generate("gdn", chunk=16, head_dim=numpy.int64(32)) == tristab.generate("gdn:head_dim=32", chunk=16)).all()


def test_recommend_for_arrays_is_recommend_for_their_file(program, tmp_path):
    A = tristab.inputs("trained", chunk=32, trials=2)
    numpy.save(tmp_path / "A.npy", A)
    said = program("recommend", "--input", "A.npy", "--hunt", 0, "--methods", "mch,mbh", "--format", "json", status=(0, 1), cwd=tmp_path)
    answer = tristab.recommend(input=A, methods="mch,mbh", hunt=0)
    assert answer.report["sizes"][0]["winner"] == json.loads(said)["sizes"][0]["winner"]
    assert answer.report["sizes"][0]["front"] == json.loads(said)["sizes"][0]["front"]


def test_sweep_gives_the_records_of_the_command(program, tmp_path):
    config = {"families": ["gdn", "kda"], "chunks": [16, 32], "methods": ["mch", "mbh"], "arithmetics": ["fp16", "bf16"],
              "trials": 2, "layer": True, "layer_chunks": 2}
    (tmp_path / "c.json").write_text(json.dumps(config))
    program("sweep", "c.json", "-o", "r.ndjson", "--format", "ndjson", cwd=tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "r.ndjson").read_text().splitlines()]

    def of(kind):
        return [{k: v for k, v in line.items() if k != "type"} for line in lines if line.get("type") == kind]

    for records in (tristab.sweep(config), tristab.sweep(tmp_path / "c.json", jobs=1)):
        assert list(records) == of("record")
        assert records.matrices == of("matrix")
        assert records.layers == of("layer")
        assert records.summary == of("summary")
        assert records.classes == of("class")


def test_paths_in_a_configuration_are_relative_to_it(tmp_path):
    numpy.save(tmp_path / "A.npy", tristab.generate("ones", chunk=16))
    config = {"families": [{"family": "file", "path": "A.npy"}], "methods": ["mbh"], "arithmetics": ["fp16"]}
    (tmp_path / "c.json").write_text(json.dumps(config))
    assert len(tristab.sweep(tmp_path / "c.json")) == 1


def test_pandas_takes_records_and_measurements():
    pandas = pytest.importorskip("pandas")
    records = tristab.sweep({"families": ["gdn"], "chunks": [16], "methods": ["mch", "mbh"], "arithmetics": ["fp16"], "trials": 3})
    frame = pandas.DataFrame(records)
    assert len(frame) == 6 and frame["frobenius"].dtype == float
    assert list(frame.groupby("method")["frobenius"].count()) == [3, 3]
    A = tristab.generate("gdn", chunk=16, trials=3)
    frame = pandas.DataFrame(tristab.measure(A, tristab.invert(A, method="mch", arithmetic="fp16")))
    assert len(frame) == 3 and (frame["status"] == "ok").all()


def test_measure_with_a_setting_gives_the_record_of_the_sweep():
    config = {"families": ["gdn"], "chunks": [32], "methods": ["mxr"], "arithmetics": ["fp16"], "trials": 3}
    A = tristab.generate("gdn", chunk=32, trials=3)
    T = tristab.invert(A, method="mxr", arithmetic="fp16")
    measured = tristab.measure(A, T, method="mxr", arithmetic="fp16")
    for trial, record in enumerate(tristab.sweep(config)):
        for name in ("frobenius", "total_frobenius", "max_ulp", "residual_left", "backward_normwise", "requirement_share"):
            assert measured[name][trial] == record[name], name
        assert measured["fit"][trial] == record["fit"]


def test_lists_are_those_of_the_program(program):
    for kind, entries in (("kernels", tristab.kernels()), ("methods", tristab.methods()), ("families", tristab.families()),
                          ("formations", tristab.formations()), ("arithmetics", tristab.arithmetics())):
        said = program("list", kind)
        assert entries and all(entry["name"] in said for entry in entries), kind
        assert all(entry["summary"] and isinstance(entry["parameters"], list) for entry in entries)
