#!/usr/bin/env python3
"""Shards under a real Slurm on this machine and under GNU parallel: a task is killed and requeued, the merged result has
the bytes of a single run. What configs/cluster ships is what runs.

cluster_test.py PROGRAM SOURCE_DIRECTORY. Ends with 77 (skipped) where neither can run.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
SCRIPT = os.path.join(os.path.abspath(sys.argv[2]), "configs", "cluster", "slurm-array.sh")
SHARDS = 4
CONFIG = {
    "name": "big", "seed": 3, "trials": 120, "chunks": [16, 64], "families": ["ones", "gdn", "uniform"],
    "methods": ["mbh", "mch"], "kernels": ["flashkda-v1"], "arithmetics": ["fp16", "int8"],
}


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, **options)


def comparable(path):
    with open(path, "rb") as stream:
        text = stream.read()
    return text[:text.index(b'\n"run"')] + text[text.index(b'\n"config"'):]


def free_port():
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


def slurm_configuration(directory, host):
    return f"""ClusterName=local
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
CommunicationParameters=NoInAddrAny
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=5,default_queue_depth=1000,bf_interval=5
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/ctld.pid
SlurmdPidFile={directory}/d.pid
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 Sockets=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@contextlib.contextmanager
def slurm(directory):
    """A controller and a node of this machine; yields whether the node is idle."""
    host = socket.gethostname().split(".")[0]
    configuration = f"{directory}/slurm.conf"
    for name in ("state", "spool"):
        os.mkdir(f"{directory}/{name}")
    with open(configuration, "w") as file:
        file.write(slurm_configuration(directory, host))
    os.environ["SLURM_CONF"] = configuration
    log = open(f"{directory}/slurm.log", "w")
    daemons = [subprocess.Popen(["slurmctld", "-D", "-i", "-f", configuration], stdout=log, stderr=log)]
    time.sleep(3)
    daemons.append(subprocess.Popen(["slurmd", "-D", "-f", configuration, "-N", host], stdout=log, stderr=log))
    try:
        for _ in range(60):
            if "idle" in run("sinfo", "-h", "-o", "%T").stdout:
                yield True
                return
            time.sleep(0.5)
        yield False
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait()


def stop(word):
    """Stops each process with an argument that ends so; Slurm lets it go on, to end, when it kills it."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{process}/cmdline", "rb") as stream:
                words = stream.read().decode(errors="replace").split("\0")
            if any(each.endswith(word) for each in words):
                os.kill(int(process), signal.SIGSTOP)


def states(job):
    lines = run("squeue", "-h", "-r", "-j", job, "-o", "%K %T").stdout.split("\n")
    return dict(line.split() for line in lines if line.strip())


def wait_until_done(job, results, seconds=120):
    """A task that is requeued is in no queue for a moment, so the queue alone does not tell."""
    end = time.monotonic() + seconds
    while states(job) or not all(os.path.exists(path) for path in results):
        if time.monotonic() > end:
            with open("slurm/slurm.log") as log:
                said = log.read()
            outputs = [open(name).read() for name in os.listdir(".") if name.endswith(".out")]
            raise AssertionError(f"the array is not done: {states(job)}\n{said}\n{outputs}")
        time.sleep(0.3)


def submit(array):
    done = run("sbatch", "--parsable", f"--array={array}", "--cpus-per-task=1", SCRIPT, "big.json", "results/big", str(SHARDS))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().split(";")[0]


def under_slurm(directory):
    if not all(shutil.which(name) for name in ("slurmctld", "slurmd", "sbatch")):
        print("Slurm is not installed: not tried")
        return False
    if os.getuid() != 0:
        print("Slurm needs root here: not tried")
        return False
    os.mkdir(f"{directory}/slurm")
    os.makedirs("results/big")
    with slurm(f"{directory}/slurm") as is_idle:
        if not is_idle:
            print("Slurm does not start on this machine: not tried")
            return False
        job = submit(f"1-{SHARDS - 1}")  # the last shard is left out
        journal = f"results/big/shard-1-of-{SHARDS}.ndjson.partial"
        end = time.monotonic() + 120
        while not (os.path.exists(journal) and os.path.getsize(journal) > 20000):
            assert time.monotonic() < end, "the task does not begin, or it ended too early"
            time.sleep(0.001)
        stop(os.path.basename(journal).removesuffix(".partial"))  # or it would end while it is requeued
        assert os.path.exists(journal), "the task ended too early"
        requeued = run("scontrol", "requeue", f"{job}_1")
        assert requeued.returncode == 0, requeued.stderr
        print("requeued task 1 with", os.path.getsize(journal), "bytes done")
        time.sleep(3)  # a node refuses a job that starts again within the second in which it was killed
        for _ in range(100):  # it is held for a while, as after any requeue
            if states(job).get("1") == "PENDING":
                run("scontrol", "update", f"JobId={job}_1", "StartTime=now")
                break
            time.sleep(0.2)
        wait_until_done(job, shards(SHARDS - 1))
        missing = run(PROGRAM, "merge", *shards(SHARDS - 1), "-o", "big.json.merged", "--format", "json")
        assert missing.returncode == 3 and f"missing: shard {SHARDS}/{SHARDS} (" in missing.stderr, missing
        wait_until_done(submit(str(SHARDS)), shards(SHARDS))  # only what is missing
        outputs = "".join(open(name).read() for name in os.listdir(".") if name.startswith("slurm-"))
        assert " kept)" in outputs, outputs
    merged = run(PROGRAM, "merge", *shards(SHARDS), "-o", "slurm.json")
    assert merged.returncode == 0, merged.stderr
    assert comparable("slurm.json") == comparable("reference.json")
    print("Slurm: an array with a requeued task, the missing shard named and run, the bytes of a single run")
    return True


def shards(count):
    return [f"results/big/shard-{index}-of-{SHARDS}.ndjson" for index in range(1, count + 1)]


def under_parallel():
    if not shutil.which("parallel") or "GNU" not in run("parallel", "--version").stdout:
        print("GNU parallel is not installed: not tried")
        return False
    done = run("parallel", "--jobs", "2", PROGRAM, "sweep", "big.json", "--jobs", "1", "--shard", "{}/3", "--resume", ":::",
               "1", "2", "3")
    assert done.returncode == 0, done.stderr
    merged = run(PROGRAM, "merge", *[f"results/big-shard-{index}-of-3.ndjson" for index in (1, 2, 3)], "-o", "parallel.json")
    assert merged.returncode == 0, merged.stderr
    assert comparable("parallel.json") == comparable("reference.json")
    print("GNU parallel: the bytes of a single run")
    return True


with tempfile.TemporaryDirectory() as place:
    os.chdir(place)
    os.environ["PATH"] = os.path.dirname(PROGRAM) + ":" + os.environ["PATH"]
    with open("big.json", "w") as config:
        json.dump(CONFIG, config)
    assert run(PROGRAM, "sweep", "big.json", "-o", "reference.json").returncode == 0
    tried = [under_parallel(), under_slurm(place)]
    os.chdir("/")
sys.exit(0 if any(tried) else 77)
