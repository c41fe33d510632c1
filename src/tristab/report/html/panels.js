// Small multiples: panels side by side with one legend and one scale, and lines in them.

// Error beyond which an inverse has no use and its size no meaning: drawn on the rail at the top.
const errorCap = 100;

// Draws `panels` ({title, series: [{name, points: [{x, y, text, lost}]}]}; y null or too large: the rail; lost: some trials have
// no number) and returns the points for the pointer. options: cap, sizeAxis, xLabel, yLabel, styleOf.
function drawPanels(host, panels, options) {
  const width = Math.max(300, host.clientWidth), columns = Math.max(1, Math.min(4, Math.floor(width / 285), panels.length));
  const left = 46, gap = 14, height = 170, above = 44, below = 34, cell = Math.floor(width / columns);
  const styleOf = options.styleOf || methodStyle, cap = options.cap || Infinity;
  const shownNames = new Set(panels.flatMap((panel) => panel.series.map((series) => series.name)));
  const names = [...shownNames];
  const svg = element("svg", {width, role: "img", "aria-label": options.label}, host);
  let legendHeight = drawLegend(svg, width, names, styleOf) + 4;
  const all = panels.flatMap((panel) => panel.series.flatMap((series) => series.points));
  const values = all.map((point) => point.y).filter((y) => y !== null && y <= cap);
  const onRail = (point) => point.y === null || point.y > cap;
  const rail = all.some((point) => onRail(point) || point.lost), zeros = values.includes(0);
  const points = [];
  panels.forEach((panel, k) => {
    const x = (k % columns) * cell + left, y = legendHeight + Math.floor(k / columns) * (height + above + below) + above;
    const box = {x, y, width: cell - left - gap, height};
    const low = y + height - (zeros ? 20 : 6), high = y + (rail ? 22 : 6);
    const yScale = logScale(values, low, high);
    const xs = (options.sharedX ? all : panel.series.flatMap((series) => series.points)).map((point) => point.x);
    const xScale = sizeScale(xs, x + 4, x + box.width - 4);
    drawFrame(svg, box, xScale, yScale, panel.title, {zeroAt: zeros ? y + height - 7 : 0, topAt: 0});
    if (rail) write(svg, x - 5, y + 14, cap < Infinity ? ">" + powerOfTen(Math.log10(cap)) : "n.f.", {anchor: "end"});
    const placeY = (value) => value === null || value > cap ? y + 10 : value === 0 ? y + height - 8 : yScale.place(value);
    for (const series of panel.series) {
      const style = styleOf(series.name);
      const places = series.points.map((point) => [xScale.place(point.x), placeY(point.y)]);
      const finite = places.filter((_, i) => !onRail(series.points[i]));
      drawLine(svg, style, finite);
      drawMarkers(svg, style, finite);
      const lost = places.filter((_, i) => onRail(series.points[i]) || series.points[i].lost).map(([px]) => [px, y + 10]);
      drawMarkers(svg, {...style, shape: "cross"}, lost, 3.5);
      series.points.forEach((point, i) => points.push({x: places[i][0], y: places[i][1], text: point.text}));
    }
  });
  const rows = Math.ceil(panels.length / columns);
  const bottom = legendHeight + rows * (height + above + below) + 8;
  write(svg, left, bottom, options.axes, {ink: "soft", size: 11});
  svg.setAttribute("height", bottom + 8);
  svg.setAttribute("viewBox", `0 0 ${width} ${bottom + 8}`);
  attachHover(svg, points);
  return points;
}

// Groups by key, in the order of their first.
function grouped(values, keyOf) {
  const map = new Map();
  for (const value of values) {
    const key = keyOf(value);
    map.has(key) ? map.get(key).push(value) : map.set(key, [value]);
  }
  return map;
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
    drawPanels(host, panels.slice(0, limit), {cap, sharedX: true, label: metric(),
      axes: `x: chunk size n; y: ${metric()}, ${selection.statistic} over the trials that are finite; × at the top: some or all trials are not finite${cap ? ", or above" : ""}`});
    return {panels: panels.length, columns: ["family", "arithmetic", "method", "n", "trials", "nonfinite", "failed", metric() + "_median", metric() + "_worst"],
      rows: chosen.map((group) => [data.families[group.family], group.arithmetic, group.method, group.n, columnsOf.trials[group.index],
        columnsOf.nonfinite[group.index], columnsOf.failed[group.index], columnsOf[metric()].median[group.index], columnsOf[metric()].worst[group.index]])};
  };
}
