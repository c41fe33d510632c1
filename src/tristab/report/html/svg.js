// Drawing: elements of SVG, a frame with axes, markers, legends, and the numbers under the pointer. Colours are written as
// var(--name), so that the same drawing works on light and on dark pages; for files, download.js replaces them by light colours.

function element(name, attributes = {}, parent = null, text = null) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== null) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

function html(name, attributes = {}, parent = null, text = null) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== null) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

function write(parent, x, y, text, options = {}) {
  return element("text", {x: x.toFixed(1), y: y.toFixed(1), "font-size": options.size || 11, fill: `var(--${options.ink || "soft"})`,
    "text-anchor": options.anchor || "start", ...(options.weight ? {"font-weight": options.weight} : {}),
    ...(options.halo ? {stroke: "var(--page)", "stroke-width": 3, "paint-order": "stroke"} : {}),
    ...(options.turn ? {transform: `rotate(-90 ${x.toFixed(1)} ${y.toFixed(1)})`} : {})}, parent, text);
}

// For printing, figures are drawn again for the width of the paper with smaller panels: twelve of them must fit on one page of A4 or letter.
let printing = false;
const paperWidth = 680;
const widthOf = (host) => printing ? paperWidth : Math.max(300, host.clientWidth);
const panelHeight = (onScreen) => printing ? Math.round(onScreen * 0.66) : onScreen;
// Panels that are at least `least` wide, at most `most` beside each other, in rows of equal length.
function panelColumns(width, least, most, count) {
  const fitting = Math.max(1, Math.min(most, Math.floor(width / (printing ? least * 0.78 : least)), count));
  return Math.ceil(count / Math.ceil(count / fitting));
}

// Widths of text without asking the layout engine, which would be slow for thousands of labels.
const ruler = document.createElement("canvas").getContext("2d"), widths = new Map();
ruler.font = '100px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
function textWidth(text, size = 11) {
  if (!widths.has(text)) widths.set(text, ruler.measureText(text).width / 100);
  return widths.get(text) * size;
}
// The end is kept rather than the beginning: parameters, which tell settings apart, stand there.
function shortened(text, width, size = 11) {
  if (textWidth(text, size) <= width) return text;
  for (let room = Math.max(3, Math.floor(width / textWidth(text, size) * text.length) - 1);; --room) {
    const head = Math.ceil(room * 0.35), short = text.slice(0, head) + "…" + text.slice(text.length - (room - head));
    if (room <= 3 || textWidth(short, size) <= width) return short;
  }
}

// Writes a text on several lines if it is too long for one; returns the y of the last line.
function writeLines(parent, x, y, width, text) {
  let line = "", at = y;
  for (const word of text.split(" ")) {
    if (line && textWidth(line + " " + word) > width) {
      write(parent, x, at, line);
      line = word;
      at += 14;
    } else {
      line += (line ? " " : "") + word;
    }
  }
  write(parent, x, at, line);
  return at;
}

// The end of every drawing: its caption and its height.
function finishDrawing(svg, width, top, caption, points) {
  const height = writeLines(svg, 0, top + 10, width, caption) + 8;
  svg.setAttribute("height", height);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  attachHover(svg, points);
}

const dashes = ["", "6 3", "2 3", "8 3 2 3"];
const shapes = ["circle", "square", "triangle", "down", "hexagon", "star", "bar"];  // all can be hollow; a diamond is a kernel, a cross a result that is not finite
function seriesStyle(index) {
  return {colour: `var(--s${index % 8})`, dash: dashes[Math.floor(index / 8) % dashes.length], shape: shapes[index % shapes.length]};
}

