"""The figures of the HTML report against the result they are drawn from, in a real Chromium: figures_test.py PROGRAM
[SCREENSHOT_DIRECTORY]. Numbers are read off the drawings, through their axes. Exit status 77: no Chromium here."""

import csv
import io
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

from browser import Browser, find_chromium
from checks import all_of, check, choose, downloads, finish, quiet, table_rows
from drawing import CONTENT, centres, near, panels

PLAIN = {"name": "figures", "chunks": [16, 32], "trials": 3, "families": ["uniform", {"family": "gdn", "keys": "silu"}],
         "methods": ["mbh", "mxr"], "kernels": ["fla-solve-tril"], "arithmetics": ["fp16", "bf16"],
         "formations": ["exact", {"formation": "gram", "product": "bf16-h100"}], "layer": True, "layer_chunks": 4}
SCENARIOS = {"name": "expected", "trials": 2, "scenarios": [
    {"name": "ones-double", "chunks": [32], "families": ["ones"], "methods": ["mch", "mbh"], "arithmetics": ["fp16"],
     "expect": [{"method": "mch", "statistic": "nonfinite_trials", "at_least": 1, "why": "doubling overflows"},
                {"method": "mbh", "metric": "frobenius", "statistic": "max", "at_least": 1, "why": "this is not so"}]},
    {"name": "layer", "chunks": [16], "layer": True, "layer_chunks": 4, "families": [{"family": "gdn", "keys": "silu"}], "methods": ["mbh"],
     "arithmetics": ["bf16"], "expect": [{"method": "mbh", "layer": "o", "statistic": "max", "at_most": 0.5}]}]}

PARTS = ("error_formation",)  # beside the whole error


def setting(record):
    label = record["method_label"]
    if record.get("formation") and not record["kernel"]:
        label = f"{label} after {record['formation']}"
    return label, record["arithmetic_label"]


def by(records, key):
    groups = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def finite(values):
    return [value for value in values if value is not None]


def judged(records):
    """Those whose input is not trivial: statistics are taken of them."""
    return [record for record in records if record["fit"] != "trivial"]


def sizes_and_growth(browser, result):
    for figure, metric in (("sizes", "frobenius"), ("growth", "growth")):
        drawn = {tuple(panel.title): panel for panel in panels(browser, figure)}
        groups = by(result["records"], lambda r: (r["arithmetic_label"], r["family_label"].split(":")[0]))
        check(set(drawn) == set(groups), f"{figure}: a panel for each arithmetic and family {sorted(drawn)}")
        for place, members in groups.items():
            medians = [(n, statistics.median(finite(r[metric] for r in judged(group))))
                       for (_, n), group in by(members, lambda r: (setting(r), r["n"])).items()]
            check(all(near(drawn[place].marks, n, median, zero=drawn[place].zero) for n, median in medians), f"{figure}, {place}: medians stand at their places")
            check(len(drawn[place].marks) == len(medians), f"{figure}, {place}: and nothing else does")


def scatter(browser, result):
    conditions = {matrix["id"]: matrix["cond_2"] for matrix in result["matrices"]}
    for panel in panels(browser, "condition"):
        members = [r for r in result["records"] if r["arithmetic_label"] == panel.title[0]]
        places = [(conditions[r["matrix"]], r["frobenius"]) for r in members]
        check(len(places) > 10 and all(near(panel.marks, x, y, 0.07, panel.zero) for x, y in places),
              f"condition, {panel.title[0]}: each case stands at its place, or on the pixel of another")
        check(len(panel.marks) <= len(places), "and nothing else does")
        slopes = sum(text.startswith("slope ") for *_, text in browser.run(CONTENT % "condition")["texts"])
    check(slopes == 2 * 3, "each scatter has its two reference slopes")


