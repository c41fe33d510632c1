// The figures of a page, `figures`: {id, title, needs, draw, note, isTable, unfiltered}, and drawing them again when the selection or the
// width changes.

// A figure draws at most some panels, rows of a dot plot or rows of a table, and says in `shown` how many of how many.
function drawFigure(figure) {
  figure.host.replaceChildren();
  const most = figure.isTable ? 15 : printing || innerWidth > 700 ? 12 : 4, limit = figure.all || (printing && figure.isTable) ? Infinity : most;
  if (selectedGroups().length === 0 && !figure.unfiltered) {
    figure.host.textContent = "Nothing is selected.";
    figure.csv.disabled = true;
    figure.svg.disabled = true;
    figure.more.hidden = true;
    return;
  }
  figure.result = figure.draw(figure.host, limit);
  const drawing = figure.host.querySelector("svg"), part = (figure.result.shown || []).filter(([count, of]) => count < of);
  figure.csv.disabled = false;
  figure.svg.disabled = !drawing;
  figure.svg.hidden = !drawing;
  figure.more.hidden = part.length === 0 && !figure.all;
  figure.host.parentNode.classList.toggle("text", !drawing);
  figure.more.textContent = figure.all ? "Show fewer" : `${part.map(([count, of, what]) => `${count} of ${of} ${what}`).join(", ")}: show all`;
}

function drawAll() { figures.filter((figure) => figure.host).forEach(drawFigure); }

function addFigure(figure) {
  const section = html("section", {class: "figure", id: figure.id}, document.getElementById("figures"));
  const bar = html("div", {class: "title"}, section), tools = html("div", {class: "tools"});
  html("h2", {}, bar, figure.title);
  bar.append(tools);
  const button = (text, title, action) => {
    const node = html("button", {type: "button", title}, tools, text);
    node.addEventListener("click", action);
    return node;
  };
  figure.svg = button("SVG", "download the figure", () => save(`${figure.id}.svg`, "image/svg+xml", svgText(figure.host.querySelector("svg"))));
  figure.csv = button("CSV", "download the data of the figure", () => save(`${figure.id}.csv`, "text/csv", csvText(figure.result.columns, typeof figure.result.rows === "function" ? figure.result.rows() : figure.result.rows)));
  if (figure.note) html("p", {}, section, figure.note);
  figure.host = html("div", {class: "drawing"}, section);
  figure.more = html("button", {type: "button", class: "more"}, section);
  figure.more.addEventListener("click", () => { figure.all = !figure.all; drawFigure(figure); });
  html("a", {href: "#" + figure.id}, document.getElementById("contents"), figure.title);
}

function startPage() {
  figures.filter((figure) => figure.needs).forEach(addFigure);
  addFilters(document.getElementById("filters"), drawAll);
  drawAll();
}
const printAs = (paper) => { printing = paper; drawAll(); };
addEventListener("beforeprint", () => printAs(true));
addEventListener("afterprint", () => printAs(false));
let drawnWidth = innerWidth, waiting = 0;
addEventListener("resize", () => {
  if (innerWidth === drawnWidth || printing) return;
  drawnWidth = innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(drawAll, 100);
});
