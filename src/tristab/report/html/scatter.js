// Error against condition number: a panel for each method and kernel, a colour for each arithmetic, a point for each case.

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
  return matrices.map((matrix, k) => ({matrix, condition: data.matrices[selection.condition]?.[matrix] ?? null, error: errors[k] ?? null, share: data.cases.requirement_share?.[group.index][k]}))
    .filter((each) => each.condition > 0 && each.error !== null);  // the others are trivial or have no answer
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
  const all = [...grouped(chosen, (group) => group.method)].map(([name, members]) => ({name, members: members.map((group) => ({group, cases: casesOf(group)}))}));
  const everyCase = all.flatMap(({members}) => members.flatMap(({cases}) => cases)), clouds = all.slice(0, limit);
  const errorsShown = everyCase.map((each) => each.error), conditionsShown = everyCase.map((each) => each.condition);
  const axis = (bottom, top) => railedAxis(errorsShown, bottom, top, errorBounds);
  const width = widthOf(host), columns = panelColumns(width, 270, 4, clouds.length), cell = Math.min(640, Math.floor(width / columns));
  const left = 12 + Math.max(34, ...axis(100, 0).rails.map((rail) => textWidth(rail.label))), gap = 14, height = panelHeight(190), above = 30, below = 34;
  const svg = element("svg", {width, role: "img", "aria-label": "error against condition number"}, host);
  const top = drawLegend(svg, width, [...arithmeticLegend(chosen), ...(everyCase.some((each) => each.share > 1) ? [["unfit", {colour: "var(--soft)", shape: "circle", hollow: true}]] : [])]);
  clouds.forEach((cloud, k) => {
    const x = (k % columns) * cell + left, y = top + Math.floor(k / columns) * (height + above + below) + above;
    const box = {x, y, width: cell - left - gap, height};
    const xScale = logScale(conditionsShown, x + 6, x + box.width - 6, 5), yScale = axis(y + height, y), onScale = [];
    drawFrame(svg, box, xScale, yScale, cloud.name);
    // One mark for all points that look alike: there may be as many groups as cases.
    const looks = grouped(cloud.members.flatMap(({group, cases}) => cases.map((each) => ({group, each}))), ({group, each}) => `${group.arithmetic}\n${each.share > 1}`);
    for (const alike of looks.values()) {
      drawCloud(svg, {...arithmeticStyle(alike[0].group.arithmetic), hollow: alike[0].each.share > 1}, alike.map(({group, each}) => {
        const place = [xScale.place(each.condition), yScale.place(each.error)];
        if (!yScale.rail(each.error)) onScale.push(each);
        points.push({x: place[0], y: place[1], group, case: each, text: describeCase});
        return place;
      }));
    }
    if (onScale.length > 0) {
      const errors = onScale.map((each) => each.error).sort((a, b) => a - b), least = onScale.reduce((low, each) => Math.min(low, each.condition), Infinity);
      drawSlopes(svg, box, xScale, yScale, {x: least, y: errors[Math.floor(errors.length / 10)]});
    }
  });
  const end = top + Math.ceil(clouds.length / columns) * (height + above + below);
  finishDrawing(svg, width, end, `Across: condition number of I + A (${selection.condition}). Up: ${wordsOf(selection.metric)}. Dashed: slopes 1 and 2, at an arbitrary height. ${leftOut(chosen).join(" ")}`, points);
  return {shown: [[clouds.length, all.length, "panels"]], columns: ["family", "n", "method", "arithmetic", selection.condition, selection.metric],
    rows: () => all.flatMap(({members}) => members.flatMap(({group, cases}) => cases.map((each) =>
      [data.families[group.family], group.n, group.method, group.arithmetic, each.condition, each.error])))};
}
