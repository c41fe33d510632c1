// Small multiples: panels of lines, side by side, on one scale. Each line is named beside its end.

// Draws `panels` ({title, series: [{name, style, points: [{x, y, text, lost, hollow}]}], limit: [{x, y}]}; y null: there is no number,
// infinite: not finite; lost: some trials are not finite; ringed: stands out). options: cap, floor, sharedX, ownY (each panel has its
// own scale up), xScale, caption, label, legend, bounds ([{y, text}]: lines across every panel).
function drawPanels(host, panels, options) {
  const pointsOf = (panel) => panel.series.flatMap((series) => series.points).filter((point) => point.y !== null);
  const valuesOf = (panel) => [...pointsOf(panel).flatMap((point) => point.lost ? [point.y, Infinity] : [point.y]), ...(panel.limit || []).map((point) => point.y)];
  const all = panels.flatMap(pointsOf), values = panels.flatMap(valuesOf);
  const most = Math.max(...panels.map((panel) => panel.series.length)), names = unique(panels.flatMap((panel) => panel.series.map((series) => series.name)));
  const named = most <= 40, step = 12;  // more names find no place beside a panel: they stand above all
  const longest = named ? Math.max(...names.map((name) => textWidth(name, 10.5))) + 26 : 0;
  const axis = (bottom, top, shown = values) => railedAxis(shown, bottom, top, {...options, most: (length) => Math.max(3, Math.min(6, Math.floor(length / 24)))});
  const left = 12 + Math.max(34, ...axis(100, 0).rails.map((rail) => textWidth(rail.label)));
  const width = widthOf(host), columns = panelColumns(width, 250 + Math.min(128, longest), 4, panels.length), cell = Math.min(640, Math.floor(width / columns));
  const beside = Math.min(longest, Math.max(printing ? 92 : 128, 0.45 * cell));
  const titleLines = Math.max(...panels.map((panel) => panel.title.split("\n").length));
  const gap = 14, height = Math.max(panelHeight(170), named ? most * step + 6 : 0), above = 14 + 15 * titleLines, below = 34;
  const svg = element("svg", {width, role: "img", "aria-label": options.label}, host), points = [];
  const styleOf = new Map(panels.flatMap((panel) => panel.series.map((series) => [series.name, {...series.style, line: true}])));
  const top = drawLegend(svg, width, [...(named ? [] : names.map((name) => [name, styleOf.get(name)])), ...(options.legend || [])]);
  panels.forEach((panel, k) => {
    const x = (k % columns) * cell + left, y = top + Math.floor(k / columns) * (height + above + below) + above;
    const box = {x, y, width: cell - left - gap - beside, height};
    const yScale = axis(y + height, y, options.ownY ? valuesOf(panel) : values);
    const xs = (options.sharedX ? all : panel.series.flatMap((series) => series.points)).map((point) => point.x);
    const xScale = (options.xScale ?? sizeScale)(xs, x + 4, x + box.width - 4);
    drawFrame(svg, box, xScale, yScale, panel.title, cell - gap - left);
    for (const {y: bound, text} of options.bounds || []) {
      if (!(bound > yScale.low && bound < yScale.high)) continue;
      drawLine(svg, limitStyle, [[x, yScale.place(bound)], [x + box.width, yScale.place(bound)]]);
    }
    const limit = (panel.limit || []).filter((point) => point.y > yScale.low && point.y < yScale.high).map((point) => [xScale.place(point.x), yScale.place(point.y)]);
    if (limit.length === 1) limit.push([x + box.width, limit[0][1]]);
    drawLine(svg, limitStyle, limit);
    const taken = new Map(), ends = [];
    // Marks of a rail at one size stand side by side.
    const onRail = (px, py) => { const key = `${px}/${py}`, count = taken.get(key) || 0; taken.set(key, count + 1); return px + [0, -7, 7][count % 3]; };
    for (const series of panel.series) {
      const shown = series.points.filter((point) => point.y !== null);
      const places = shown.map((point) => [xScale.place(point.x), yScale.place(point.y)]);
      drawLine(svg, series.style, places);
      shown.forEach((point, i) => {
        const rail = yScale.rail(point.y), at = rail ? [onRail(...places[i]), places[i][1]] : places[i];
        points.push({x: at[0], y: at[1], text: point.text});
        if (point.ringed) drawMarkers(svg, ringStyle, [at], 6);
        drawMarkers(svg, rail === "infinite" ? {...series.style, shape: "cross"} : {...series.style, hollow: point.hollow}, [at], rail === "infinite" ? 3.5 : 3);
        if (point.lost && rail !== "infinite") {
          const high = yScale.place(Infinity);
          drawMarkers(svg, {...series.style, shape: "cross"}, [[onRail(places[i][0], high), high]], 3.5);
        }
      });
      if (places.length > 0) ends.push({series, place: places[places.length - 1]});
    }
    for (const {y: bound, text} of options.bounds || []) {
      if (bound > yScale.low && bound < yScale.high) write(svg, x + 4, yScale.place(bound) - 4, text, {size: 10, halo: true});
    }
    if (!named) return;
    ends.sort((a, b) => a.place[1] - b.place[1]);
    const heights = spreadApart(ends.map(({place}) => place[1]), step, y + 4, y + height - 4), edge = x + box.width;
    ends.forEach(({series, place: [px, py]}, i) => {
      const at = heights[i];
      element("path", {d: `M${px.toFixed(1)} ${py.toFixed(1)}H${edge}L${edge + 12} ${at.toFixed(1)}`, fill: "none", stroke: series.style.colour, "stroke-width": 0.6, "stroke-dasharray": "1 2"}, svg);
      drawMarkers(svg, series.style, [[edge + 16, at]], 2.6);
      write(svg, edge + 22, at + 4, shortened(series.name, beside - 24, 10.5), {size: 10.5, ink: "ink"});
      points.push({x: edge + beside / 2, y: at, reach: beside / 2 - 14, text: series.points.findLast((point) => point.y !== null).text});
    });
  });
  const rows = Math.ceil(panels.length / columns);
  finishDrawing(svg, width, top + rows * (height + above + below), options.caption, points);
}

