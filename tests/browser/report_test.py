"""The HTML report in a real Chromium: report_test.py PROGRAM [SCREENSHOT_DIRECTORY]. It draws, filters change what is drawn,
nothing complains, nothing is asked of a network, and 100,000 cases stay usable. Exit status 77: no Chromium here."""

import json
import os
import subprocess
import sys
import tempfile

from browser import Browser, find_chromium
from checks import all_of, check, choose, downloads, finish, quiet

CONFIG = {"name": "browser", "chunks": [16, 32], "trials": 3, "families": ["uniform", "ones", {"family": "gdn", "keys": "silu"}],
          "methods": ["mbh", "mch", "mxr"], "arithmetics": ["fp16", "bf16"], "layer": True, "layer_chunks": 2}

# The number of curves and markers in a figure, and of its panels.
MARKS = "document.querySelectorAll('#%s path.mark').length"
PANELS = "document.querySelectorAll('#%s rect[fill=none]').length"


def small_report(browser, path, result):
    browser.open(path, 1280)
    quiet(browser, path, "small")
    groups = {(r["family_label"], r["n"], r["method_label"], r["arithmetic_label"]) for r in result["records"]}
    families = {group[0] for group in groups}
    check(browser.run(PANELS % "sizes") == len(families) * 2, "a panel for each arithmetic and family")
    check(browser.run(PANELS % "condition") == 3, "a scatter for each method")
    check(browser.run("document.querySelectorAll('#verdicts rect[data-verdict]').length") == 6, "a cell for each method and arithmetic")
    for figure in ("sizes", "condition", "growth", "cost", "decay", "powers", "layer-outputs", "layer-states"):
        check(browser.run(MARKS % figure) > 0, f"{figure} draws")
    # The cells against the records themselves.
    order = ["trivial", "fit", "unfit", "nonfinite"]
    worst = {}
    for record in result["records"]:
        key = (record["method_label"], record["arithmetic_label"])
        worst[key] = max(worst.get(key, 0), order.index(record["fit"]))
    shown = browser.run("[...document.querySelectorAll('#verdicts rect[data-verdict]')].map((cell) => cell.dataset.verdict)")
    check(shown == [order[worst[method, arithmetic]] for method in ("mbh", "mch", "mxr") for arithmetic in ("fp16", "bf16")],
          f"verdicts of cells are the worst of their records {shown}")

    before = browser.run(MARKS % "sizes")
    check(choose(browser, "arithmetics", "bf16") == "arithmetic: bf16", "the menu says what is chosen")
    check(browser.run(MARKS % "sizes") < before, "one arithmetic: fewer curves")
    choose(browser, "methods", "mch")
    check(browser.run(PANELS % "condition") == 1, "one method: one scatter")
    check(browser.run("document.querySelectorAll('#verdicts rect[data-verdict]').length") == 1, "one method in one arithmetic: one cell")
    choose(browser, "sizes", "32")
    check(browser.run("[...document.querySelectorAll('#cost svg text')].some((text) => text.textContent.startsWith('n = 16'))") is False,
          "one size: the other is not drawn")
    for menu in ("arithmetics", "methods", "sizes"):
        all_of(browser, menu)
    check(browser.run(MARKS % "sizes") == before, "all of everything draws the first figure again")

    # The pointer over a point of a scatter names its numbers.
    browser.run("document.querySelector('#condition').scrollIntoView()")
    place = browser.run("""(() => {
      const box = document.querySelector('#condition path.mark[fill^=var]').getBoundingClientRect();
      const mark = [...document.querySelectorAll('#condition svg > path.mark')].pop();
      const [, x, y] = mark.getAttribute('d').match(/M([\\d.]+) ([\\d.]+)/);
      const frame = mark.ownerSVGElement.getBoundingClientRect();
      return {x: frame.left + Number(x), y: frame.top + Number(y)};
    })()""")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", **place)
    tip = browser.run("document.getElementById('tooltip').hidden ? '' : document.getElementById('tooltip').textContent")
    check("cond_2" in tip and "frobenius" in tip, f"hovering gives numbers {tip!r}")

    saved = downloads(browser)
    check(all(name + end in saved for name in ("sizes", "condition", "verdicts", "cost") for end in (".svg", ".csv")), f"figures and data are saved {sorted(saved)}")
    check(all("var(" not in text and text.startswith("<svg") for name, text in saved.items() if name.endswith(".svg")), "saved figures hold their colours")
    medians = [line.split(",") for line in saved["sizes.csv"].splitlines()]
    check(len(medians) == 1 + len(groups), "the saved data has a row for each group")
    row = next(each for each in medians if each[:4] == ["uniform", "bf16", "mbh", "32"])
    errors = sorted(r["total_frobenius"] for r in result["records"]
                    if (r["family_label"], r["arithmetic_label"], r["method_label"], r["n"]) == ("uniform", "bf16", "mbh", 32))
    check(abs(float(row[7]) - errors[1]) < 1e-3 * errors[1], "the saved median is that of the records")


