#!/usr/bin/env python3
"""Nothing is lost: runs of tristab sweep are killed, interrupted, starved of disk, and go on with --resume.

resume_test.py PROGRAM. Kills 20 runs at random moments, or 100 for each format with TRISTAB_FULL_TESTS=1. Every resumed
result must have the bytes of a run that was not stopped, but for what it says about the run.
"""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
KILLS = 100 if os.environ.get("TRISTAB_FULL_TESTS") else 7
CONFIG = {
    "name": "c", "seed": 3, "trials": 12, "chunks": [16, 64],
    "families": ["ones", "gdn", {"family": "uniform", "scale": [0.1, 0.9]}],
    "methods": ["mbh", "mch"], "kernels": ["flashkda-v1"], "arithmetics": ["fp16", "int8"],
    "formations": ["exact", "gram:product=bf16"],
    "expect": [{"method": "mch", "arithmetic": "fp16", "statistic": "nonfinite_trials", "at_least": 0}],
}


def tristab(*words, **options):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, **options)


def comparable(path):
    """A result without `run`, which has times."""
    with open(path, "rb") as stream:
        text = stream.read()
    if path.endswith(".json"):
        begin, end = text.index(b'\n"run"'), text.index(b'\n"config"')
        return text[:begin] + text[end:]
    if path.endswith(".ndjson"):
        return text[:text.rindex(b"\n", 0, -1)]
    return text


def reference(form):
    path = f"reference.{form}"
    start = time.monotonic()
    assert tristab("sweep", "c.json", "-o", path).returncode == 0
    return comparable(path), time.monotonic() - start