// Groups values by key, in the order in which keys first appear.
function grouped(values, keyOf) {
  const map = new Map();
  for (const value of values) {
    const key = keyOf(value);
    map.has(key) ? map.get(key).push(value) : map.set(key, [value]);
  }
  return map;
}

// Members of one panel for each place and arithmetic. Kernels stand beside the methods in the panels of every arithmetic.
function byArithmetic(members, placeOf) {
  return [...grouped(members, placeOf).values()].flatMap((list) => {
    const kernels = list.filter((member) => member.kernel), others = grouped(list.filter((member) => !member.kernel), (member) => member.arithmetic);
    return others.size > 0 ? [...others.values()].map((each) => [...each, ...kernels]) : [kernels];
  });
}

// How far the results of a panel lie apart, in decades. Results above `cap` or not finite count as one decade above `cap`.
function spread(panel, cap, floor) {
  let low = Infinity, high = -Infinity;
  for (const {y} of panel.series.flatMap((series) => series.points)) {
    if (y === null) continue;
    const size = y > cap ? Math.log10(cap) + 1 : Math.log10(Math.max(y, floor));
    if (y !== 0) low = Math.min(low, size);
    high = Math.max(high, size);
  }
  return high - low;
}

// The `limit` panels whose results lie furthest apart, in their order: they say most.
function mostSpread(panels, limit, cap, floor) {
  if (panels.length <= limit) return panels;
  const chosen = new Set(panels.map((panel, k) => [spread(panel, cap, floor), k]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, limit).map(([, k]) => k));
  return panels.filter((_, k) => chosen.has(k));
}
const choiceNote = (shown, all) => shown < all ? ` Shown are the ${shown} of ${all} panels in which results differ most.` : "";

// A metric of the selection: over sizes, or, for one size, method by method.
function metricFigure(metric, bounds) {
  return (host, limit) => {
    const chosen = selectedGroups(), name = metric();
    const drawn = unique(chosen.map((group) => group.n)).length === 1 ? dotPlot(host, limit, chosen, name, bounds) : linesOverSizes(host, limit, chosen, name, bounds);
    return {...drawn, columns: ["family", "arithmetic", "method", "n", "trials", "nonfinite", "failed", name + "_median", name + "_worst", "trivial", "fit", "unfit"],
      rows: () => chosen.map((group) => [data.families[group.family], group.arithmetic, group.method, group.n, ...["trials", "nonfinite", "failed"].map((each) => countOf(group, each)),
        columnsOf[name].median[group.index], columnsOf[name].worst[group.index], ...["trivial", "fit", "unfit"].map((each) => countOf(group, each))])};
  };
}

// A panel for each arithmetic and family, a line for each method and kernel, over sizes.
function linesOverSizes(host, limit, chosen, metric, bounds) {
  const panels = byArithmetic(chosen, (group) => group.family).map((members) => {
    const family = members[0].family, ns = unique(members.map((group) => group.n)).sort((a, b) => a - b);
    return {title: `${arithmeticTitle(members[0].arithmetic)}\n${data.families[family]}`, limits: () => ns.map((n) => ({x: n, y: limitOf(family, n, metric)?.[1]})).filter((point) => point.y),
      series: [...grouped(members, (group) => group.method)].map(([name, list]) => ({name, style: methodStyle(name), points: list.sort((a, b) => a.n - b.n).map((group) => ({
        x: group.n, y: statisticOf(group, metric), lost: countOf(group, "nonfinite") > 0, hollow: isHollow(group), text: () => describe(group)}))}))};
  });
  const shown = mostSpread(panels, limit, bounds.cap, bounds.floor).map((panel) => ({...panel, limit: panel.limits()}));
  drawPanels(host, shown, {...bounds, sharedX: true, label: metric, legend: markLegend(chosen, shown.some((panel) => panel.limit.length > 0)),
    caption: `Across: chunk size n. Up: ${wordsOf(metric)}, ${selection.statistic} over the trials.${choiceNote(shown.length, panels.length)} ${leftOut(chosen).join(" ")}`});
  return {shown: [[shown.length, panels.length, "panels"]]};
}