// Outline of a marker around a point; crosses are strokes.
function markerPath(shape, x, y, r) {
  const p = (dx, dy) => `${(x + dx * r).toFixed(1)} ${(y + dy * r).toFixed(1)}`;
  switch (shape) {
    case "square": return `M${p(-0.9, -0.9)}L${p(0.9, -0.9)}L${p(0.9, 0.9)}L${p(-0.9, 0.9)}Z`;
    case "down": return `M${p(0, 1.15)}L${p(1.05, -0.8)}L${p(-1.05, -0.8)}Z`;
    case "hexagon": return `M${p(-0.6, -1)}L${p(0.6, -1)}L${p(1.2, 0)}L${p(0.6, 1)}L${p(-0.6, 1)}L${p(-1.2, 0)}Z`;
    case "star": return `M${p(0, -1.5)}L${p(0.4, -0.4)}L${p(1.5, 0)}L${p(0.4, 0.4)}L${p(0, 1.5)}L${p(-0.4, 0.4)}L${p(-1.5, 0)}L${p(-0.4, -0.4)}Z`;
    case "bar": return `M${p(-0.55, -1.3)}L${p(0.55, -1.3)}L${p(0.55, 1.3)}L${p(-0.55, 1.3)}Z`;
    case "triangle": return `M${p(0, -1.15)}L${p(1.05, 0.8)}L${p(-1.05, 0.8)}Z`;
    case "diamond": return `M${p(0, -1.3)}L${p(1.1, 0)}L${p(0, 1.3)}L${p(-1.1, 0)}Z`;
    case "cross": return `M${p(-0.9, -0.9)}L${p(0.9, 0.9)}M${p(-0.9, 0.9)}L${p(0.9, -0.9)}`;
    default: return `M${p(-1, 0)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  }
}
function drawMarkers(parent, style, places, r = 3) {
  if (places.length === 0) return;
  const cross = style.shape === "cross", hollow = style.hollow && !cross;
  element("path", {d: places.map(([x, y]) => markerPath(style.shape, x, y, r)).join(""), fill: cross ? "none" : hollow ? "var(--page)" : style.colour,
    stroke: style.colour, "stroke-width": cross ? 1.6 : hollow ? 1.3 : 0, class: "mark"}, parent);
}

function drawLine(parent, style, places) {
  if (places.length < 2) return;
  element("path", {d: places.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join(""), fill: "none",
    stroke: style.colour, "stroke-width": 1.5, ...(style.dash ? {"stroke-dasharray": style.dash} : {})}, parent);
}

// Draws rows of [name, style]: markers, or lines where a style has a dash or `line`. Long names are shortened so that several fit in a
// row. Returns the height.
function drawLegend(parent, width, entries) {
  let x = 0, y = 12;
  for (const [name, style] of entries) {
    const line = style.line || style.dash, text = shortened(name, Math.min(width - 40, 290)), sample = line ? 22 : 9, step = textWidth(text) + sample + 18;
    if (x > 0 && x + step > width) { x = 0; y += 18; }
    if (line) drawLine(parent, style, [[x, y - 4], [x + 22, y - 4]]);
    if (style.shape) drawMarkers(parent, style, [[x + sample / 2, y - 4]], 3.6);
    write(parent, x + sample + 5, y, text, {ink: "ink"});
    x += step;
  }
  return entries.length > 0 ? y + 10 : 0;
}

// What marks mean that stand for several trials: [name, style] for legends. The limit is drawn where the requirement is a bound on the metric.
function markLegend(chosen, limit) {
  const any = (name) => chosen.some((group) => countOf(group, name) > 0), grey = {colour: "var(--soft)", shape: "circle"};
  return [...(any("fit") || any("unfit") ? [["fit in all trials", grey], ["unfit in some", {...grey, hollow: true}]] : []),
    ...(any("nonfinite") ? [["a trial is not finite", {...grey, shape: "cross"}]] : []),
    ...(limit ? [[`allowed by ${requirement}`, limitStyle]] : [])];
}

// Where labels of a height `step` stand that should be at the ascending places `wanted`, between low and high: as near as they can without
// overlap (a least-squares fit with distances of at least `step`).
function spreadApart(wanted, step, low, high) {
  const blocks = [];
  wanted.forEach((place, k) => {
    let block = {sum: place - k * step, count: 1};
    while (blocks.length > 0 && blocks[blocks.length - 1].sum / blocks[blocks.length - 1].count > block.sum / block.count) {
      const last = blocks.pop();
      block = {sum: block.sum + last.sum, count: block.count + last.count};
    }
    blocks.push(block);
  });
  const most = high - (wanted.length - 1) * step;
  return blocks.flatMap(({sum, count}) => Array(count).fill(Math.max(low, Math.min(most, sum / count)))).map((place, k) => place + k * step);
}

// A frame with marks on both axes. `box` has x, y, width and height; the scales run over it.
function drawFrame(parent, box, xScale, yScale, title, titleWidth = box.width + 4) {
  const {x, y, width, height} = box;
  for (const mark of yScale.marks) {
    const at = yScale.place(mark.at);
    element("line", {x1: x, x2: x + width, y1: at.toFixed(1), y2: at.toFixed(1), stroke: "var(--grid)"}, parent);
    write(parent, x - 5, at + 4, mark.label, {anchor: "end"});
  }
  for (const mark of xScale.marks) {
    const at = xScale.place(mark.at);
    element("line", {x1: at.toFixed(1), x2: at.toFixed(1), y1: y, y2: y + height, stroke: "var(--grid)"}, parent);
    const taken = (xScale.rails || []).some((rail) => Math.abs(rail.at - at) < (textWidth(rail.label) + textWidth(mark.label)) / 2 + 3);
    if (!taken) write(parent, at, y + height + 14, mark.label, {anchor: "middle"});
  }
  element("rect", {x, y, width, height, fill: "none", stroke: "var(--line)"}, parent);
  for (const rail of yScale.rails || []) write(parent, x - 5, rail.at + 4, rail.label, {anchor: "end"});
  for (const rail of xScale.rails || []) {
    element("line", {x1: rail.edge.toFixed(1), x2: rail.edge.toFixed(1), y1: y, y2: y + height, stroke: "var(--line)"}, parent);
    write(parent, rail.at, y + height + 14, rail.label, {anchor: "middle"});
  }
  const lines = String(title).split("\n");
  lines.forEach((line, k) => write(parent, x, y - 7 - 14 * (lines.length - 1 - k), shortened(line, titleWidth * (k === 0 ? 0.92 : 1), 12),
    {ink: k === 0 ? "ink" : "soft", size: 12, weight: k === 0 ? 600 : undefined}));
}

// The point nearest to the pointer, of {x, y, text} in drawing units. A point with `reach` is a cell that extends so far to both sides.
function nearest(points, x, y) {
  let best = null, least = 26 * 26;
  for (const point of points) {
    const dx = Math.max(0, Math.abs(point.x - x) - (point.reach || 0)), dy = point.y - y, distance = dx * dx + dy * dy;
    if (distance < least) { least = distance; best = point; }
  }
  return best;
}

// Shows the numbers under the pointer; the arrow keys go from point to point of the focused figure. The page may then scroll under a
// resting pointer, which must not hide the numbers: `keyed` is true while the keyboard chose what is shown.
let keyed = false;
function attachHover(svg, points) {
  const tooltip = document.getElementById("tooltip");
  const ring = element("circle", {r: 6, fill: "none", stroke: "var(--ink)", "stroke-width": 1.5, visibility: "hidden", "data-ring": ""}, svg);
  const hide = () => { keyed = false; tooltip.hidden = true; ring.setAttribute("visibility", "hidden"); };
  const show = (point, x, y) => {
    ring.setAttribute("cx", point.x);
    ring.setAttribute("cy", point.y);
    ring.setAttribute("visibility", "visible");
    tooltip.textContent = typeof point.text === "function" ? point.text(point) : point.text;
    tooltip.hidden = false;
    const below = y + 16 + tooltip.offsetHeight < innerHeight;
    tooltip.style.left = Math.max(4, Math.min(x + 14, innerWidth - tooltip.offsetWidth - 6)) + "px";
    tooltip.style.top = (below ? y + 16 : y - tooltip.offsetHeight - 10) + "px";
  };
  svg.addEventListener("pointermove", (event) => {
    if (keyed && event.movementX === 0 && event.movementY === 0) return;
    keyed = false;
    const frame = svg.getBoundingClientRect();
    const point = nearest(points, event.clientX - frame.left, event.clientY - frame.top);
    point ? show(point, event.clientX, event.clientY) : hide();
  });
  svg.addEventListener("pointerleave", () => { if (!keyed) hide(); });
  svg.setAttribute("tabindex", "0");
  let at = -1;
  svg.addEventListener("keydown", (event) => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (event.key === "Escape") hide();
    if (!step || points.length === 0) return;
    event.preventDefault();
    keyed = true;
    at = at < 0 ? (step > 0 ? 0 : points.length - 1) : (at + step + points.length) % points.length;
    ring.setAttribute("cx", points[at].x);
    ring.setAttribute("cy", points[at].y);
    ring.scrollIntoView({block: "nearest", inline: "nearest"});
    const frame = svg.getBoundingClientRect();
    show(points[at], frame.left + points[at].x, frame.top + points[at].y);
  });
  svg.addEventListener("blur", hide);
}
