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
from drawing import CONTENT, centres, dot_panels, near, panels

PLAIN = {"name": "figures", "chunks": [16, 32], "trials": 3, "families": ["uniform", {"family": "gdn", "keys": "silu"}],
         "methods": ["mbh", "mxr"], "kernels": ["fla-solve-tril"], "arithmetics": ["fp16", "bf16"],
         "formations": ["exact", {"formation": "gram", "product": "bf16-h100"}], "layer": True, "layer_chunks": 4}
# One chunk size, with a kernel that refuses one of the inputs, overflows, and trivial inputs (saturated heads of gdn).
ONE_SIZE = {"name": "one-size", "chunks": 64, "trials": 8, "families": ["gdn", "uniform"], "methods": ["row-substitution", "mbh", "mch"],
            "kernels": ["fla-solve-tril", "flashqla"], "arithmetics": ["fp16", "bf16"]}
SCENARIOS = {"name": "expected", "trials": 2, "scenarios": [
    {"name": "ones-double", "chunks": [32], "families": ["ones"], "methods": ["mch", "mbh"], "arithmetics": ["fp16"],
     "expect": [{"method": "mch", "statistic": "nonfinite_trials", "at_least": 1, "why": "doubling overflows"},
                {"method": "mbh", "metric": "frobenius", "statistic": "max", "at_least": 1, "why": "this is not so"}]},
    {"name": "layer", "chunks": [16], "layer": True, "layer_chunks": 4, "families": [{"family": "gdn", "keys": "silu"}], "methods": ["mbh"],
     "arithmetics": ["bf16"], "expect": [{"method": "mbh", "layer": "o", "statistic": "max", "at_most": 0.5}]}]}

LONG = {"name": "long", "chunks": [16, 32], "trials": 2, "families": ["uniform"], "methods": ["mbh", "mxr", "recursive", "row-substitution"],
        "arithmetics": ["fp32", "fp16", "bf16", "tf32"]}

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


def median_error(records, metric):
    """As the page takes it: trivial inputs are left out, what is not finite is infinitely wrong."""
    counted = [r for r in judged(records) if r["status"] != "failed"]
    values = [math.inf if r["status"] == "nonfinite" and metric != "growth" else r[metric] for r in counted]
    return statistics.median(finite(values)) if finite(values) else None


def sizes_and_growth(browser, result):
    for figure, metric in (("sizes", "total_frobenius"), ("growth", "growth")):
        drawn = {tuple(panel.title): panel for panel in panels(browser, figure)}
        groups = by([r for r in result["records"] if not r["kernel"]], lambda r: (r["arithmetic_label"], r["family_label"].split(":")[0]))
        check(set(drawn) == set(groups), f"{figure}: a panel for each arithmetic and family {sorted(drawn)}")
        for place, members in groups.items():
            members = members + [r for r in result["records"] if r["kernel"] and r["family_label"].split(":")[0] == place[1]]
            medians = [(n, median_error(group, metric)) for (_, n), group in by(members, lambda r: (setting(r), r["n"])).items()]
            check(all(near(drawn[place].marks, n, median, zero=drawn[place].zero) for n, median in medians), f"{figure}, {place}: medians of methods and kernels stand at their places")
            check(len(drawn[place].marks) == len(medians), f"{figure}, {place}: and nothing else does")


def at_value(marks, row, value, reach=0.03):
    """The marks of a row at a value, which may be a rail's label."""
    return [mark for mark in marks if mark[0] == row and (mark[1] == value if isinstance(value, str) else not isinstance(mark[1], str) and abs(mark[1] - math.log10(value)) < reach)]


