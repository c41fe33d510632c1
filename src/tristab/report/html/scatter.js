// Error against condition number: one panel for each arithmetic, one point for each case.

// Draws only one of the points on a pixel, so that a hundred thousand points stay fast; the pointer still finds all of them.
function drawCloud(svg, style, places) {
  const seen = new Set(), kept = [];
  for (const [x, y] of places) {
    const pixel = Math.round(x) * 4096 + Math.round(y);
    if (seen.has(pixel)) continue;
    seen.add(pixel);
    kept.push([x, y]);
  }
  drawMarkers(svg, style, kept, kept.length > 400 ? 1.8 : 2.4);
}

function casesOf(group) {
  const matrices = data.cases.matrix[group.index], errors = data.cases[selection.metric]?.[group.index] || [];
  return matrices.map((matrix, k) => ({matrix, condition: data.matrices[selection.condition]?.[matrix] ?? null, error: errors[k] ?? null}));
}

// Lines of slope 1 and 2 from a corner at the left, with nine tenths of the errors above it: a few nearly exact points do not pull them down.
function drawSlopes(svg, box, xScale, yScale, corner) {
  for (const slope of [1, 2]) {
    const end = Math.min(xScale.high, corner.x * Math.pow(yScale.high / corner.y, 1 / slope));
    if (!(end > corner.x)) continue;
    const x2 = xScale.place(end), y2 = yScale.place(corner.y * Math.pow(end / corner.x, slope));
    element("line", {x1: xScale.place(corner.x).toFixed(1), y1: yScale.place(corner.y).toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1),
      stroke: "var(--soft)", "stroke-width": 1.2, "stroke-dasharray": "5 4"}, svg);
    write(svg, Math.min(x2 - 4, box.x + box.width - 4), slope === 2 ? Math.max(y2 - 5, box.y + 30) : y2 + 12, `slope ${slope}`, {anchor: "end", size: 10, halo: true});
  }
}

const describeCase = (point) => `${point.group.method} · ${point.group.arithmetic}\n${data.families[point.group.family]}, n = ${point.group.n}\n` +
  `${selection.condition} ${shortNumber(point.case.condition)}\n${selection.metric} ${shortNumber(point.case.error)}`;

function errorOverCondition(host, limit) {
  const chosen = selectedGroups(), points = [];
  const byArithmetic = [...grouped(chosen, (group) => group.arithmetic)];
  const width = widthOf(host), columns = panelColumns(width, 290, 3, byArithmetic.length);
  const left = 46, gap = 14, height = panelHeight(250), above = 30, below = 34, cell = Math.floor(width / columns);
  const svg = element("svg", {width, role: "img", "aria-label": "error against condition number"}, host);
  const names = unique(chosen.map((group) => group.method));
  const top = drawLegend(svg, width, names, methodStyle) + 4;
  const conditionsShown = [], errorsShown = [];
  const clouds = byArithmetic.map(([arithmetic, members]) => ({arithmetic, members: members.map((group) => ({group, cases: casesOf(group)}))}));
  for (const cloud of clouds) {
    for (const {group, cases} of cloud.members) {
      for (const each of cases) {
        if (each.condition !== null) conditionsShown.push(each.condition);
        errorsShown.push(each.error);
      }
    }
  }
  clouds.slice(0, limit).forEach((cloud, k) => {
    const x = (k % columns) * cell + left, y = top + Math.floor(k / columns) * (height + above + below) + above;
    const box = {x, y, width: cell - left - gap, height};
    const xScale = logScale(conditionsShown, x + 6, x + box.width - 6, 5);
    const yScale = railedAxis(errorsShown, y + height, y, errorCap, errorFloor);
    drawFrame(svg, box, xScale, yScale, cloud.arithmetic);
    const onScale = [];
    for (const {group, cases} of cloud.members) {
      const places = [];
      for (const each of cases) {
        if (!(each.condition > 0)) continue;
        const px = xScale.place(each.condition);
        const py = yScale.place(each.error);
        places.push([px, py]);
        if (!yScale.isAbove(each.error) && !yScale.isBelow(each.error)) {
          onScale.push(each);
        }
        points.push({x: px, y: py, group, case: each, text: describeCase});
      }
      drawCloud(svg, methodStyle(group.method), places);
    }
    if (onScale.length > 0) {
      const errors = onScale.map((each) => each.error).sort((a, b) => a - b), conditionsOn = onScale.map((each) => each.condition);
      const corner = {x: conditionsOn.reduce((least, value) => Math.min(least, value)), y: errors[Math.floor(errors.length / 10)]};
      drawSlopes(svg, box, xScale, yScale, corner);
    }
  });
  const panels = Math.min(limit, clouds.length), end = top + Math.ceil(panels / columns) * (height + above + below) + 8;
  const bottom = writeLines(svg, left, end, width - left - gap, `x: ${selection.condition} of I + A; y: ${selection.metric}; dashed: slopes 1 and 2, at an arbitrary height`);
  svg.setAttribute("height", bottom + 8);
  svg.setAttribute("viewBox", `0 0 ${width} ${bottom + 8}`);
  attachHover(svg, points);
  return {panels: clouds.length, columns: ["family", "n", "method", "arithmetic", selection.condition, selection.metric],
    rows: () => clouds.flatMap(({members}) => members.flatMap(({group, cases}) => cases.map((each) =>
      [data.families[group.family], group.n, group.method, group.arithmetic, each.condition, each.error])))};
}