def split(browser, result):
    content = browser.run(CONTENT % "split")
    rows = {text: y - 4 for x, y, anchor, _, text in content["texts"] if anchor == "end"}
    ticks = [(x, text) for x, y, anchor, _, text in content["texts"] if anchor == "middle" and text.startswith("10")]
    exponent = lambda text: int(text[2:].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")))
    (a, low), (b, high) = ticks[0], ticks[-1]
    value = lambda x: exponent(low) + (x - a) / (b - a) * (exponent(high) - exponent(low))
    marks = [place for path, _, _ in content["marks"] for place in centres(path)]
    legend = len(PARTS) + 1
    drawn = [(value(x), y) for x, y in marks if y > 20]
    settings = by(result["records"], setting)
    wanted = 0
    for (method, arithmetic), members in settings.items():
        name = f"{method} · {arithmetic}"
        found = [y for text, y in rows.items() if text == name or ("…" in text and name.startswith(text.split("…")[0]) and name.endswith(text.split("…")[1]))]
        if not finite(r[part] for r in members for part in PARTS):
            continue
        for part in (*PARTS, "total_frobenius"):
            # The statistic of the page is the median over trials, and the worst of it over families and sizes.
            medians = [statistics.median(values) for values in (finite(r[part] for r in judged(group)) for group in by(members, lambda r: (r["family_label"], r["n"])).values()) if values]
            if not medians or max(medians) == 0:
                continue
            wanted += 1
            check(any(abs(place - math.log10(max(medians))) < 0.03 and any(abs(y - row) < 1.5 for row in found) for place, y in drawn),
                  f"split, {name}: {part} stands at {max(medians):.3g}")
    check(wanted >= 8 and len(drawn) >= wanted and len(marks) - len(drawn) == legend, f"split: {wanted} parts")


def cost(browser, result):
    for panel in panels(browser, "cost"):
        n = int(panel.title[0].split("= ")[1])
        places = []
        for members in by([r for r in result["records"] if r["n"] == n], setting).values():
            medians = [statistics.median(r["total_frobenius"] for r in judged(group)) for group in by(members, lambda r: r["family_label"]).values()]
            places.append((members[0]["matmul_flops"] + members[0]["vector_flops"], max(medians)))
        check(len(places) >= 8 and all(near(panel.marks, x, y, zero=panel.zero) for x, y in places), f"cost, n = {n}: each setting stands at its place")
        front, least = [], math.inf
        for x, y in sorted(places):
            if y < least:
                least = y
                front.append((x, y))
        steps = browser.run("[...document.querySelectorAll('#cost path[data-front]')].map((path) => Number(path.dataset.front))")
        check(steps[[16, 32].index(n)] == len(front), f"cost, n = {n}: the Pareto front has {len(front)} settings")


def profiles_and_layers(browser, result):
    for figure, field in (("decay", "inverse_decay"), ("powers", "power_max")):
        for panel in panels(browser, figure):
            n = int(panel.title[0].split("= ")[1])
            lines = 0
            for members in by([m for m in result["matrices"] if m["n"] == n], lambda m: m["family_label"]).values():
                medians = [statistics.median(values) for values in zip(*(m[field] for m in members))]
                lines += any(len(line) == len(medians) and all(near([place], 2 ** k, y) for k, (place, y) in enumerate(zip(line, medians)) if y > 0) for line in panel.lines)
            check(lines == 2, f"{figure}, n = {n}: the lines are the medians of the matrices")
    for figure, field in (("layer-outputs", "o"), ("layer-states", "state")):
        drawn = panels(browser, figure)
        wanted = right = 0
        for members in by(result["layers"], lambda r: (setting(r), r["n"], r["family_label"])).values():
            chunks = members[0]["by_chunk"]["chunks"]
            medians = [statistics.median(values) for values in zip(*(m["by_chunk"][field] for m in members))]
            wanted += 1
            titles = [f"{members[0]['arithmetic_label']}, n = {members[0]['n']}", members[0]["family_label"].split(":")[0]]
            right += any(panel.title == titles and all(near(panel.marks, x, y, zero=panel.zero) for x, y in zip(chunks, medians)) for panel in drawn)
        check(wanted >= 8 and right == wanted, f"{figure}: errors of {right} of {wanted} settings stand at their places")


def hover(browser):
    """The pointer over a mark of each figure shows numbers."""
    for figure in ("sizes", "condition", "split", "growth", "layer-outputs", "layer-states", "cost", "decay", "powers"):
        path = browser.run(CONTENT % figure)["marks"][-1][0]
        x, y = centres(path)[-1]
        frame = browser.run("(() => { const svg = document.querySelector('#%s svg'); window.scrollBy(0, svg.getBoundingClientRect().top + %f - 400); "
                            "const box = svg.getBoundingClientRect(); return [box.left, box.top]; })()" % (figure, y))
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=frame[0] + x, y=frame[1] + y)
        text = browser.run("document.getElementById('tooltip').hidden ? '' : document.getElementById('tooltip').textContent")
        check(re.search(r"\d", text) and "\n" in text, f"{figure}: hovering gives numbers {text[:60]!r}")


