// Tables of methods by arithmetics. Colour and letter are the worst word on the requirement; the number is the worst error, or how many trials
// are not finite.

const matrixVerdicts = (host) => heatTable(host, selectedGroups(), selection.metric, (group) => columnsOf[selection.metric]?.worst[group.index]);
const layerVerdicts = (host) => heatTable(host, selectedLayers(), "o", (group) => group.worst_o);

// `worstOf` gives the worst error of a group, in the number `metric`; null if it has none.
function heatTable(host, chosen, metric, worstOf) {
  const columns = unique(chosen.map((group) => group.arithmetic)), rowNames = unique(chosen.map((group) => group.method));
  const width = widthOf(host), labelWidth = Math.min(230, width * 0.36, 14 + Math.max(60, ...rowNames.map((name) => textWidth(name))));
  const cell = Math.max(72, Math.min(150, (width - labelWidth) / Math.max(1, columns.length))), line = 26;
  const widest = Math.max(...columns.map((name) => textWidth(name)), 0), turned = widest > cell - 6;
  const top = turned ? Math.min(150, widest) + 14 : 26;
  const drawingWidth = Math.max(width, labelWidth + cell * columns.length + 2);
  const svg = element("svg", {width: drawingWidth, role: "img", "aria-label": "requirement"}, host);
  columns.forEach((name, k) => {
    const x = labelWidth + cell * (k + 0.5);
    turned ? write(svg, x + 4, top - 6, shortened(arithmeticTitle(name), 150), {ink: "ink", turn: true}) : write(svg, x, top - 8, arithmeticTitle(name), {anchor: "middle", ink: "ink"});
  });
  const cells = grouped(chosen, (group) => `${group.method}\n${group.arithmetic}`), rows = [], points = [];
  rowNames.forEach((method, row) => {
    const y = top + row * line;
    write(svg, labelWidth - 8, y + 17, shortened(method, labelWidth - 10), {anchor: "end", ink: "ink"});
    columns.forEach((arithmetic, column) => {
      const members = cells.get(`${method}\n${arithmetic}`);
      if (!members) return;
      const order = ["none", "failed", ...verdicts];
      const verdict = order[Math.max(...members.map((group) => order.indexOf(worstVerdict(group))))];
      const worst = members.reduce((most, group) => Math.max(most, worstOf(group) ?? -1), -1);
      const x = labelWidth + column * cell, colour = verdict === "none" ? "panel" : verdict, ink = verdict === "none" ? "ink" : `${verdict}-ink`;
      element("rect", {x: x + 1, y: y + 1, width: cell - 2, height: line - 2, rx: 3, fill: `var(--${colour})`, stroke: "var(--line)", "stroke-width": 0.5, "data-verdict": verdict}, svg);
      const counts = Object.fromEntries([...verdicts, "failed", "trials"].map((name) => [name, sumOf(members, name)]));
      const unanswered = counts.failed > 0 && verdict !== "failed" ? verdictLetters.failed : "";
      write(svg, x + 8, y + 17, verdictLetters[verdict] + unanswered, {ink, weight: 700, size: 12});
      const number = verdict === "nonfinite" ? `${counts.nonfinite}/${counts.trials - counts.trivial}` : worst >= 0 ? shortNumber(worst, 2) : "";
      write(svg, x + cell - 6, y + 17, number, {anchor: "end", ink});
      const judged = verdicts.reduce((sum, name) => sum + counts[name], counts.failed);
      rows.push([method, arithmetic, verdict, worst >= 0 ? worst : null, counts.trials, ...verdicts.map((name) => counts[name]), counts.failed]);
      const where = members.find((group) => worstVerdict(group) === verdict) || members[0];
      points.push({x: x + cell / 2, y: y + line / 2, reach: cell / 2, text: `${method} · ${arithmetic}\n${verdict}: e.g. ${data.families[where.family]}, n = ${where.n}\n` +
        `worst ${metric}: ${worst >= 0 ? shortNumber(worst) : "none"}\n` +
        [...verdicts, "failed"].filter((name) => counts[name]).map((name) => `${counts[name]} ${name}`).join(", ") + ` of ${counts.trials}` +
        (judged > 0 && judged < counts.trials ? `; ${counts.trials - judged} without a word` : "")});
    });
  });
  const height = top + rowNames.length * line + 30;
  let x = 0;
  const occurs = (name) => name === "none" ? chosen.some((group) => worstVerdict(group) === name) : sumOf(chosen, name) > 0;
  for (const [name, text] of [["fit", "fit"], ["unfit", "unfit"], ["nonfinite", "not finite"], ["failed", "no answer"], ["trivial", "trivial: X is the identity"], ["none", "not judged"]]) {
    if (!occurs(name)) continue;
    const [colour, ink] = name === "none" ? ["panel", "ink"] : [name, `${name}-ink`];
    element("rect", {x, y: height - 20, width: 18, height: 16, rx: 3, fill: `var(--${colour})`, stroke: "var(--line)", "stroke-width": 0.5}, svg);
    write(svg, x + 9, height - 8, verdictLetters[name], {anchor: "middle", ink, weight: 700});
    write(svg, x + 22, height - 8, text, {ink: "soft"});
    x += 30 + textWidth(text);
  }
  svg.setAttribute("height", height);
  svg.setAttribute("viewBox", `0 0 ${drawingWidth} ${height}`);
  attachHover(svg, points);
  return {columns: ["method", "arithmetic", "worst", "worst_" + metric, "trials", ...verdicts, "failed"], rows};
}
