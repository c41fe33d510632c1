// The page: its figures in order, what the result lacks, and drawing again when the selection or the width changes.

const figures = [
  {id: "verdicts", title: "Requirement", needs: groups.length > 0, draw: heatTable,
    note: "Does a result meet the requirement of its configuration (" + (data.config?.require ?? data.config?.scenarios?.[0]?.require ?? "unknown") + ")? Each cell shows the worst word over the selected families and sizes, with the worst error, or with the number of trials that are not finite. A – beside the sign: some trials have no answer. Trivial: A is so small that the identity would do."},
  {id: "sizes", title: "Error against chunk size", needs: metrics.length > 0, lacks: "finite errors", draw: linesOverSizes(() => selection.metric, errorCap), note: ""},
  {id: "condition", title: "Error against condition number", needs: metrics.length > 0 && conditions.length > 0, lacks: conditions.length > 0 ? "" : "condition numbers", draw: errorOverCondition,
    note: data.cases.kept < data.cases.all ? `One point for each case; ${data.cases.kept} of ${data.cases.all} cases, evenly chosen.` : "One point for each case."},
  {id: "split", title: "Where errors come from", needs: errorParts.length > 1, lacks: "errors of a formation of A", draw: errorSplit,
    note: "Each part is relative to the exact inverse, and the worst over the selected families and sizes. Parts that the result lacks are not shown."},
  {id: "growth", title: "Growth of intermediates", needs: "growth" in columnsOf, lacks: "growth", draw: linesOverSizes(() => "growth", 0),
    note: "The largest intermediate that is kept, divided by the largest entry of the exact inverse. (fp16 overflows at an absolute size of 65504.)"},
  {id: "layer-outputs", title: "Layers: outputs over chunks", needs: data.layers.length > 0, lacks: "layers (--layer)", draw: layerFigure("o", "the outputs"), note: ""},
  {id: "layer-states", title: "Layers: states over chunks", needs: data.layers.length > 0, draw: layerFigure("state", "the state"), note: ""},
  {id: "cost", title: "Cost against error", needs: metrics.length > 0 && costs.length > 0, lacks: costs.length > 0 ? "" : "costs", draw: costAgainstError,
    note: "Each point is a method in an arithmetic. The numbered points ran on every selected input of that size, and no other such point is better in both cost and error. Settings with a trial that is not finite are at the top. An operation counts the same in every arithmetic."},
  {id: "decay", title: "Decay of the inverse", needs: data.matrices.profiles.some((profile) => profile.decay.length > 0), lacks: "decay of the inverse",
    draw: profileFigure("decay", "x: distance i − j from the diagonal; y: largest |X_ij| there, median over the matrices"), note: ""},
  {id: "powers", title: "Powers of A", needs: data.matrices.profiles.some((profile) => profile.powers.length > 0), lacks: "powers of A",
    draw: profileFigure("powers", "x: power; y: largest entry of that power of A, median over the matrices"), note: "Methods that square or double compute these powers on the way."},
  {id: "conditions", title: "Condition of the inputs", needs: conditions.length > 0, draw: conditionReport, note: ""},
  {id: "expectations", title: "Expectations", needs: data.expectations.length > 0, draw: expectationTable,
    note: `${data.expectations.filter((row) => row.met).length} of ${data.expectations.length} met; those that are not met come first. Filters do not change this table.`},
  {id: "classes", title: "Stability classes", needs: data.classes.length > 0, lacks: "stability classes", draw: stabilityClasses, note: "Growth of the error with condition number and size: slopes in log-log coordinates."},
];