def keyboard(browser):
    """Arrows go through the points of a focused figure; Escape closes a menu; a cell answers over its whole width."""
    key = lambda name: [browser.call("Input.dispatchKeyEvent", type=kind, key=name, code=name) for kind in ("keyDown", "keyUp")]
    tip = lambda: browser.run("document.getElementById('tooltip').hidden ? '' : document.getElementById('tooltip').textContent")
    browser.run("document.querySelector('#verdicts svg').focus()")
    texts = []
    for name in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        key(name)
        texts.append(tip())
    check(texts[0] == texts[2] != texts[1] and all(" · " in text and re.search(r"\d", text) for text in texts), f"keyboard: arrows show one point after another {texts}")
    key("Escape")
    check(tip() == "", "keyboard: Escape hides the numbers")
    browser.run("document.querySelector('[data-filter=methods] summary').click(); document.querySelector('[data-filter=methods] input').focus()")
    key("Escape")
    check(browser.run("!document.querySelector('[data-filter=methods]').open && document.activeElement.textContent.startsWith('method')"), "keyboard: Escape closes a menu")
    browser.run("document.querySelector('#verdicts').scrollIntoView()")
    left = browser.run("(() => { const box = document.querySelector('#verdicts rect[data-verdict]').getBoundingClientRect(); return [box.left + 3, box.top + 5]; })()")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=left[0], y=left[1])
    check(" · " in tip(), "the edge of a cell has its numbers")


def on_what_it_ran(browser, path):
    """Settings on other inputs, an error that is lost and a recipe without answer do not look better than they are."""
    browser.open(path, 1280)
    quiet(browser, path, "unequal")
    costs = rows_of(downloads(browser)["cost.csv"])
    front = [row["method"] for row in costs if row["on_front"] == "1"]
    check(front == ["mbh"], f"cost: a setting on one of two inputs is on no front {front}")
    split_texts = [text for *_, text in browser.run(CONTENT % "split")["texts"]]
    check("N 1/2" in split_texts, f"split: trials that are not finite are counted {split_texts}")
    cells = [text for *_, text in browser.run(CONTENT % "verdicts")["texts"]]
    check("✓–" in cells, f"verdicts: a setting without an answer on one input says so {cells}")
    check("1 recipe." in browser.run("document.getElementById('headline').textContent"), "recipes are counted as such")


UNEQUAL = [  # family, method, kernel, total error, status
    ("uniform", "mbh", None, 1e-3, "ok"), ("gdn", "mbh", None, 1e-3, "ok"), ("uniform", "mxr", None, 1e-9, "ok"),
    ("uniform", "neumann", None, 1e-8, "ok"), ("gdn", "neumann", None, None, "nonfinite"),
    ("uniform", "row-substitution", "some-recipe", 1e-7, "ok"), ("gdn", "row-substitution", "some-recipe", None, "failed")]


