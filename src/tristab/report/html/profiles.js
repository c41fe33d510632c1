// Figures that are not over sizes: the decay of the inverse, powers of A, layers over chunks, and the parts of errors.

const familyStyles = styles(families), mostLines = 200;

// At most `most` of a list, evenly chosen.
const evenly = (list, most) => list.length <= most ? list : list.filter((_, k) => k % Math.ceil(list.length / most) === 0);

// Medians over the matrices of a family: a panel for each size, a line for each family; `part` is "decay" or "powers".
function profileFigure(part, caption, bounds) {
  return (host, limit) => {
    const chosen = data.matrices.profiles.filter((profile) => selection.families.has(profile.f) && selection.sizes.has(profile.n) && profile[part].length > 0);
    const sizesShown = [...grouped(chosen, (profile) => profile.n)].sort((a, b) => a[0] - b[0]), most = limit === Infinity ? limit : mostLines;
    const lines = Math.max(0, ...sizesShown.map(([, members]) => members.length));
    const shown = sizesShown.slice(0, limit).map(([n, members]) => ({title: `n = ${n}`,
      series: evenly(members, most).map((profile) => ({name: data.families[profile.f], style: familyStyles.get(profile.f), points: profile[part].map((value, k) => ({x: 2 ** k, y: value,
        text: `${data.families[profile.f]}, n = ${n}\n${part === "decay" ? "i − j" : "power"} = ${2 ** k}: ${shortNumber(value)}\nmedian of ${profile.count} matrices`}))}))}));
    drawPanels(host, shown, {...bounds, caption, label: part});
    const drawn = Math.max(0, ...shown.map((panel) => panel.series.length));
    return {shown: [[shown.length, sizesShown.length, "panels"], [drawn, lines, "inputs"]], columns: ["family", "n", "matrices", part === "decay" ? "distance" : "power", "median"],
      rows: () => chosen.flatMap((profile) => profile[part].map((value, k) => [data.families[profile.f], profile.n, profile.count, 2 ** k, value]))};
  };
}

// Errors of a layer over its chunks; `part` is "o" or "state".
function layerFigure(part, what) {
  return (host, limit) => {
    const chosen = selectedLayers();
    const panels = byArithmetic(chosen, (layer) => `${layer.family}/${layer.n}`).map((members) => ({
      title: `${arithmeticTitle(members[0].arithmetic)}, n = ${members[0].n}\n${data.families[members[0].family]}`,
      series: members.map((layer) => ({name: layer.method, style: methodStyle(layer.method), points: layer.chunks.map((count, k) => ({x: count, y: layer[part][k] ?? null, lost: layer.nonfinite > 0,
        text: `${layer.method} · ${layer.arithmetic}\n${data.families[layer.family]}, n = ${layer.n}\nafter ${count} chunks: ${shortNumber(layer[part][k])}\n${layer.trials} sequences and heads, ${layer.nonfinite} not finite`}))}))}));
    const shown = mostSpread(panels, limit, errorBounds.cap, errorBounds.floor);
    drawPanels(host, shown, {...errorBounds, label: what, legend: chosen.some((layer) => layer.nonfinite > 0) ? [["a sequence is not finite", {colour: "var(--soft)", shape: "cross"}]] : [],
      caption: `Across: chunks of the sequence so far. Up: relative error of ${what} in the Frobenius norm, median over sequences and heads.${choiceNote(shown.length, panels.length)}`});
    return {shown: [[shown.length, panels.length, "panels"]], columns: ["family", "n", "method", "arithmetic", "chunks", part],
      rows: chosen.flatMap((layer) => layer.chunks.map((count, k) => [data.families[layer.family], layer.n, layer.method, layer.arithmetic, count, layer[part][k]]))};
  };
}

const errorParts = [["error_formation", 0, "circle"], ["error_truncation", 3, "triangle"], ["error_rounding", 4, "down"], ["error_output", 5, "star"],
  ["total_frobenius", 1, "square"]].filter(([name]) => name in columnsOf);
const ownParts = errorParts.map(([name]) => name).filter((name) => name !== "total_frobenius");

// Where errors come from: a row for each setting, a mark for each part.
function errorSplit(host, limit) {
  const chosen = selectedGroups(), rows = [], marks = [], csv = [];
  const all = [...grouped(chosen, (group) => group.setting).values()].filter((members) => members.some((group) => ownParts.some((name) => statisticOf(group, name) !== null)));
  for (const members of all) {
    const {method, arithmetic} = members[0], sum = (name) => sumOf(members, name);
    const parts = errorParts.map(([name]) => {
      const values = members.map((group) => statisticOf(group, name)).filter((value) => value !== null);
      return values.length > 0 ? Math.max(...values) : null;
    });
    csv.push([method, arithmetic, sum("trials"), sum("nonfinite") + sum("failed"), ...parts]);
    if (rows.length === limit * 4) continue;
    const row = rows.push(`${method} · ${arithmetic}`) - 1;
    errorParts.forEach(([name, colour, shape], k) => {
      if (parts[k] === null) return;
      marks.push({row, value: parts[k], style: {colour: `var(--s${colour})`, shape}, text: `${rows[row]}\n${data.drawn[name][0]}: ${shortNumber(parts[k])}` +
        (sum("nonfinite") > 0 ? `\n${sum("nonfinite")} of ${sum("trials")} trials not finite` : "")});
    });
    if (sum("nonfinite") > 0 && parts.every((value) => value !== Infinity)) marks.push({row, value: Infinity, style: {colour: "var(--ink)", shape: "cross"}, text: `${sum("nonfinite")} of ${sum("trials")} trials not finite`});
  }
  const width = widthOf(host), svg = element("svg", {width, role: "img", "aria-label": "parts of the errors"}, host), points = [];
  const top = drawLegend(svg, width, errorParts.map(([name, colour, shape]) => [data.drawn[name][0], {colour: `var(--s${colour})`, shape}]));
  const end = drawRows(svg, width, top, rows, [{title: "", ...errorBounds, marks}], 200, points);
  finishDrawing(svg, width, end, `${errorParts.map(([name]) => wordsOf(name)).join("; ")}: ${selection.statistic} over the trials, worst of the selected families and sizes. ${leftOut(chosen).join(" ")}`, points);
  return {shown: [[rows.length, all.length, "rows"]], columns: ["method", "arithmetic", "trials", "without_number", ...errorParts.map(([name]) => name)], rows: csv};
}
