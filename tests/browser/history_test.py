"""The page of kept results against the results it is drawn from, in a real Chromium: history_test.py PROGRAM
[SCREENSHOT_DIRECTORY]. Exit status 77: no Chromium here."""

import copy
import csv
import io
import json
import os
import subprocess
import sys
import tempfile

from browser import Browser, find_chromium
from checks import check, choose, downloads, finish, quiet, table_rows

CONFIG = {"name": "kept", "chunks": [16, 64], "trials": 3, "families": ["uniform", "ones"], "methods": ["mbh", "mch", "mxr"],
          "arithmetics": ["fp16", "bf16"], "kernels": ["fla-solve-tril"]}
RINGS = "document.querySelectorAll('#history svg path.mark[stroke=\"var(--ink)\"][fill=\"var(--page)\"]').length"


def keep(result, directory, count):
    """The result `count` times, each from another commit; from the second on, mbh in fp16 on uniform at 64 is 2, 3, ... times as wrong,
    and in the last mxr in bf16 there is not finite."""
    os.mkdir(directory)
    for k in range(count):
        made = copy.deepcopy(result)
        made["run"]["started"] = f"2026-01-{k % 28 + 1:02}T{k // 28:02}:00:00Z"
        made["tool"]["commit"] = f"{(k + 1) * 0x1e3779b97f4a % 2**48:012x}"
        for record in made["records"]:
            if record["family"] != "uniform" or record["n"] != 64 or record["kernel"]:
                continue
            if (record["method"], record["arithmetic"]) == ("mbh", "fp16"):
                record["total_frobenius"] *= k + 1
            if (record["method"], record["arithmetic"]) == ("mxr", "bf16") and k == count - 1 > 0:
                record["status"], record["total_frobenius"] = "nonfinite", None
        with open(os.path.join(directory, f"{count - k:03}.json"), "w", encoding="utf-8") as file:
            json.dump(made, file)


def three(browser, path):
    browser.open(path, 1280)
    quiet(browser, path, "three results")
    check("3 kept results" in browser.run("document.getElementById('headline').textContent"), "three: the headline counts the results")
    changes = table_rows(browser, "changes")
    check([row[2:6] for row in changes] == [["mbh", "fp16", "uniform", "64"], ["mxr", "bf16", "uniform", "64"], ["mbh", "fp16", "uniform", "64"]],
          f"three: every change is listed, and nothing else {changes}")
    check(changes[1][7] == "not finite", "three: what is not finite any more is said")
    # The legend has one ring; the kernel's diamonds stand in other colours.
    check(browser.run(RINGS) >= 3 + 1, f"three: every change has a ring {browser.run(RINGS)}")
    ticks = browser.run("[...document.querySelectorAll('#history svg text')].map((text) => text.textContent)")
    check({"1e3779b", "3c6ef37"} <= set(ticks), f"three: the axis names commits {ticks[:12]}")
    marks = browser.run("[...document.querySelectorAll('#values td.marked')].map((cell) => cell.textContent)")
    check(len(marks) == 3 and all(mark.startswith("▲ ") for mark in marks), f"three: changed values are marked {marks}")
    saved = downloads(browser)
    rows = list(csv.DictReader(io.StringIO(saved["history.csv"])))
    check(sum(int(row["changed"]) for row in rows) == 3 and len(rows) == 3 * 2 * 2 * 7, f"three: the CSV has a row for each point {len(rows)}")
    check(any(row["total_frobenius_worst"] == "inf" for row in rows), "three: the CSV says inf")
    check(set(saved) >= {"history.svg", "changes.csv", "values.csv", "results.csv"}, f"three: figures can be saved {sorted(saved)}")
    choose(browser, "methods", "mch")
    check("Nothing changed" in browser.run("document.getElementById('changes').textContent"), "three: a selection without changes says so")


def narrow(browser, path, name):
    browser.open(path, 390)
    quiet(browser, path, name)
    check(browser.run("document.documentElement.scrollWidth") <= 390, f"{name}: the page fits a narrow screen")
    check(browser.run("[...document.querySelectorAll('#history svg text')].every((text) => { const box = text.getBBox(); return box.x >= -1 && box.x + box.width <= 375; })"),
          f"{name}: no text leaves the drawing")


def main():
    if not find_chromium():
        sys.exit(77)
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        with open("c.json", "w", encoding="utf-8") as file:
            json.dump(CONFIG, file)
        subprocess.run([program, "sweep", "c.json", "-o", "r.json"], check=True, capture_output=True)
        with open("r.json", encoding="utf-8") as file:
            result = json.load(file)
        browser = Browser()
        for count in (1, 3, 50):
            keep(result, f"kept{count}", count)
            subprocess.run([program, "history", f"kept{count}", "-o", f"h{count}.html"], check=True, capture_output=True)
            narrow(browser, f"h{count}.html", f"{count} results")
            if len(sys.argv) > 2:
                for width in (390, 1280):
                    browser.open(f"h{count}.html", width)
                    browser.screenshot(os.path.join(sys.argv[2], f"history-{count}-{width}.png"))
        three(browser, "h3.html")
        browser.open("h1.html", 1280)
        check("nothing can have changed" in browser.run("document.getElementById('changes').textContent"), "one result: nothing can have changed")
        subprocess.run([program, "history", "kept3", "-o", "snr.html", "--metric", "snr_db", "--stat", "mean"], check=True, capture_output=True)
        browser.open("snr.html", 1280)
        quiet(browser, "snr.html", "decibels")
        texts = browser.run("[...document.querySelectorAll('#history svg text')].map((text) => text.textContent)")
        check("exact" in texts, "decibels: exact results have a rail")
        browser.close()
    finish()


if __name__ == "__main__":
    main()