def many_records(directory, result):
    """The small result, with its records repeated on ever new matrices until there are 100,000."""
    path = os.path.join(directory, "many.ndjson")
    with open(path, "w") as file:
        header = {"type": "header", "schema": result["schema"], "tool": result["tool"], "config": result["config"], "expected_cases": 100000}
        file.write(json.dumps(header) + "\n")
        count, round_number = 0, 0
        while count < 100000:
            for matrix in result["matrices"]:
                scale = 1 + round_number * 0.01
                file.write(json.dumps({**matrix, "type": "matrix", "id": f"{matrix['id']}-{round_number}", "cond_2": matrix["cond_2"] * scale}) + "\n")
            for record in result["records"]:
                if count == 100000:
                    break
                kept = {key: value for key, value in record.items() if key not in ("stages", "undefined")}
                if kept["frobenius"] is not None:
                    kept["frobenius"] *= 1 + 0.001 * (round_number * 37 % 1000)
                file.write(json.dumps({**kept, "type": "record", "matrix": f"{record['matrix']}-{round_number}"}) + "\n")
                count += 1
            round_number += 1
        file.write(json.dumps({"type": "end", "complete": True, "cases": count}) + "\n")
    return path


def main():
    program = os.path.abspath(sys.argv[1])
    if find_chromium() is None:
        print("SKIPPED: no chromium here (apt-get install chromium)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as directory:
        def run(*words):
            subprocess.run([program, *words], cwd=directory, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

        def at(name):
            return os.path.join(directory, name)

        with open(at("c.json"), "w") as file:
            json.dump(CONFIG, file)
        run("sweep", "c.json", "-o", "r.json", "--html", "r.html")
        with open(at("r.json")) as file:
            result = json.load(file)
        # One trial of a group that is fit is made unfit: its cell must show that.
        next(r for r in result["records"] if (r["method_label"], r["arithmetic_label"], r["trial"]) == ("mbh", "fp16", 1))["fit"] = "unfit"
        with open(at("r.json"), "w") as file:
            json.dump(result, file)
        check(os.path.getsize(at("r.html")) > 10000, "sweep --html writes a page")
        run("report", "r.json", "-o", "r.html")
        many_records(directory, result)
        run("report", "many.ndjson", "-o", "many.html")
        # A result of another time: no matrices, verdicts, costs or run, and cut off.
        with open(at("old.ndjson"), "w") as file:
            file.write(json.dumps({"type": "header", "schema": "tristab-results/1", "expected_cases": 99}) + "\n")
            for record in result["records"][:20]:
                kept = {key: record[key] for key in ("case", "matrix", "family", "n", "method", "arithmetic", "status", "frobenius")}
                file.write(json.dumps({**kept, "type": "record"}) + "\n")
            file.write('{"type": "rec')
        run("report", "old.ndjson", "-o", "old.html")
        # One that does not say whether it is complete, whose answers all failed, without even sizes of errors; and one of nothing.
        with open(at("failed.json"), "w") as file:
            failed = {"family": "uniform", "n": 16, "method": "mbh", "arithmetic": "fp16", "status": "failed"}
            json.dump({"schema": "tristab-results/1", "records": [failed, failed]}, file)
        run("report", "failed.json", "-o", "failed.html")
        with open(at("nothing.json"), "w") as file:
            json.dump({"schema": "tristab-results/1", "records": []}, file)
        run("report", "nothing.json", "-o", "nothing.html")

        browser = Browser()
        try:
            small_report(browser, at("r.html"), result)
            for width in (1280, 390):
                for dark in (False, True):
                    browser.open(at("r.html"), width, dark=dark)
                    overflow = browser.run("document.documentElement.scrollWidth")
                    check(overflow <= width, f"the page fits {width} pixels ({overflow})")
                    if len(sys.argv) > 2:
                        browser.screenshot(os.path.join(sys.argv[2], f"report-{width}-{'dark' if dark else 'light'}.png"))
            browser.open(at("many.html"), 1280)
            quiet(browser, at("many.html"), "100,000 cases")
            check(browser.run("data.cases.matrix.reduce((sum, list) => sum + list.length, 0)") == 100000, "all of 100,000 cases are in the page")
            choose(browser, "methods", "mbh")
            elements = browser.run("document.querySelectorAll('svg *').length")
            check(elements < 20000, f"100,000 cases: {elements} elements")
            check(browser.run(MARKS % "condition") > 0, "100,000 cases: the scatter draws, and filters still work")
            browser.open(at("old.html"), 390)
            quiet(browser, at("old.html"), "old and cut off")
            notices = browser.run("document.getElementById('notices').textContent")
            check("not complete: 20 cases of 99" in notices and "no condition numbers" in notices and "no costs" in notices and "does not say what is fit" in notices, f"the page says what is missing: {notices!r}")
            check(browser.run(MARKS % "sizes") > 0 and browser.run("document.getElementById('condition')") is None, "what is there is drawn, and no more")
            check("no total_frobenius, no requirement_share, no strict_lower." in notices and "nothing about its run (command, host, time), the program that made it, its configuration" in notices,
                  "the page says what else is missing")
            headline = browser.run("document.getElementById('headline').textContent")
            check(" fit" not in headline and "20 cases" in headline, f"no words are counted where there are none {headline!r}")
            figures = "[...document.querySelectorAll('section.figure')].map((section) => section.id).filter((id) => id !== 'provenance-figure')"
            for name, shown, words in (("failed", ["verdicts"], "2 cases: 1 input, 1 size, 1 method, 1 arithmetic. 2 without an answer."), ("nothing", [], "0 cases")):
                browser.open(at(name + ".html"), 1280)
                quiet(browser, at(name + ".html"), name)
                check(browser.run(figures) == shown, f"{name}: figures {shown}")
                check(words in browser.run("document.getElementById('headline').textContent"), f"{name}: {words}")
                check("does not say whether it is complete" in browser.run("document.getElementById('notices').textContent"), f"{name}: not said to be incomplete")
        finally:
            browser.close()
    finish()


main()
