// The page of an inspection: sentences, heat maps on canvases, tables.
const data = JSON.parse(document.getElementById("data").textContent), found = data.inspection;

function add(parent, name, text = null, attributes = {}) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== null) node.textContent = text;
  parent.append(node);
  return node;
}
const number = (x) => x === null ? "inf" : x === 0 ? "0" : x.toExponential(1);
const bits = (x) => x === null ? "–" : x.toFixed(1);

function table(host, headers, rows) {
  const element = add(add(host, "div", null, {class: "scroll"}), "table"), head = add(add(element, "thead"), "tr");
  for (const [text, numeric] of headers) add(head, "th", text, numeric ? {class: "number"} : {});
  const body = add(element, "tbody");
  for (const row of rows) {
    const line = add(body, "tr", null, row.event ? {class: "event"} : {});
    row.cells.forEach((cell, k) => add(line, "td", cell, headers[k][1] ? {class: "number"} : {}));
  }
}

// Sequential colours from light to dark (a part of viridis, reversed), readable in grey.
const stops = [[253, 231, 37], [94, 201, 98], [33, 145, 140], [59, 82, 139], [68, 1, 84]];
function colour(t) {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1), k = Math.min(Math.floor(at), stops.length - 2), f = at - k;
  return stops[k].map((c, i) => Math.round(c + f * (stops[k + 1][i] - c)));
}

function values(map) {
  return map.logs.split(" ").map((text) => text === "z" ? null : text === "i" ? Infinity : Number(text));
}

function drawMap(host, map, low, high) {
  const logs = values(map), n = Math.round(Math.sqrt(logs.length)), figure = add(host, "figure");
  const canvas = add(figure, "canvas", null, {width: n, height: n, role: "img", "aria-label": `${map.name}: ${map.says}`});
  const context = canvas.getContext("2d"), image = context.createImageData(n, n);
  logs.forEach((log, k) => {
    const rgb = log === null ? [240, 240, 240] : log === Infinity ? [213, 94, 0] : colour((log - low) / (high - low || 1));
    image.data.set([...rgb, 255], 4 * k);
  });
  context.putImageData(image, 0, 0);
  const caption = add(figure, "figcaption", map.name + " ");
  add(caption, "span", map.says);
  const tip = document.getElementById("tooltip");
  const show = (event) => {
    const box = canvas.getBoundingClientRect();
    const i = Math.min(n - 1, Math.floor((event.clientY - box.top) / box.height * n)), j = Math.min(n - 1, Math.floor((event.clientX - box.left) / box.width * n));
    const log = logs[i * n + j];
    tip.textContent = `${map.name}\n(${i}, ${j}): ${log === null ? "0" : log === Infinity ? "not finite" : (10 ** log).toExponential(1)}`;
    tip.hidden = false;
    tip.style.left = `${Math.min(event.clientX + 12, innerWidth - 200)}px`;
    tip.style.top = `${event.clientY + 12}px`;
  };
  canvas.addEventListener("pointermove", show);
  canvas.addEventListener("pointerdown", show);
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
}

function drawMaps() {
  const host = document.getElementById("maps"), legend = document.getElementById("legend");
  const errors = data.maps.filter((map) => map.name !== "exact inverse").flatMap(values).filter((log) => log !== null && log !== Infinity);
  let high = errors.length ? errors.reduce((a, b) => Math.max(a, b)) : 0;
  const low = high - 8;
  for (const map of data.maps) {
    const own = values(map).filter((log) => log !== null && log !== Infinity), top = own.length ? own.reduce((a, b) => Math.max(a, b)) : 0;
    map.name === "exact inverse" ? drawMap(host, map, top - 8, top) : drawMap(host, map, low, high);
  }
  add(legend, "span", `1e${Math.round(low)} or less`);
  const bar = add(legend, "canvas", null, {width: 160, height: 10});
  const context = bar.getContext("2d");
  for (let x = 0; x < 160; ++x) {
    context.fillStyle = `rgb(${colour(x / 159)})`;
    context.fillRect(x, 0, 1, 10);
  }
  add(legend, "span", `${(10 ** high).toExponential(1)}; grey: 0; orange: not finite`);
}

// A sentence; what stands in backticks is code.
function say(host, text) {
  const paragraph = add(host, "p");
  text.split("`").forEach((part, k) => { if (part) k % 2 ? add(paragraph, "code", part) : paragraph.append(part); });
}

const words = document.getElementById("words");
for (const section of data.sections) {
  const host = add(words, "section", null, {class: "figure"});
  if (section.heading) add(host, "h2", section.heading);
  for (const sentence of section.sentences) say(host, sentence);
}
drawMaps();
const shareHeaders = [["", false], ["its part of the error", true], ["explains, first order", true], ["error if it alone rounds", true], ["error if it alone is exact", true]];
const shareRow = (share) => ({cells: [[share.stage, share.step, share.kind].filter((x) => x !== undefined).join(" "), number(share.share),
  share.share === null || found.shares.total === null ? "–" : `${Math.max(-999, Math.round(100 * share.explained / found.shares.total))}%`, number(share.alone), number(share.without)]});
table(document.getElementById("kinds"), shareHeaders, found.shares.kinds.map(shareRow));
table(document.getElementById("sites"), shareHeaders, found.shares.sites.slice(0, 60).map(shareRow));
if (found.shares.sites.length > 60) say(document.getElementById("sites"), `60 of ${found.shares.sites.length} sites.`);
table(document.getElementById("steps"), [["step", false], ["computes", false], ["largest", true], ["discarded", true], ["bits to overflow", true], ["bits cancelled", true], ["error", true], ["flops so far", true], ["", false]],
  found.steps.map((step) => ({event: step.event, cells: [`${step.stage} ${step.step}`, step.computes || `${step.blocks > 1 ? `${step.blocks} of ` : ""}${step.rows} x ${step.columns}`,
    number(step.largest), number(step.largest_discarded), bits(step.overflow_bits), bits(step.cancellation_bits), number(step.error), step.flops.toExponential(1), step.event]})));