def killed_at_random(form):
    """Kills until a run ends by itself, and again; sometimes tears the journal as well."""
    expected, seconds = reference(form)
    path, journal = f"k.{form}", f"k.{form}.partial"
    chance = random.Random(form)
    kills = went_on = 0
    while kills < KILLS:
        if os.path.exists(path):
            os.remove(path)
        while True:
            run = subprocess.Popen([PROGRAM, "sweep", "c.json", "-o", path, "--resume"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
            try:
                _, said = run.communicate(timeout=chance.uniform(0, seconds))
            except subprocess.TimeoutExpired:
                run.kill()
                run.communicate()
                kills += 1
                assert not os.path.exists(path) or comparable(path) == expected  # whole, or not there
                if form == "csv" and os.path.exists(path) and not os.path.exists(journal):
                    break  # killed when all was done, which CSV does not say of itself
                if chance.random() < 0.3 and os.path.exists(journal):
                    os.truncate(journal, max(0, os.path.getsize(journal) - chance.randrange(4000)))
                continue
            assert run.returncode == 0, said
            went_on += "kept)" in said
            break
        assert comparable(path) == expected, f"{form}: other bytes after {kills} kills"
        assert not os.path.exists(journal)
    assert went_on > 0
    left = [name for name in os.listdir(".") if name.startswith(path + ".")]
    assert not left, left
    print(f"{form}: {kills} kills, {went_on} runs went on, the same bytes every time")


def interrupted(number, status):
    """SIGINT and SIGTERM: the earlier result stays, and the message says how to go on."""
    shutil.copy("reference.json", "i.json")
    before = open("i.json", "rb").read()
    run = subprocess.Popen([PROGRAM, "sweep", "c.json", "-o", "i.json", "--jobs", "1"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, text=True)
    while not (os.path.exists("i.json.partial") and os.path.getsize("i.json.partial") > 20000):
        assert run.poll() is None, "the run ended too early"
        time.sleep(0.002)
    run.send_signal(number)
    _, said = run.communicate()
    assert run.returncode == status, (run.returncode, said)
    assert " cases are kept in i.json.partial; to go on, say --resume" in said, said
    assert open("i.json", "rb").read() == before
    went_on = tristab("sweep", "c.json", "-o", "i.json", "--resume")
    assert went_on.returncode == 0 and "kept)" in went_on.stderr, went_on.stderr
    assert comparable("i.json") == comparable("reference.json")
    again = tristab("sweep", "c.json", "-o", "i.json", "--resume")
    assert again.returncode == 0 and "nothing is left to do" in again.stderr, again.stderr
    print(f"{signal.Signals(number).name}: status {status}, the earlier result kept, went on")


def ignored():
    """Who starts a program in the background may want that it ignores SIGINT."""
    run = subprocess.Popen([PROGRAM, "sweep", "c.json", "-o", "g.json", "--jobs", "1"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, text=True,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    while not (os.path.exists("g.json.partial") and os.path.getsize("g.json.partial") > 20000):
        assert run.poll() is None, "the run ended too early"
        time.sleep(0.002)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate()
    assert run.returncode == 0, (run.returncode, said)
    assert comparable("g.json") == comparable("reference.json")
    print("SIGINT that is ignored from the start: the run goes on")


def full_disk():
    """A file that may not grow: the run fails, what is done stays, and the earlier result too."""
    shutil.copy("reference.json", "d.json")
    before = open("d.json", "rb").read()

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100000, resource.RLIM_INFINITY))

    failed = tristab("sweep", "c.json", "-o", "d.json", preexec_fn=small_files)
    assert failed.returncode == 3 and "cannot write" in failed.stderr, failed
    assert "d.json.partial" in failed.stderr, failed.stderr
    assert open("d.json", "rb").read() == before
    went_on = tristab("sweep", "c.json", "-o", "d.json", "--resume")
    assert went_on.returncode == 0 and "kept)" in went_on.stderr, went_on
    assert comparable("d.json") == comparable("reference.json")
    print("full disk: status 3, went on when there was room")


def disk_that_lies():
    """fsync that fails: the only notice of a full disk on some file systems."""
    if not shutil.which("cc"):
        return print("no C compiler: a failing fsync is not tried")
    with open("fsync.c", "w") as source:
        source.write("#include <errno.h>\nint fsync(int f) { (void)f; errno = ENOSPC; return -1; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "fsync.so", "fsync.c"], check=True)
    environment = dict(os.environ, LD_PRELOAD=os.path.abspath("fsync.so"))
    for form in ("json", "ndjson", "csv"):
        failed = tristab("sweep", "c.json", "-o", f"f.{form}", env=environment)
        if "cannot be preloaded" in failed.stderr or "ASan runtime" in failed.stderr:
            return print("a sanitizer's runtime must come first: a failing fsync is not tried")
        assert failed.returncode == 3 and "cannot write" in failed.stderr, failed
        assert not os.path.exists(f"f.{form}")
    print("failing fsync: status 3, no result appears")


def finished_results():
    """--resume says that a result is complete only where a run of now would give it."""
    recipe = {"kernel": "own", "summary": "s", "source": "x", "date": "2026-11", "known": "model", "chunks": [16],
              "method": "mbh", "arithmetic": {"*": "fp16"}}
    config = {"name": "o", "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"], "chunks": [16],
              "kernels": ["own.json"]}
    for path, document in (("own.json", recipe), ("o.json", config)):
        with open(path, "w") as file:
            json.dump(document, file)
    made = tristab("sweep", "o.json", "-o", "p.json")
    assert made.returncode == 0, made.stderr
    before = open("p.json", "rb").read()
    done = tristab("sweep", "o.json", "-o", "p.json", "--resume")
    assert done.returncode == 0 and "nothing is left to do" in done.stderr, done.stderr
    other = tristab("sweep", "o.json", "-o", "p.json", "--format", "csv", "--resume")
    assert other.returncode == 2 and "a complete result in json instead of csv" in other.stderr, other.stderr
    with open("own.json", "w") as file:
        json.dump(dict(recipe, arithmetic={"*": "bf16"}), file)
    changed = tristab("sweep", "o.json", "-o", "p.json", "--resume")
    assert changed.returncode == 2 and "(other kernels: changed own.json)" in changed.stderr, changed.stderr
    with open("own.json", "w") as file:
        json.dump(recipe, file)
    begin = before.index(b'"commit": "') + 11
    with open("p.json", "wb") as file:
        file.write(before[:begin] + b"0ther" + before[begin + 5:])
    version = tristab("sweep", "o.json", "-o", "p.json", "--resume")
    assert version.returncode == 2 and "but this is tristab" in version.stderr, version.stderr
    anew = tristab("sweep", "o.json", "-o", "p.json", "--resume", "--force")
    assert anew.returncode == 0 and b"0ther" not in open("p.json", "rb").read(), anew.stderr
    print("finished results: another version, format or recipe is refused")


def changed_requirement():
    """A recipe behind "require" that was changed: its results are not mixed with those of the old one."""
    recipe = {"kernel": "own", "method": "mxr", "arithmetic": {"*": "bf16"}}
    config = {"name": "q", "families": ["gdn"], "methods": ["mbh"], "arithmetics": ["bf16"], "chunks": [16],
              "require": "own.json"}

    def put(**changes):
        os.makedirs("beside", exist_ok=True)
        for path, document in (("own.json", dict(recipe, **changes)), ("q.json", config)):
            with open(f"beside/{path}", "w") as file:
                json.dump(document, file)

    put()
    assert tristab("sweep", "beside/q.json", "-o", "q.json").returncode == 0
    assert tristab("sweep", "beside/q.json", "-o", "q1.ndjson", "--shard", "1/2").returncode == 0
    again = tristab("sweep", "beside/q.json", "-o", "q.json", "--resume")
    assert again.returncode == 0 and "nothing is left to do" in again.stderr, again
    put(source="prose")
    assert tristab("sweep", "beside/q.json", "-o", "q.json", "--resume").returncode == 0
    put(arithmetic={"*": "fp32"})
    changed = tristab("sweep", "beside/q.json", "-o", "q.json", "--resume")
    assert changed.returncode == 2 and "another configuration (require" in changed.stderr, changed
    assert tristab("sweep", "beside/q.json", "-o", "q2.ndjson", "--shard", "2/2").returncode == 0
    merged = tristab("merge", "q1.ndjson", "q2.ndjson", "-o", "qm.json")
    assert merged.returncode in (2, 3) and "require" in merged.stderr and not os.path.exists("qm.json"), merged
    # The requirement is replaced, so what its file says now does not matter.
    case = json.load(open("q.json"))["records"][0]["case"]
    assert tristab("inspect", "q.json", case).returncode == 3
    inspected = tristab("inspect", "q.json", case, "--require", "4x-bf16")
    assert inspected.returncode == 0, inspected.stderr
    print("a recipe behind \"require\" that was changed: refused")


def recipes_of_two_folders():
    """Kernels beside the configuration and a requirement of the command line, each with a file of the same name elsewhere."""
    os.makedirs("folder", exist_ok=True)
    config = {"name": "w", "families": ["gdn"], "chunks": [16], "kernels": ["own.json"]}
    for path, document in (("folder/w.json", config),
                           ("folder/own.json", {"method": "mbh", "arithmetic": {"*": "bf16"}}),
                           ("own.json", {"method": "mbh", "arithmetic": {"*": "fp16"}}),
                           ("limit.json", {"method": "mxr", "arithmetic": {"*": "bf16"}})):
        with open(path, "w") as file:
            json.dump(document, file)
    words = ("sweep", "folder/w.json", "--require", "limit.json")
    assert tristab(*words, "-o", "w.json").returncode == 0
    for index in (1, 2):
        assert tristab(*words, "--shard", f"{index}/2", "-o", f"w{index}.ndjson").returncode == 0
    merged = tristab("merge", "w1.ndjson", "w2.ndjson", "-o", "wm.json")
    assert merged.returncode == 0, merged.stderr
    assert comparable("wm.json") == comparable("w.json")
    again = tristab("sweep", "w.json", "-o", "wa.json")
    assert again.returncode == 0, again.stderr
    assert comparable("wa.json") == comparable("w.json")
    # The command of the merged result names shards, and theirs the configuration.
    case = json.load(open("wm.json"))["records"][0]["case"]
    inspected = tristab("inspect", "wm.json", case)
    assert inspected.returncode == 0, inspected.stderr
    # A result that was renamed names an output of now.
    os.rename("folder", "away")
    os.rename("wa.json", "wb.json")
    with open("wa.json", "w") as file:
        file.write("")
    lost = tristab("sweep", "wb.json", "-o", "wa.json")
    assert lost.returncode == 3 and "own.json" in lost.stderr, lost
    print("recipes of two folders: merged, and run again")


def csv_of_another_run():
    """Beside an older CSV, which does not say what made it, a stopped run is refused at once, and goes on with --force."""
    assert tristab("sweep", "c.json", "--seed", "4", "-o", "v.csv").returncode == 0
    older = open("v.csv", "rb").read()
    run = subprocess.Popen([PROGRAM, "sweep", "c.json", "-o", "v.csv", "--force", "--jobs", "1"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while run.poll() is None and not (os.path.exists("v.csv.partial") and os.path.getsize("v.csv.partial") > 20000):
        time.sleep(0.001)
    run.kill()
    run.wait()
    size = os.path.getsize("v.csv.partial")
    refused = tristab("sweep", "c.json", "-o", "v.csv", "--resume")
    assert refused.returncode == 2 and "--force beside --resume" in refused.stderr, refused
    assert open("v.csv", "rb").read() == older and os.path.getsize("v.csv.partial") <= size
    assert tristab("sweep", "c.json", "-o", "v.csv", "--resume", "--force").returncode == 0
    assert comparable("v.csv") == comparable("reference.csv")
    print("beside an older CSV: refused at once, and whole with --force")


def journal_removed():
    """Who removes the journal of a run and starts another one gets no mixture."""
    expected, _ = reference("json")
    run = subprocess.Popen([PROGRAM, "sweep", "c.json", "-o", "j.json", "--jobs", "1"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    while run.poll() is None and not (os.path.exists("j.json.partial") and os.path.getsize("j.json.partial") > 20000):
        time.sleep(0.001)
    os.remove("j.json.partial")
    other = tristab("sweep", "c.json", "--seed", "4", "-o", "j.json", "--jobs", "1")
    status = run.wait()
    assert sorted((status, other.returncode)) == [0, 2], (status, other)  # the later one finds the other's result
    if status != 0:
        assert tristab("sweep", "c.json", "--seed", "4", "-o", "seed4.json").returncode == 0
        expected = comparable("seed4.json")
    assert comparable("j.json") == expected
    print("a journal that was removed: the result of one run, and whole")


def killed_before_its_journal_was_removed():
    """The result and its whole journal are there: nothing is computed, and no format is refused."""
    for form in ("json", "ndjson", "csv"):
        shutil.copy(f"reference.{form}", f"b.{form}")
        run = subprocess.Popen([PROGRAM, "sweep", "c.json", "-o", f"c.{form}", "--jobs", "1"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        while run.poll() is None:  # the journal as it was at its longest
            try:
                os.link(f"c.{form}.partial", "linked")
            except OSError:
                continue
            run.wait()
            os.rename("linked", f"b.{form}.partial")
        went_on = tristab("sweep", "c.json", "-o", f"b.{form}", "--resume")
        assert went_on.returncode == 0, went_on.stderr
        assert comparable(f"b.{form}") == comparable(f"reference.{form}")
        assert not os.path.exists(f"b.{form}.partial")
    print("killed between the result and the end of its journal: the same bytes")


def two_at_once():
    run = subprocess.Popen([PROGRAM, "sweep", "c.json", "-o", "t.csv", "--jobs", "1"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    while not os.path.exists("t.csv.partial"):
        time.sleep(0.002)
    time.sleep(0.05)
    second = tristab("sweep", "c.json", "-o", "t.csv", "--resume")
    assert second.returncode == 3 and "another run writes it now" in second.stderr, second
    assert run.wait() == 0 and comparable("t.csv") == comparable("reference.csv")
    print("two processes on one output: the second is refused, the first is whole")


def shards_of_killed_runs():
    for index in (1, 2, 3):
        run = subprocess.Popen([PROGRAM, "sweep", "c.json", "--shard", f"{index}/3", "--jobs", "1"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        journal = f"results/c-shard-{index}-of-3.ndjson.partial"
        while run.poll() is None and not (os.path.exists(journal) and os.path.getsize(journal) > 20000):
            time.sleep(0.001)
        run.kill()
        run.wait()
    shards = [f"results/c-shard-{index}-of-3.ndjson" for index in (1, 2, 3)]
    missing = tristab("merge", *[shard for shard in shards if os.path.exists(shard)] or ["reference.json"], "-o", "m.json")
    assert missing.returncode in (2, 3) and not os.path.exists("m.json"), missing
    for index in (1, 2, 3):
        environment = dict(os.environ, SLURM_ARRAY_TASK_ID=str(index))
        assert tristab("sweep", "c.json", "--shard", "auto/3", "--resume", env=environment).returncode == 0
    for form in ("json", "ndjson", "csv"):
        merged = tristab("merge", *reversed(shards), "-o", f"m.{form}")
        assert merged.returncode == 0, merged.stderr
        assert comparable(f"m.{form}") == comparable(f"reference.{form}"), form
    print("shards of killed runs: merged, the same bytes in every format")


with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    with open("c.json", "w") as file:
        json.dump(CONFIG, file)
    for each in ("json", "ndjson", "csv"):
        killed_at_random(each)
    interrupted(signal.SIGINT, 130)
    interrupted(signal.SIGTERM, 143)
    ignored()
    full_disk()
    disk_that_lies()
    finished_results()
    changed_requirement()
    recipes_of_two_folders()
    csv_of_another_run()
    journal_removed()
    killed_before_its_journal_was_removed()
    two_at_once()
    shards_of_killed_runs()
