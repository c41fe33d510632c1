// Dot plots: names down, a number across, panels side by side.

// Marks of one row that would hide each other move up and down; those on a rail stand side by side, in two lines if there are many.
// Returns [[x, dy]] in the order of `marks`.
const perLine = 4;
function swarm(marks, scale, step) {
  const placed = [], onRails = grouped(marks, (mark) => scale.rail(mark.value));
  return marks.map((mark) => {
    const rail = scale.rail(mark.value), x = scale.place(mark.value);
    if (rail) {
      const members = onRails.get(rail), k = members.indexOf(mark), lines = Math.ceil(members.length / perLine), columns = Math.ceil(members.length / lines);
      return [x + (k % columns - (columns - 1) / 2) * 8, (Math.floor(k / columns) - (lines - 1) / 2) * 1.8 * step];
    }
    const dy = [0, -step, step].find((each) => placed.every(([a, b]) => Math.abs(a - x) > 6.5 || Math.abs(b - each) >= step)) ?? 0;
    placed.push([x, dy]);
    return [x, dy];
  });
}

// Draws `rows` (names) and `panels`: {title, marks: [{row, value, style, text}], words: [{row, text}], limit: [least, middle, largest],
// cap, floor}, from `top` down. Panels of one `axis` that stand side by side share their scale; all are at least `least` wide. Adds to the
// points for the pointer and returns where the drawing ends. There is room for labels as long as `labels`.
function drawRows(svg, width, top, rows, panels, least, points, labels = rows) {
  const size = 11, line = printing ? 13 : rows.length > 24 ? 17 : 20, step = line / 4.4;
  const left = Math.ceil(Math.min(width * (width < 600 ? 0.36 : 0.22), Math.max(...labels.map((name) => textWidth(name, size))) + 4)) + 10;
  const gap = 18, columns = panelColumns(width - left, least, 4, panels.length), cell = Math.min(640, Math.floor((width - left) / columns));
  const titleLines = Math.max(...panels.map((panel) => panel.title.split("\n").length)), above = 14 + 15 * titleLines, below = 30, height = rows.length * line + 6;
  panels.forEach((panel, k) => {
    const x = left + (k % columns) * cell, y = top + Math.floor(k / columns) * (height + above + below) + above, box = {x, y, width: cell - gap, height};
    const alike = columns === 1 ? [panel] : panels.filter((each) => each.axis === panel.axis);
    const values = alike.flatMap((each) => [...each.marks.map((mark) => mark.value), ...(each.limit || []).slice(1, 2)]);
    const room = (name, label) => {
      const counts = alike.flatMap((each) => [...grouped(each.marks.filter((mark) => railOf(mark.value, panel) === name), (mark) => mark.row).values()].map((list) => list.length));
      return Math.max(textWidth(label) + 8, 8 * Math.min(perLine, Math.max(...counts)) + 6);
    };
    const scale = railedAxis(values, x, x + box.width, {...panel, room, most: (length) => Math.max(2, Math.floor(length / 32))});
    drawFrame(svg, box, scale, {marks: []}, panel.title, cell - 4);
    const yOf = (row) => y + 3 + (row + 0.5) * line;
    rows.forEach((name, row) => {
      element("line", {x1: x, x2: x + box.width, y1: yOf(row), y2: yOf(row), stroke: "var(--grid)"}, svg);
      if (k % columns === 0) write(svg, left - 8, yOf(row) + 4, shortened(name, left - 10, size), {anchor: "end", ink: "ink", size});
    });
    if (panel.limit) drawLimit(svg, box, scale, panel.limit);
    for (const {row, text} of panel.words || []) write(svg, x + 8, yOf(row) + 4, text, {size: 10, halo: true});
    for (const [row, marks] of grouped(panel.marks, (mark) => mark.row)) {
      swarm(marks, scale, step).forEach(([px, dy], i) => {
        const mark = marks[i], place = [px, yOf(row) + dy];
        drawMarkers(svg, mark.value === Infinity ? {...mark.style, shape: "cross"} : mark.style, [place], 3.6);
        points.push({x: px, y: place[1], text: mark.text});
      });
    }
  });
  return top + Math.ceil(panels.length / columns) * (height + above + below);
}

