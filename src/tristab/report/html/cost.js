// Cost against error: one panel for each size. The settings that no other beats in both (the Pareto front) are named below it.

const costOf = (group) => {
  const at = (name) => columnsOf[name]?.[group.index] ?? null;
  const sum = (a, b) => a === null && b === null ? null : (a ?? 0) + (b ?? 0);
  return selection.cost === "flops" ? sum(at("matmul_flops"), at("vector_flops")) : sum(at("depth"), at("vector_depth"));
};

// A point for each setting at one size: the worst of its errors over the selected families, null if one is not finite.
function costPoints(members, metric) {
  return [...grouped(members, (group) => group.setting)].map(([, list]) => {
    const errors = list.map((group) => withoutNumber(group) > 0 ? null : statisticOf(group, metric));
    return {group: list[0], families: list.length, cost: Math.max(...list.map((group) => costOf(group) ?? -1)),
      error: errors.includes(null) ? null : Math.max(...errors)};
  }).filter((point) => point.cost > 0);
}

// Only settings that ran on all `inputs` count: errors on fewer inputs cannot be compared.
function paretoFront(points, inputs) {
  const front = [];
  for (const point of points.filter((each) => each.error !== null && each.families === inputs).sort((a, b) => a.cost - b.cost || a.error - b.error)) {
    if (front.length === 0 || point.error < front[front.length - 1].error) front.push(point);
  }
  return front;
}

function costAgainstError(host, limit) {
  const metric = columnsOf.total_frobenius ? "total_frobenius" : selection.metric, chosen = selectedGroups(), rows = [], hover = [];
  const panels = [...grouped(chosen, (group) => group.n)].sort((a, b) => a[0] - b[0]).map(([n, members]) => ({n, inputs: unique(members.map((group) => group.family)).length, points: costPoints(members, metric)}));
  const width = widthOf(host), columns = panelColumns(width, 430, 2, panels.length);
  const left = 46, gap = 14, height = panelHeight(280), above = 30, cell = Math.floor(width / columns);
  const svg = element("svg", {width, role: "img", "aria-label": "cost against error"}, host);
  let top = drawLegend(svg, width, unique(chosen.map((group) => group.method)), methodStyle) + 4, rowHeight = 0;
  panels.forEach((panel, k) => {
    const front = paretoFront(panel.points, panel.inputs);
    for (const point of panel.points) {
      rows.push([panel.n, point.group.method, point.group.arithmetic, point.families, point.cost, point.error, front.includes(point) ? 1 : 0]);
    }
    if (k >= limit) return;
    if (k % columns === 0) { top += rowHeight; rowHeight = 0; }
    const x = (k % columns) * cell + left, y = top + above, box = {x, y, width: cell - left - gap, height};
    const errors = panel.points.map((point) => point.error);
    const xScale = logScale(panel.points.map((point) => point.cost), x + 8, x + box.width - 8, 5);
    const yScale = railedAxis(errors, y + height, y, errorCap, errorFloor);
    drawFrame(svg, box, xScale, yScale, `n = ${panel.n}`);
    const place = (point) => [xScale.place(point.cost), yScale.place(point.error)];
    const useful = front.filter((point) => point.error <= errorCap), steps = useful.map(place);
    if (steps.length > 0) {
      const path = steps.map(([px, py], i) => i === 0 ? `M${px.toFixed(1)} ${(y + 20).toFixed(1)}V${py.toFixed(1)}` : `H${px.toFixed(1)}V${py.toFixed(1)}`).join("");
      element("path", {d: path + `H${x + box.width}`, fill: "none", stroke: "var(--soft)", "stroke-dasharray": "4 3", "data-front": useful.length}, svg);
    }
    for (const point of panel.points) {
      const [px, py] = place(point);
      drawMarkers(svg, methodStyle(point.group.method), [[px, py]], 3.6);
      hover.push({x: px, y: py, text: () => `${point.group.method} · ${point.group.arithmetic}\nn = ${panel.n}, on ${point.families} of ${panel.inputs} ${panel.inputs === 1 ? "input" : "inputs"}\n` +
        `${selection.cost === "flops" ? "operations" : "depth"} ${shortNumber(point.cost, 4)}\n${metric} ${shortNumber(point.error)}`});
    }
    useful.forEach((point, i) => {
      const [px, py] = steps[i];
      write(svg, px + 5, py - 5, String(i + 1), {ink: "ink", weight: 700});
      write(svg, x, y + height + 34 + 15 * i, shortened(`${i + 1}  ${point.group.method} · ${point.group.arithmetic}: ${shortNumber(point.error, 2)} at ${shortNumber(point.cost, 4)}`, box.width), {ink: "ink"});
    });
    rowHeight = Math.max(rowHeight, above + height + 34 + 15 * useful.length + 12);
  });
  const bottom = writeLines(svg, left, top + rowHeight + 8, width - left - gap, `x: ${selection.cost === "flops" ? "operations of matrix and vector unit" : "longest chain of products and vector steps"}; y: ${metric}, worst of the selected families`);
  svg.setAttribute("height", bottom + 8);
  svg.setAttribute("viewBox", `0 0 ${width} ${bottom + 8}`);
  attachHover(svg, hover);
  return {panels: panels.length, columns: ["n", "method", "arithmetic", "families", selection.cost, metric, "on_front"], rows};
}
