// Small multiples: panels of lines, side by side, with one legend and one scale.

// Draws `panels` ({title, series: [{name, points: [{x, y, text, lost}]}]}; y null: not finite; lost: some trials have
// no number) and returns the points for the pointer. options: cap, floor, sharedX, axes, label, styleOf.
function drawPanels(host, panels, options) {
  const width = widthOf(host), columns = panelColumns(width, 285, 4, panels.length);
  const twoLines = panels.some((panel) => panel.title.includes("\n"));
  const left = 46, gap = 14, height = panelHeight(170), above = twoLines ? 44 : 28, below = 34, cell = Math.floor(width / columns);
  const styleOf = options.styleOf || methodStyle, cap = options.cap || Infinity, floor = options.floor || 0;
  const shownNames = new Set(panels.flatMap((panel) => panel.series.map((series) => series.name)));
  const names = [...shownNames];
  const svg = element("svg", {width, role: "img", "aria-label": options.label}, host);
  let legendHeight = drawLegend(svg, width, names, styleOf) + 4;
  const all = panels.flatMap((panel) => panel.series.flatMap((series) => series.points));
  const values = all.flatMap((point) => point.lost ? [point.y, null] : [point.y]);
  const points = [];
  panels.forEach((panel, k) => {
    const x = (k % columns) * cell + left, y = legendHeight + Math.floor(k / columns) * (height + above + below) + above;
    const box = {x, y, width: cell - left - gap, height};
    const yScale = railedAxis(values, y + height, y, cap, floor);
    const xs = (options.sharedX ? all : panel.series.flatMap((series) => series.points)).map((point) => point.x);
    const xScale = sizeScale(xs, x + 4, x + box.width - 4);
    drawFrame(svg, box, xScale, yScale, panel.title);
    for (const series of panel.series) {
      const style = styleOf(series.name);
      const places = series.points.map((point) => [xScale.place(point.x), yScale.place(point.y)]);
      const finite = places.filter((_, i) => !yScale.isAbove(series.points[i].y));
      drawLine(svg, style, finite);
      drawMarkers(svg, style, finite);
      const lost = places.filter((_, i) => yScale.isAbove(series.points[i].y) || series.points[i].lost).map(([px]) => [px, y + 10]);
      drawMarkers(svg, {...style, shape: "cross"}, lost, 3.5);
      series.points.forEach((point, i) => points.push({x: places[i][0], y: places[i][1], text: point.text}));
    }
  });
  const rows = Math.ceil(panels.length / columns);
  const bottom = writeLines(svg, left, legendHeight + rows * (height + above + below) + 8, width - left - gap, options.axes);
  svg.setAttribute("height", bottom + 8);
  svg.setAttribute("viewBox", `0 0 ${width} ${bottom + 8}`);
  attachHover(svg, points);
  return points;
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

// How far the results of a panel lie apart, in decades. Results above `cap` or not finite count as one decade above `cap`.
function spread(panel, cap, floor) {
  let low = Infinity, high = -Infinity;
  for (const {y} of panel.series.flatMap((series) => series.points)) {
    const size = y === null || y > cap ? Math.log10(cap) + 1 : Math.log10(Math.max(y, floor));
    if (y !== 0) low = Math.min(low, size);
    high = Math.max(high, size);
  }
  return high - low;
}

// The `limit` panels whose results lie furthest apart, in their order: they say most.
function mostSpread(panels, limit, cap, floor) {
  if (panels.length <= limit) return panels;
  if (!cap) {
    cap = panels.flatMap((panel) => panel.series.flatMap((series) => series.points)).reduce((most, {y}) => Math.max(most, y ?? 0), 1);
    floor = Number.MIN_VALUE;
  }
  const chosen = new Set(panels.map((panel, k) => [spread(panel, cap, floor), k]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, limit).map(([, k]) => k));
  return panels.filter((_, k) => chosen.has(k));
}

// A panel for each arithmetic and family, a line for each method, over sizes.
function linesOverSizes(metric, cap) {
  return (host, limit) => {
    const chosen = selectedGroups();
    const panels = [];
    for (const [, members] of grouped(chosen, (group) => `${group.family}/${group.arithmetic}`)) {
      const series = [...grouped(members, (group) => group.method)].map(([name, list]) => ({name, points: list.sort((a, b) => a.n - b.n).map((group) => ({
        x: group.n, y: statisticOf(group, metric()), lost: withoutNumber(group) > 0, text: () => describe(group)}))}));
      panels.push({title: `${members[0].arithmetic}\n${data.families[members[0].family]}`, series});
    }
    drawPanels(host, mostSpread(panels, limit, cap, errorFloor), {cap, floor: cap ? errorFloor : 0, sharedX: true, label: metric(),
      axes: `x: chunk size n; y: ${metric()}, ${selection.statistic} over the trials${metric() === "growth" ? "" : " (not finite: infinite)"}; × at the top: some or all trials are not finite${cap ? ", or the error is above the axis" : ""}` +
        (panels.length > limit ? `; the ${limit} of ${panels.length} panels in which results differ most` : "")});
    return {panels: panels.length, columns: ["family", "arithmetic", "method", "n", "trials", "nonfinite", "failed", metric() + "_median", metric() + "_worst"],
      rows: chosen.map((group) => [data.families[group.family], group.arithmetic, group.method, group.n, columnsOf.trials[group.index],
        columnsOf.nonfinite[group.index], columnsOf.failed[group.index], columnsOf[metric()].median[group.index], columnsOf[metric()].worst[group.index]])};
  };
}