// The largest error that is allowed: a line, with a band if it differs between matrices.
function drawLimit(svg, {y, height}, scale, [least, middle, largest]) {
  const at = (value) => scale.place(Math.max(scale.low, Math.min(scale.high, value)));
  if (largest > 1.1 * least) element("rect", {x: at(least).toFixed(1), y, width: (at(largest) - at(least)).toFixed(1), height, fill: "var(--soft)", opacity: 0.13}, svg);
  if (middle > scale.low && middle < scale.high) drawLine(svg, limitStyle, [[at(middle), y], [at(middle), y + height]]);
}

// Names ordered by the median of their values, then by their mean order of size; null does not count.
function sortedRows(values) {
  const clamp = (value) => Math.log10(Math.max(1e-30, Math.min(1e30, value)));
  const key = ([, list]) => {
    const present = list.filter((value) => value !== null).sort((a, b) => a - b);
    return present.length === 0 ? [Infinity, Infinity] : [present[Math.floor((present.length - 1) / 2)], present.reduce((sum, value) => sum + clamp(value), 0) / present.length];
  };
  const order = (a, b) => (a === b ? 0 : a < b ? -1 : 1);
  return [...values].map((entry) => ({name: entry[0], at: key(entry)})).sort((a, b) => order(a.at[0], b.at[0]) || order(a.at[1], b.at[1])).map(({name}) => name);
}

// The marks of some groups in a row: a mark in the colour of each arithmetic, and a cross for those of which a trial is not finite.
function marksOf(row, members, metric) {
  return members.flatMap((group) => {
    const value = statisticOf(group, metric), text = () => describe(group), style = {...arithmeticStyle(group.arithmetic), hollow: isHollow(group)};
    const lost = value !== Infinity && countOf(group, "nonfinite") > 0;
    return value === null ? [] : [{row, value, style, text}, ...(lost ? [{row, value: Infinity, style, text}] : [])];
  });
}

// Why a row has no mark.
function wordOf(members) {
  return sumOf(members, "failed") > 0 ? "no answer" : sumOf(members, "trivial") > 0 ? "trivial" : "no number";
}

const arithmeticLegend = (chosen) => arithmetics.filter((name) => chosen.some((group) => group.arithmetic === name)).map((name) => [arithmeticTitle(name), arithmeticStyle(name)]);
const mostRows = 40;

// One size: methods and kernels down, the metric across, a panel for each family.
function dotPlot(host, limit, chosen, metric, bounds) {
  const names = sortedRows([...grouped(chosen, (group) => group.method)].map(([name, list]) => [name, list.map((group) => statisticOf(group, metric))]));
  const rows = limit === Infinity ? names : names.slice(0, mostRows), all = [...grouped(chosen, (group) => group.family)];
  const panels = all.slice(0, limit).map(([family, members]) => {
    const byRow = grouped(members, (group) => rows.indexOf(group.method)), marks = [], words = [];
    byRow.delete(-1);
    for (const [row, list] of byRow) {
      const found = marksOf(row, list, metric);
      found.length > 0 ? marks.push(...found) : words.push({row, text: wordOf(list)});
    }
    const trivial = Math.max(...members.map((group) => countOf(group, "trivial"))), trials = Math.max(...members.map((group) => countOf(group, "trials")));
    return {...bounds, title: data.families[family] + (trivial > 0 ? `\n${trivial} of ${trials} trials trivial: left out` : ""), marks, words, limit: limitOf(family, chosen[0].n, metric)};
  });
  const width = widthOf(host), svg = element("svg", {width, role: "img", "aria-label": metric}, host), points = [];
  const top = drawLegend(svg, width, [...arithmeticLegend(chosen), ...markLegend(chosen, panels.some((panel) => panel.limit))]);
  finishDrawing(svg, width, drawRows(svg, width, top, rows, panels, 200 + 16 * arithmetics.length, points), `n = ${chosen[0].n}. Across: ${wordsOf(metric)}, ${selection.statistic} over the trials. Rows are sorted by the median of what they show. ${leftOut(chosen).join(" ")}`, points);
  return {shown: [[panels.length, all.length, "inputs"], [rows.length, names.length, "rows"]]};
}
