// Figures that are not over sizes: the decay of the inverse, powers of A, layers over chunks, and the parts of errors.

const familyNames = families.map((k) => data.families[k]);
const familyStyle = (name) => seriesStyle(familyNames.indexOf(name));

// Medians over the matrices of a family: a panel for each size, a line for each family; `part` is "decay" or "powers".
function profileFigure(part, axes) {
  return (host, limit) => {
    const chosen = data.matrices.profiles.filter((profile) => selection.families.has(profile.f) && selection.sizes.has(profile.n) && profile[part].length > 0);
    const panels = [...grouped(chosen, (profile) => profile.n)].sort((a, b) => a[0] - b[0]).map(([n, members]) => ({title: `n = ${n}`,
      series: members.map((profile) => ({name: data.families[profile.f], points: profile[part].map((value, k) => ({x: 2 ** k, y: value,
        text: `${data.families[profile.f]}, n = ${n}\n${part === "decay" ? "i − j" : "power"} = ${2 ** k}: ${shortNumber(value)}\nmedian of ${profile.count} matrices`}))}))}));
    drawPanels(host, panels.slice(0, limit), {styleOf: familyStyle, axes, label: part});
    return {panels: panels.length, columns: ["family", "n", "matrices", part === "decay" ? "distance" : "power", "median"],
      rows: chosen.flatMap((profile) => profile[part].map((value, k) => [data.families[profile.f], profile.n, profile.count, 2 ** k, value]))};
  };
}

// Errors of a layer over its chunks; `part` is "o" or "state".
function layerFigure(part, what) {
  return (host, limit) => {
    const chosen = data.layers.map((layer) => {
      const [method, arithmetic] = data.settings[layer.s];
      return {...layer, method, arithmetic};
    }).filter((layer) => selection.families.has(layer.f) && selection.sizes.has(layer.n) && selection.methods.has(layer.method) && selection.arithmetics.has(layer.arithmetic));
    const panels = [...grouped(chosen, (layer) => `${layer.f}/${layer.n}/${layer.arithmetic}`)].map(([, members]) => ({
      title: `${members[0].arithmetic}, n = ${members[0].n}\n${data.families[members[0].f]}`,
      series: members.map((layer) => ({name: layer.method, points: layer.chunks.map((count, k) => ({x: count, y: layer[part][k] ?? null, lost: layer.nonfinite > 0,
        text: `${layer.method} · ${layer.arithmetic}\n${data.families[layer.f]}, n = ${layer.n}\nafter ${count} chunks: ${shortNumber(layer[part][k])}\n${layer.sequences} sequences and heads, ${layer.nonfinite} not finite`}))}))}));
    drawPanels(host, mostSpread(panels, limit, errorCap, errorFloor), {cap: errorCap, floor: errorFloor, label: what, axes: `x: chunks; y: relative error of ${what}, Frobenius norm, median over sequences and heads; × at the top: some or all sequences are not finite, or the error is above the axis` +
      (panels.length > limit ? `; the ${limit} of ${panels.length} panels in which results differ most` : "")});
    return {panels: panels.length, columns: ["family", "n", "method", "arithmetic", "chunks", part],
      rows: chosen.flatMap((layer) => layer.chunks.map((count, k) => [data.families[layer.f], layer.n, layer.method, layer.arithmetic, count, layer[part][k]]))};
  };
}

const errorParts = [["error_formation", "formation", "circle"], ["total_frobenius", "whole", "cross"]].filter(([name]) => name in columnsOf);

// Where errors come from: a row for each setting, a mark for each part.
function errorSplit(host, limit) {
  const settings = [...grouped(selectedGroups(), (group) => group.setting)].map(([, members]) => {
    const parts = errorParts.map(([name]) => {
      const values = members.map((group) => statisticOf(group, name)).filter((value) => value !== null);
      return values.length > 0 ? Math.max(...values) : null;
    });
    const lost = members.reduce((sum, group) => sum + withoutNumber(group), 0), trials = members.reduce((sum, group) => sum + columnsOf.trials[group.index], 0);
    return {method: members[0].method, arithmetic: members[0].arithmetic, parts, lost, trials};
  }).filter((setting) => setting.parts.slice(0, -1).some((value) => value !== null));
  const shown = settings.slice(0, limit * 4), width = widthOf(host);
  const left = Math.min(260, width * 0.42), line = 18, top = 34, height = shown.length * line;
  const svg = element("svg", {width, role: "img", "aria-label": "parts of the errors"}, host), points = [];
  const values = shown.flatMap((setting) => setting.parts).filter((value) => value !== null && value <= errorCap);
  const right = shown.some((setting) => setting.lost > 0) ? width - 62 : width;
  const from = left + (shown.some((setting) => setting.parts.includes(0)) ? 46 : 14);
  const to = right - (shown.some((setting) => setting.parts.some((value) => value > errorCap)) ? 40 : 14);
  const xScale = logScale(values, from, to, Math.max(2, Math.min(8, Math.floor((to - from) / 36))));
  const placeOf = (value) => value === 0 ? left + 8 : value > errorCap ? right - 18 : xScale.place(value);
  for (const mark of xScale.marks) {
    element("line", {x1: xScale.place(mark.at).toFixed(1), x2: xScale.place(mark.at).toFixed(1), y1: top, y2: top + height, stroke: "var(--grid)"}, svg);
    write(svg, xScale.place(mark.at), top + height + 14, mark.label, {anchor: "middle"});
  }
  if (shown.some((setting) => setting.parts.includes(0))) write(svg, left + 8, top + height + 14, "0", {anchor: "middle"});
  if (shown.some((setting) => setting.parts.some((value) => value > errorCap))) write(svg, right - 18, top + height + 14, ">" + powerOfTen(Math.log10(errorCap)), {anchor: "middle"});
  const styles = errorParts.map(([, , shape], k) => ({colour: `var(--s${k})`, shape, dash: ""}));
  let x = 0;
  errorParts.forEach(([, name], k) => {
    drawMarkers(svg, styles[k], [[x + 6, 10]], 4);
    write(svg, x + 14, 14, name, {ink: "ink"});
    x += textWidth(name) + 28;
  });
  shown.forEach((setting, row) => {
    const y = top + row * line + line / 2, name = `${setting.method} · ${setting.arithmetic}`;
    if (setting.lost > 0) write(svg, width - 2, y + 4, `N ${setting.lost}/${setting.trials}`, {anchor: "end", ink: "ink", weight: 700});
    element("line", {x1: left, x2: right - 6, y1: y, y2: y, stroke: "var(--grid)"}, svg);
    write(svg, left - 6, y + 4, shortened(name, left - 8), {anchor: "end", ink: "ink"});
    setting.parts.forEach((value, k) => {
      if (value === null) return;
      drawMarkers(svg, styles[k], [[placeOf(value), y]], 4);
      points.push({x: placeOf(value), y, text: `${name}\n${errorParts[k][1]}: ${shortNumber(value)}` + (setting.lost > 0 ? `\n${setting.lost} of ${setting.trials} trials not finite` : "")});
    });
  });
  svg.setAttribute("height", top + height + 22);
  svg.setAttribute("viewBox", `0 0 ${width} ${top + height + 22}`);
  attachHover(svg, points);
  return {panels: Math.ceil(settings.length / 4), columns: ["method", "arithmetic", "trials", "without_number", ...errorParts.map(([name]) => name)],
    rows: settings.map((setting) => [setting.method, setting.arithmetic, setting.trials, setting.lost, ...setting.parts])};
}