def unequal():
    return {"schema": "tristab-results/1", "records": [
        {"family": family, "n": 16, "matrix": family, "method": method, "method_label": kernel or method, "kernel": kernel, "arithmetic": "recipe" if kernel else "fp16", "status": status,
         "fit": {"ok": "fit", "nonfinite": "nonfinite", "failed": None}[status], "frobenius": error, "total_frobenius": error,
         "error_formation": error, "matmul_flops": 100, "vector_flops": 0} for family, method, kernel, error, status in UNEQUAL]}


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def saved_files(browser, directory, result):
    saved = downloads(browser)
    drawings = {name: text for name, text in saved.items() if name.endswith(".svg")}
    check(len(drawings) == 10 and len(saved) == 22, f"every figure is saved, every table's data {sorted(saved)}")
    shown = {name: browser.run("document.querySelectorAll('#%s svg .mark, #%s svg rect, #%s svg text').length" % ((name[:-4],) * 3)) for name in drawings}
    sizes = rows_of(saved["sizes.csv"])
    groups = by(result["records"], lambda r: (r["family_label"].split(":")[0], r["arithmetic_label"], setting(r)[0], str(r["n"])))
    check(len(sizes) == len(groups) and all(math.isclose(float(row["frobenius_worst"]), max(r["frobenius"] for r in groups[row["family"], row["arithmetic"], row["method"], row["n"]]), rel_tol=1e-3)
                                            for row in sizes), "sizes.csv: worst errors are those of the records")
    cases = sorted(float(row["frobenius"]) for row in rows_of(saved["condition.csv"]))
    check(all(math.isclose(a, b, rel_tol=1e-2) for a, b in zip(cases, sorted(r["frobenius"] for r in result["records"]))) and len(cases) == len(result["records"]),
          "condition.csv: all cases")
    check(len(rows_of(saved["verdicts.csv"])) == len(by(result["records"], setting)), "verdicts.csv: a row for each setting")
    check(sum(int(row["trials"]) for row in rows_of(saved["verdicts.csv"])) == len(result["records"]), "verdicts.csv: trials are all cases")
    front = rows_of(saved["cost.csv"])
    check(all(any(math.isclose(float(row["flops"]), r["matmul_flops"] + r["vector_flops"], rel_tol=1e-6) for r in result["records"]
                  if (setting(r), r["n"]) == ((row["method"], row["arithmetic"]), int(row["n"]))) for row in front), "cost.csv: costs are those of the records")
    layers = rows_of(saved["layer-outputs.csv"])
    check(len(layers) == sum(len(group[0]["by_chunk"]["chunks"]) for group in by(result["layers"], lambda r: (setting(r), r["n"], r["family_label"])).values()),
          "layer-outputs.csv: a row for each setting and number of chunks")
    # Each drawing alone.
    for name, text in drawings.items():
        root = tree.fromstring(text)
        counted = sum(1 for node in root.iter() if node.tag.endswith("}text") or node.tag.endswith("}rect") or node.get("class") == "mark")
        path = os.path.join(directory, name)
        with open(path, "w") as file:
            file.write(text)
        browser.open(path, 1280)
        size = browser.run("(() => { const box = document.documentElement.getBBox(); return [document.documentElement.tagName, box.width, box.height]; })()")
        check(root.tag == "{http://www.w3.org/2000/svg}svg" and size[0] == "svg" and size[1] > 300 and size[2] > 60 and counted == shown[name] + 1 and not browser.complaints,
              f"{name} opens on its own, with all that the page shows {size}")
        if len(sys.argv) > 2:
            browser.screenshot(os.path.join(sys.argv[2], f"alone-{name[:-4]}.png"))


def tables(browser, result):
    rows = table_rows(browser, "conditions")
    matrices = [m for m in result["matrices"] if (m["family_label"], m["n"]) == ("uniform", 32)]
    row = next(each for each in rows if each[:2] == ["uniform", "32"])
    check(math.isclose(float(row[3]), statistics.median(m["cond_2"] for m in matrices), rel_tol=1e-2), "conditions: the median is that of the matrices")
    rows = table_rows(browser, "classes")
    check([(row[0], row[1], row[2]) for row in rows] == [(*setting(each), each["class"]) for each in result["classes"]] and len(rows) == 8, "classes: as in the result")
    choose(browser, "methods", "mbh after gram:product=bf16-h100")
    check([row[0] for row in table_rows(browser, "classes")] == ["mbh after gram:product=bf16-h100"] * 2, "classes: filters tell formations apart")
    all_of(browser, "methods")
    words = browser.run("document.getElementById('provenance').textContent")
    for fact in (result["tool"]["version"], result["tool"]["commit"], result["run"]["host"], result["run"]["started"], "tristab-results/1", '"layer_chunks": 4', "sweep"):
        check(fact in words, f"provenance has {fact}")


def expectations(browser, path, result):
    browser.open(path, 1280)
    quiet(browser, path, "expectations")
    rows = table_rows(browser, "expectations")
    wanted = sorted(result["expectations"], key=lambda row: row["met"])
    check(len(rows) == 3 and [row[0] for row in rows] == ["✓ met" if each["met"] else "✗ not met" for each in wanted] and not wanted[0]["met"],
          "expectations: what is not met stands first")
    for row, each in zip(rows, wanted):
        check(row[1] == each["scenario"] and row[4] == each["method_label"] and math.isclose(float(row[8]), each["found"], rel_tol=1e-2), f"expectations: {row}")
    check(rows[0][6] == "max of frobenius" and rows[2][6] == "max of layer's o", f"expectations say what they are about {[row[6] for row in rows]}")
    check("2 of 3 met" in browser.run("document.getElementById('expectations').textContent"), "expectations are counted")
    menu = browser.run("[...document.querySelectorAll('[data-filter=families] label')].map((label) => label.textContent)")
    check(menu == ["ones-double: ones", "layer: gdn"], f"families bear their scenario {menu}")