def one_size(browser, path, result):
    """A dot plot: methods and kernels down, errors across, a panel for each input."""
    browser.open(path, 1280)
    quiet(browser, path, "one size")
    drawn = {panel.title[0]: panel for panel in dot_panels(browser, "sizes")}
    check(set(drawn) == {"gdn", "uniform"}, f"one size: a panel for each input {sorted(drawn)}")
    rows = {setting(r)[0] for r in result["records"]}
    for family, panel in drawn.items():
        members = [r for r in result["records"] if r["family_label"] == family]
        check(set(panel.rows) == rows, f"one size, {family}: methods and kernels are rows of the same panel {panel.rows}")
        crosses = 0
        for (name, arithmetic), group in by(members, setting).items():
            error = median_error(group, "total_frobenius")
            if error is None:
                check(panel.words.get(name) == "no answer", f"one size, {family}: {name} says that it has no answer {panel.words}")
                continue
            lost, unfit = any(r["status"] == "nonfinite" for r in group), any(r["fit"] in ("unfit", "nonfinite") for r in group)
            crosses += lost
            found = at_value(panel.marks, name, "not finite" if error == math.inf else error if error <= 100 else ">10²")
            check(len(found) > 0, f"one size, {family}: {name} {arithmetic} stands at {error:.3g}")
            check(error == math.inf or any(mark[2] == unfit for mark in found), f"one size, {family}: {name} {arithmetic} is {'hollow' if unfit else 'filled'}")
        check(len([mark for mark in panel.marks if mark[1] == "not finite"]) == crosses, f"one size, {family}: each setting with a trial that is not finite has a cross ({crosses})")
        # The requirement 4x-bf16 is a bound on the error of each matrix: error / share.
        bounds = sorted({round(r["total_frobenius"] / r["requirement_share"], 9) for r in judged(members) if finite([r["requirement_share"]]) and r["requirement_share"] and r["method"] == "mbh"})
        check(len(panel.limits) == 1 and math.log10(bounds[0]) - 0.01 <= panel.limits[0] <= math.log10(bounds[-1]) + 0.01, f"one size, {family}: the limit of the requirement is drawn {panel.limits}")
    check("2 of 8 trials trivial: left out" in drawn["gdn"].title, f"one size: trivial inputs are counted and left out {drawn['gdn'].title}")
    check(any(r["fit"] == "trivial" for r in result["records"]) and all(not isinstance(mark[1], float) or mark[1] > -10 for panel in drawn.values() for mark in panel.marks), "one size: no trivial input is drawn")
    order = drawn["gdn"].rows
    sizes = {name: sorted(median_error(group, "total_frobenius") for group in by([r for r in result["records"] if setting(r)[0] == name and r["status"] != "failed"], lambda r: (setting(r), r["family_label"])).values()) for name in rows}
    middle = [sizes[name][(len(sizes[name]) - 1) // 2] for name in order]
    check(middle == sorted(middle), f"one size: rows are sorted by error {order}")
    styles = [browser.run("arithmeticStyle('%s').colour" % name) for name in ("fp16", "bf16")]
    for figure in ("sizes", "cost", "condition"):
        strokes = {stroke for _, stroke, _ in browser.run(CONTENT % figure)["marks"]}
        check(set(styles) <= strokes, f"one size: {figure} has the colours of the arithmetics")
    texts, left = " ".join(text for *_, text in browser.run(CONTENT % "sizes")["texts"]), len(result["records"]) - len(judged(result["records"]))
    check("relative error of the computed inverse" in texts and f"{left} of {len(result['records'])} trials are left out" in texts and "allowed by 4x-bf16" in texts, "one size: the figure says its quantity and what is left out")
    check(browser.run("document.querySelector('#condition svg') && [...document.querySelectorAll('#condition svg text')].every((text) => !/10⁻[1-9][0-9]{1,}/.test(text.textContent))"), "one size: no axis of errors runs to trivial inputs")
    browser.open(path, 390)
    check(browser.run("document.documentElement.scrollWidth") <= 390, "one size: the page fits a narrow screen")
    check(browser.run("[...document.querySelectorAll('#sizes svg text')].every((text) => { const box = text.getBBox(); return box.x >= -1 && box.x + box.width <= 360; })"), "one size: no text leaves the drawing")


def long_tables(browser, path, result):
    """A table shows some rows and says how many follow."""
    browser.open(path, 1280)
    for figure, rows in (("classes", len(result["classes"])), ("conditions", len({(m["family_label"], m["n"]) for m in result["matrices"]}))):
        shown = len(table_rows(browser, figure))
        more = browser.run("document.querySelector('#%s button.more').hidden ? '' : document.querySelector('#%s button.more').textContent" % (figure, figure))
        check(shown == min(rows, 15) and more == (f"15 of {rows} rows: show all" if rows > 15 else ""), f"{figure}: {shown} of {rows} rows, {more!r}")
        browser.run("document.querySelector('#%s button.more').click()" % figure)
        check(len(table_rows(browser, figure)) == rows, f"{figure}: all {rows} rows on request")
    check(len(result["classes"]) > 15, "the result has a long table")


def scatter(browser, result):
    conditions = {matrix["id"]: matrix["cond_2"] for matrix in result["matrices"]}
    for panel in panels(browser, "condition"):
        members = [r for r in judged(result["records"]) if setting(r)[0] == panel.title[0]]
        places = [(conditions[r["matrix"]], r["total_frobenius"]) for r in members]
        check(len(places) > 8 and all(near(panel.marks, x, y, 0.07, panel.zero) for x, y in places),
              f"condition, {panel.title[0]}: each case stands at its place, or on the pixel of another")
        check(len(panel.marks) <= len(places), "and nothing else does")
    slopes = sum(text.startswith("slope ") for *_, text in browser.run(CONTENT % "condition")["texts"])
    check(slopes == 2 * len({setting(r)[0] for r in result["records"]}), f"each method and kernel has a scatter with two reference slopes ({slopes})")


def split(browser, result):
    panel, = dot_panels(browser, "split")
    wanted = 0
    for (method, arithmetic), members in by(result["records"], setting).items():
        name = f"{method} · {arithmetic}"
        found = [row for row in panel.rows if row == name or ("…" in row and name.startswith(row.split("…")[0]) and name.endswith(row.split("…")[1]))]
        if not finite(r[part] for r in members for part in PARTS):
            continue
        for part in (*PARTS, "total_frobenius"):
            # The statistic of the page is the median over trials, and the worst of it over families and sizes.
            medians = [statistics.median(values) for values in (finite(r[part] for r in judged(group)) for group in by(members, lambda r: (r["family_label"], r["n"])).values()) if values]
            if not medians:
                continue
            wanted += 1
            check(any(at_value(panel.marks, row, max(medians) or "0") for row in found), f"split, {name}: {part} stands at {max(medians):.3g}")
    check(wanted >= 8 and len(panel.marks) == wanted, f"split: {wanted} parts")


def cost(browser, result):
    drawn = dot_panels(browser, "cost")
    check([panel.title[0] for panel in drawn] == [title for n in (16, 32) for title in (f"n = {n}: error", "operations", "longest chain of steps")], f"cost: errors, operations and steps of each size {[panel.title for panel in drawn]}")
    for n, (errors, *works) in zip((16, 32), (drawn[:3], drawn[3:])):
        for (name, arithmetic), members in by([r for r in result["records"] if r["n"] == n], setting).items():
            medians = [median_error(group, "total_frobenius") for group in by(members, lambda r: r["family_label"]).values()]
            check(at_value(errors.marks, name, max(medians)), f"cost, n = {n}: {name} {arithmetic} stands at {max(medians):.3g}")
            for panel, columns in zip(works, (("matmul_flops", "vector_flops"), ("depth", "vector_depth"))):
                for hollow, column in enumerate(columns):
                    value = max(r[column] for r in members)
                    check(any(mark[2] == hollow for mark in at_value(panel.marks, name, value or "0")), f"cost, n = {n}: {column} of {name} {arithmetic} is {value}, {'hollow' if hollow else 'filled'}")
        check(len({mark[3] for mark in errors.marks if not mark[2]}) >= 2, f"cost, n = {n}: arithmetics have marks of their own")


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
            wanted_titles = [[f"{arithmetic}, n = {members[0]['n']}", members[0]["family_label"].split(":")[0]]
                             for arithmetic in (["fp16", "bf16"] if members[0]["kernel"] else [members[0]["arithmetic_label"]])]
            right += all(any(panel.title == titles and all(near(panel.marks, x, y, zero=panel.zero) for x, y in zip(chunks, medians)) for panel in drawn) for titles in wanted_titles)
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
    on = {row["method"]: row["families"] for row in rows_of(downloads(browser)["cost.csv"])}
    check(on["mxr"] == "1" and on["mbh"] == "2", f"cost: the data says on how many inputs a setting ran {on}")
    errors = dot_panels(browser, "cost")[0]
    check([mark[2] for mark in errors.marks if mark[0] == "some-recipe"] == [True] and [mark[1] for mark in errors.marks if mark[0] == "neumann"] == ["not finite"],
          f"cost: a setting without an answer on one input is hollow, one that is lost stands at the edge {errors.marks}")
    check(at_value(dot_panels(browser, "split")[0].marks, "neumann · fp16{}", "not finite"), "split: what is not finite stands at the edge")
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
    check(len(drawings) == 11 and len(saved) == 24, f"every figure is saved, every table's data {sorted(saved)}")
    shown = {name: browser.run("document.querySelectorAll('#%s svg .mark, #%s svg rect, #%s svg text').length" % ((name[:-4],) * 3)) for name in drawings}
    sizes = rows_of(saved["sizes.csv"])
    groups = by(result["records"], lambda r: (r["family_label"].split(":")[0], r["arithmetic_label"], setting(r)[0], str(r["n"])))
    check(len(sizes) == len(groups) and all(math.isclose(float(row["total_frobenius_worst"]), max(r["total_frobenius"] for r in judged(groups[row["family"], row["arithmetic"], row["method"], row["n"]])), rel_tol=1e-3)
                                            for row in sizes), "sizes.csv: worst errors are those of the records")
    cases, wanted = sorted(float(row["total_frobenius"]) for row in rows_of(saved["condition.csv"])), sorted(r["total_frobenius"] for r in judged(result["records"]))
    check(all(math.isclose(a, b, rel_tol=1e-2) for a, b in zip(cases, wanted)) and len(cases) == len(wanted), "condition.csv: all cases whose input is not trivial")
    check(len(rows_of(saved["verdicts.csv"])) == len(by(result["records"], setting)), "verdicts.csv: a row for each setting")
    check(sum(int(row["trials"]) for row in rows_of(saved["verdicts.csv"])) == len(result["records"]), "verdicts.csv: trials are all cases")
    front = rows_of(saved["cost.csv"])
    check(all(any(math.isclose(float(row[unit]), r[unit], rel_tol=1e-6) for r in result["records"]
                  if (setting(r), r["n"]) == ((row["method"], row["arithmetic"]), int(row["n"]))) for row in front for unit in ("matmul_flops", "vector_flops")), "cost.csv: costs are those of the records")
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


# A requirement on the layer alone. Every word occurs.
LAYERS = {"name": "layers", "chunks": [32], "trials": 2, "families": [{"family": "gdn", "keys": "silu", "gate": "none"}], "methods": ["mbh", "mch"],
          "arithmetics": ["fp16", "int8"], "layer": True, "layer_chunks": 4, "require": "layer.o<=1e-2"}


def layer_verdicts(browser, path, result):
    """Where the requirement is about layers alone, the table of requirements is theirs."""
    browser.open(path, 1280)
    quiet(browser, path, "layers")
    check(browser.run("document.getElementById('verdicts') === null"), "layers: matrices that are not judged have no table of question marks")
    order, worst, errors = ["failed", "fit", "unfit", "nonfinite"], {}, {}
    for layer in result["layers"]:
        word = layer["fit"] or layer["status"]
        worst[setting(layer)] = max(worst.get(setting(layer), 0), order.index(word))
        errors.setdefault(setting(layer), []).append(math.inf if layer["status"] == "nonfinite" else layer["o"])
    settings = [(method, arithmetic) for method in ("mbh", "mch") for arithmetic in ("fp16", "int8")]
    shown = browser.run("[...document.querySelectorAll('#layer-verdicts rect[data-verdict]')].map((cell) => cell.dataset.verdict)")
    check(shown == [order[worst[each]] for each in settings] and len(set(shown)) > 1, f"layers: cells are the worst of their sequences {shown}")
    rows = rows_of(downloads(browser)["layer-verdicts.csv"])
    check([(row["method"], row["arithmetic"]) for row in rows] == settings and all(int(row["trials"]) == len(errors[each]) for row, each in zip(rows, settings)), f"layers: the data counts sequences {rows}")
    check(all(row["worst_o"] in ("inf", "Infinity") if max(errors[each]) == math.inf else math.isclose(float(row["worst_o"]), max(errors[each]), rel_tol=1e-3) for row, each in zip(rows, settings)),
          f"layers: the worst error is that of the outputs {[row['worst_o'] for row in rows]}")
    words = browser.run("document.querySelector('header').textContent")
    counted = {name: sum(layer["fit"] == name for layer in result["layers"]) for name in ("fit", "unfit")}
    check(f"Layers: {counted['fit']} fit, {counted['unfit']} unfit" in words and "does not say what is fit" not in words, f"layers: the headline counts them {words!r}")
    choose(browser, "methods", "mbh")
    check(browser.run("document.querySelectorAll('#layer-verdicts rect[data-verdict]').length") == 2, "layers: filters change their table")
    browser.open(path, 390)
    check(browser.run("document.documentElement.scrollWidth") <= 390, "layers: the page fits a narrow screen")


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
    check(len(heights) == 11 and max(heights) < 840, f"print: drawings fit a page {heights}")
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
        check(len(data) > 20000 and len(widths) == 11 and max(widths) <= 690, f"print: figures are drawn anew for {name} {widths}")
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
        for name, config, status in (("plain", PLAIN, 0), ("one", ONE_SIZE, 0), ("long", LONG, 0), ("expected", SCENARIOS, 1), ("layers", LAYERS, 0)):
            with open(at(name + "-config.json"), "w") as file:
                json.dump(config, file)
            check(run("sweep", name + "-config.json", "-o", name + ".json", "--html", name + ".html") == status, f"{name}: the sweep runs")
            with open(at(name + ".json")) as file:
                results[name] = json.load(file)
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
            one_size(browser, at("one.html"), results["one"])
            long_tables(browser, at("long.html"), results["long"])
            expectations(browser, at("expected.html"), results["expected"])
            layer_verdicts(browser, at("layers.html"), results["layers"])
            with open(at("unequal.json"), "w") as file:
                json.dump(unequal(), file)
            check(run("report", "unequal.json", "-o", "unequal.html") == 0, "the report is written")
            on_what_it_ran(browser, at("unequal.html"))
            paper(browser, at("plain.html"), directory)
        finally:
            browser.close()
    finish()


main()
