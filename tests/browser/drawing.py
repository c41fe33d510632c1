"""Numbers of a drawn figure: its panels, axes and marks back in units of the data."""

import math
import re

# What a figure of the page holds. Texts: x, y, anchor, weight, text; marks and lines: path data, stroke, fill, dashes.
CONTENT = """(() => {
  const svg = document.querySelector('#%s svg'), at = (node, ...names) => names.map((name) => node.getAttribute(name));
  return {
    boxes: [...svg.querySelectorAll('rect[fill=none]')].map((node) => at(node, 'x', 'y', 'width', 'height').map(Number)),
    texts: [...svg.querySelectorAll('text')].map((node) => [...at(node, 'x', 'y').map(Number), ...at(node, 'text-anchor', 'font-weight'), node.textContent]),
    marks: [...svg.querySelectorAll('path.mark')].map((node) => at(node, 'd', 'stroke', 'fill')),
    lines: [...svg.querySelectorAll('path:not(.mark)')].map((node) => at(node, 'd', 'stroke')),
  };
})()"""

DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def tick(text):
    """log10 of an axis label: a power of ten, or a whole number."""
    if re.fullmatch("10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", text):
        return int(text[2:].translate(DIGITS))
    return math.log10(int(text)) if re.fullmatch("[1-9][0-9]*", text) else None


def scale(ticks):
    """From a place to log10 of the value, through the outer two of [(place, log10)]."""
    (a, low), (b, high) = min(ticks), max(ticks)
    return lambda place: low + (place - a) / (b - a) * (high - low) if a != b else low


def centres(path):
    """Centres of the markers of one path: circles, triangles that point up or down, crosses, and shapes with a centre."""
    parts = [[float(number) for number in re.findall(r"-?[\d.]+", part)] for part in path.split("M") if part]
    if "a" in path:
        return [(part[0] + part[2], part[1]) for part in parts]
    if "Z" not in path:  # two strokes each
        parts = [first + second for first, second in zip(parts[::2], parts[1::2])]
    result = []
    for part in parts:
        xs, ys = part[::2], part[1::2]
        share = 0.5 if len(xs) != 3 else (1.15 if ys[0] == min(ys) else 0.8) / 1.95
        result.append(((min(xs) + max(xs)) / 2, min(ys) + share * (max(ys) - min(ys))))
    return result


class Panel:
    """One frame: its title lines, and places of marks and lines in it as log10 of their values."""

    def __init__(self, content, box):
        left, top, width, height = box
        inside = lambda x, y: left - 1 <= x <= left + width + 1 and top - 1 <= y <= top + height + 1
        texts = content["texts"]
        self.title = [text for x, y, _, _, text in sorted(texts, key=lambda each: each[1]) if x == left and top - 30 < y < top]
        y_ticks = [(y - 4, tick(text)) for x, y, anchor, _, text in texts
                   if anchor == "end" and abs(x - left + 5) < 0.1 and top <= y - 4 <= top + height and tick(text) is not None]
        x_ticks = [(x, tick(text)) for x, y, anchor, _, text in texts
                   if anchor == "middle" and abs(y - top - height - 14) < 0.1 and inside(x, top) and tick(text) is not None]
        self.x, self.y = scale(x_ticks), scale(y_ticks)
        self.zero = self.y(top + height - 8)
        self.marks = [(self.x(x), self.y(y)) for path, _, _ in content["marks"] for x, y in centres(path)
                      if inside(x, y)]
        self.lines = []
        for path, _ in content["lines"]:
            places = [tuple(map(float, place)) for place in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]
            if places and all(inside(x, y) for x, y in places):
                self.lines.append([(self.x(x), self.y(y)) for x, y in places])


def panels(browser, figure):
    content = browser.run(CONTENT % figure)
    return [Panel(content, box) for box in content["boxes"]]


def near(places, x, y, reach=0.03, zero=None):
    """Whether one of `places` is (x, y) within a share `reach` of a decade; zeros stand at `zero`."""
    height = math.log10(y) if y > 0 else zero
    return any(abs(a - math.log10(x)) < reach and abs(b - height) < reach for a, b in places)


class Dots:
    """One panel of a dot plot: its title lines, its marks as (row, log10 of the value or the rail's label, hollow, shape), words in rows,
    and the place of the limit."""

    def __init__(self, content, box):
        left, top, width, height = box
        inside = lambda x, y: left - 1 <= x <= left + width + 1 and top - 1 <= y <= top + height + 1
        texts = content["texts"]
        self.title = [text for x, y, *_, text in sorted(texts, key=lambda each: each[1]) if x == left and top - 30 < y < top]
        names = {round(y - 4, 1): text for x, y, anchor, _, text in texts if anchor == "end" and top <= y <= top + height}
        below = [(x, text) for x, y, anchor, _, text in texts if anchor == "middle" and abs(y - top - height - 14) < 0.1 and inside(x, top)]
        ticks = [(x, tick(text)) for x, text in below if text != "0" and tick(text) is not None]
        rails = [(x, text) for x, text in below if text == "0" or tick(text) is None]
        at = scale(ticks)
        def row_of(y):
            return names[min(names, key=lambda each: abs(each - y))]
        def value_of(x):
            on_rail = [text for place, text in rails if abs(place - x) < (20 if text == "not finite" else 12)]
            return on_rail[0] if on_rail else at(x)
        self.marks = [(row_of(y), value_of(x), fill == "var(--page)", stroke if "a" in path else path.count("L"))
                      for path, stroke, fill in content["marks"] for x, y in centres(path) if inside(x, y)]
        self.rows = [names[y] for y in sorted(names)]
        self.words = {row_of(y - 4): text for x, y, anchor, _, text in texts if anchor == "start" and inside(x, y) and x != left}
        uprights = [re.findall(r"[ML]([\d.]+) ([\d.]+)", path) for path, _ in content["lines"]]
        self.limits = [at(float(line[0][0])) for line in uprights if len(line) == 2 and line[0][0] == line[1][0] and inside(*map(float, line[0]))]


def dot_panels(browser, figure):
    content = browser.run(CONTENT % figure)
    return [Dots(content, box) for box in content["boxes"]]