def paper(browser, path, directory):
    """What is printed: drawn for the width of A4 and letter, without what one clicks, and no drawing larger than a page."""
    browser.open(path, 703, dark=True)
    browser.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.run("dispatchEvent(new Event('beforeprint'))")
    check(browser.run("document.documentElement.scrollWidth") <= 703, "print: nothing is wider than a page")
    heights = browser.run("[...document.querySelectorAll('section svg')].map((svg) => svg.getBoundingClientRect().height)")
    check(len(heights) == 10 and max(heights) < 840, f"print: drawings fit a page {heights}")
    check(browser.run("['#filters', '#contents', '.tools'].every((name) => document.querySelector(name).getBoundingClientRect().height === 0)"), "print: no filters and no buttons")
    check(browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)", "print: paper is white")
    lightness = browser.run("""['fit', 'unfit', 'nonfinite'].map((name) => {
      const [r, g, b] = getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim().match(/[0-9a-f]{2}/g).map((hex) => parseInt(hex, 16));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b; })""")
    check(all(a - b > 15 for a, b in zip(lightness, lightness[1:])), f"print: verdicts darken in grey {lightness}")
    browser.run("dispatchEvent(new Event('afterprint'))")
    check(browser.run("printing") is False, "print: the screen is drawn again")
    for name, width, height in (("a4", 8.27, 11.69), ("letter", 8.5, 11)):
        browser.open(path, 1280)
        browser.run("addEventListener('beforeprint', () => { window.printed = [...document.querySelectorAll('section svg')].map((svg) => Number(svg.getAttribute('width'))); })")
        data = browser.call("Page.printToPDF", paperWidth=width, paperHeight=height, printBackground=True)["data"]
        widths = browser.run("window.printed")
        check(len(data) > 20000 and len(widths) == 10 and max(widths) <= 690, f"print: figures are drawn anew for {name} {widths}")
        widths = browser.run("[...document.querySelectorAll('section svg')].map((svg) => Number(svg.getAttribute('width')))")
        check(min(widths) > 1000, f"print: and for the screen after it {widths}")


def main():
    program = os.path.abspath(sys.argv[1])
    if find_chromium() is None:
        print("SKIPPED: no chromium here (apt-get install chromium)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as directory:
        def run(*words):
            return subprocess.run([program, *words], cwd=directory, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode

        def at(name):
            return os.path.join(directory, name)

        results = {}
        for name, config, status in (("plain", PLAIN, 0), ("expected", SCENARIOS, 1)):
            with open(at(name + "-config.json"), "w") as file:
                json.dump(config, file)
            check(run("sweep", name + "-config.json", "-o", name + ".json") == status, f"{name}: the sweep runs")
            with open(at(name + ".json")) as file:
                results[name] = json.load(file)
        check(run("report", "plain.json", "-o", "plain.html") == 0 and run("report", "expected.json", "-o", "expected.html") == 0, "reports are written")
        browser = Browser()
        try:
            browser.open(at("plain.html"), 1280)
            quiet(browser, at("plain.html"), "figures")
            result = results["plain"]
            browser.run("figures.filter((figure) => figure.host && !figure.more.hidden).forEach((figure) => figure.more.click())")
            sizes_and_growth(browser, result)
            scatter(browser, result)
            split(browser, result)
            cost(browser, result)
            profiles_and_layers(browser, result)
            hover(browser)
            keyboard(browser)
            tables(browser, result)
            saved_files(browser, directory, result)
            expectations(browser, at("expected.html"), results["expected"])
            with open(at("unequal.json"), "w") as file:
                json.dump(unequal(), file)
            check(run("report", "unequal.json", "-o", "unequal.html") == 0, "the report is written")
            on_what_it_ran(browser, at("unequal.html"))
            paper(browser, at("plain.html"), directory)
        finally:
            browser.close()
    finish()


main()