function drawFigure(figure) {
  figure.host.replaceChildren();
  const most = printing || innerWidth > 700 ? 12 : 4, limit = figure.all && !printing ? Infinity : most;
  if (selectedGroups().length === 0 && !["expectations", "classes"].includes(figure.id)) {
    figure.host.textContent = "Nothing is selected.";
    figure.csv.disabled = true;
    figure.svg.disabled = true;
    figure.more.hidden = true;
    return;
  }
  figure.result = figure.draw(figure.host, limit);
  const drawing = figure.host.querySelector("svg");
  figure.csv.disabled = false;
  figure.svg.disabled = !drawing;
  figure.svg.hidden = !drawing;
  const panels = figure.result.panels || 0;
  figure.more.hidden = panels <= most;
  figure.host.parentNode.classList.toggle("text", !drawing);
  figure.more.textContent = figure.all ? "fewer" : `all ${panels} panels`;
  if (figure.id === "split") figure.more.textContent = figure.all ? "fewer" : "all rows";
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
  figure.more = button("", "show every panel of the selection", () => { figure.all = !figure.all; drawFigure(figure); });
  figure.svg = button("SVG", "download the figure", () => save(`${figure.id}.svg`, "image/svg+xml", svgText(figure.host.querySelector("svg"))));
  figure.csv = button("CSV", "download the data of the figure", () => save(`${figure.id}.csv`, "text/csv", csvText(figure.result.columns, typeof figure.result.rows === "function" ? figure.result.rows() : figure.result.rows)));
  if (figure.note) html("p", {}, section, figure.note);
  figure.host = html("div", {class: "drawing"}, section);
  html("a", {href: "#" + figure.id}, document.getElementById("contents"), figure.title);
}

function addNotices() {
  const list = document.getElementById("notices");
  const total = (name) => columnsOf[name].reduce((sum, count) => sum + count, 0);
  const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
  const cases = `${data.records.toLocaleString("en")} ${data.records === 1 ? "case" : "cases"}`;
  const namesOf = (part, kernel) => unique(groups.filter((group) => Boolean(group.kernel) === kernel).map((group) => group[part])).length;
  const judged = verdicts.some((name) => !["nonfinite", "trivial"].includes(name) && total(name) > 0);
  const outcomes = [["fit", "fit"], ["unfit", "unfit"], ["nonfinite", "not finite"], ["failed", "without an answer"], ["trivial", "trivial"]]
    .filter(([name]) => total(name) > 0 || (judged && name !== "failed"));
  document.getElementById("headline").textContent = `${cases}: ${count(families.length, "input", "inputs")}, ` +
    [[sizes.length, "size", "sizes"], [namesOf("method", false), "method", "methods"], [namesOf("arithmetic", false), "arithmetic", "arithmetics"], [namesOf("method", true), "recipe", "recipes"]]
      .filter(([number], k) => number > 0 || (k < 3 && groups.length === 0)).map((each) => count(...each)).join(", ") + ". " +
    outcomes.map(([name, text]) => `${total(name).toLocaleString("en")} ${text}`).join(", ") + (outcomes.length > 0 ? "." : "");
  if (!data.complete) {
    html("li", {class: "warning"}, list, `${data.complete === null ? "The result does not say whether it is complete" : "The result is not complete"}: ${cases}${data.expected ? " of " + data.expected.toLocaleString("en") : ""}. The figures show these.`);
  }
  const lacking = figures.filter((figure) => !figure.needs && figure.lacks).map((figure) => figure.lacks);
  if (lacking.length > 0) html("li", {}, list, `The result has no ${lacking.join(", no ")}: their figures are left out.`);
  if (groups.length > 0 && !judged && total("nonfinite") + total("failed") < total("trials")) html("li", {}, list, "The result does not say what is fit: cells of the table of requirements have a question mark.");
  const unmeasured = [...metricFormulas.keys()].filter((name) => !metrics.includes(name));
  if (metrics.length > 0 && unmeasured.length > 0) html("li", {}, list, `The result has no ${unmeasured.join(", no ")}.`);
  const unsaid = [[data.run, "its run (command, host, time)"], [data.tool, "the program that made it"], [data.config, "its configuration"]].filter(([value]) => !value);
  if (unsaid.length > 0) html("li", {}, list, `The result says nothing about ${unsaid.map(([, what]) => what).join(", ")}.`);
  html("li", {}, list, "Numbers are rounded to three or four digits; the result file holds all of them.");
}

addNotices();
figures.filter((figure) => figure.needs).forEach(addFigure);
addFilters(document.getElementById("filters"), drawAll);
provenance(document.getElementById("provenance"));
drawAll();
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
