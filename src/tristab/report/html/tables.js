// Tables: conditions of the inputs, stability classes, expectations, provenance.

// Lets names break between their parts.
const breakable = (text) => text.replace(/[:=_](?=[^ ])/g, "$&\u200b");

// At most `limit` rows; the figure offers the others. A cell is null, a number, a text, or {text, mark}: a number in words, with a mark.
function drawTable(host, columns, rows, limit, numberFrom = 1, longestOnALine = 12) {
  const table = html("table", {}, html("div", {class: "scroll"}, host)), head = html("tr", {}, html("thead", {}, table)), body = html("tbody", {}, table);
  const isNumber = (k) => k >= numberFrom && rows.length > 0 && rows.every((row) => row[k] === null || typeof row[k] === "number" || row[k].text !== undefined);
  columns.forEach((name, k) => html("th", {class: isNumber(k) ? "number" : "", scope: "col"}, head, breakable(name)));
  for (const row of rows.slice(0, limit)) {
    const line = html("tr", {}, body);
    row.forEach((value, k) => value?.text !== undefined ? html("td", {class: value.mark ? "number marked" : "number"}, line, value.mark + value.text) : html("td", {class: isNumber(k) ? "number" : String(value).length > 30 ? "long" : String(value).length <= longestOnALine ? "short" : ""}, line,
      value === null ? "–" : typeof value === "number" ? shortNumber(value) : breakable(String(value))));
  }
  return [[Math.min(limit, rows.length), rows.length, "rows"]];
}

function conditionReport(host, limit) {
  const facts = ["cond_2", "cond_skeel", "norm_2", "max_abs", "inverse_max_abs"].filter((name) => name in data.matrices);
  const rows = data.matrices.profiles.filter((profile) => selection.families.has(profile.f) && selection.sizes.has(profile.n))
    .map((profile) => [data.families[profile.f], profile.n, profile.count, ...facts.flatMap((name) => profile[name])]);  // median, largest
  const columns = ["family", "n", "matrices", ...facts.flatMap((name) => [name + " median", "max"])];
  return {shown: drawTable(host, columns, rows, limit), columns: ["family", "n", "matrices", ...facts.flatMap((name) => [name + "_median", name + "_max"])], rows};
}

// The method of a row, named as in the groups: the same method after a formation of A is another one.
const methodOf = (row) => (row.method_label || row.method) + (row.formation && !row.kernel ? ` after ${row.formation}` : "");

function stabilityClasses(host, limit) {
  const scenarios = data.classes.some((row) => row.scenario);
  const columns = [...(scenarios ? ["scenario"] : []), "method", "arithmetic", "class", "kappa_slope", "n_slope", "points", "exact", "fails", "nonfinite"];
  const rows = data.classes.map((row) => ({...row, method: methodOf(row), arithmetic: row.arithmetic_label || row.arithmetic}))
    .filter((row) => selection.methods.has(row.method) && selection.arithmetics.has(row.arithmetic)).map((row) => columns.map((name) => row[name] ?? null));
  const shown = drawTable(host, [...(scenarios ? ["scenario"] : []), "method", "arithmetic", "class", "slope in κ", "slope in n", "points", "exact", "excessive", "not finite"], rows, limit);
  return {shown, columns, rows};
}

function expectationTable(host, limit) {
  const bound = (row) => ["at_least", "at_most", "equals"].filter((name) => name in row).map((name) => `${name.replace("_", " ")} ${shortNumber(row[name])}`).join(", ");
  const found = (row) => row.found ?? (row.undefined && row.undefined.found) ?? null;
  const of = (row) => row.metric ?? (row.layer ? `layer's ${row.layer}` : null);
  const quantity = (row) => [row.statistic, of(row)].filter(Boolean).join(" of ") + (row.metric || row.layer ? "" : " (cases)");
  const order = [...data.expectations].sort((a, b) => Number(a.met) - Number(b.met));  // what failed comes first
  const rows = order.map((row) => [row.met ? "✓ met" : "✗ not met", row.scenario || "", row.family_label || row.family || "", row.n, methodOf(row),
    row.arithmetic_label || row.arithmetic, quantity(row), bound(row), found(row), row.why || ""]);
  const shown = drawTable(host, ["", "scenario", "family", "n", "method", "arithmetic", "quantity", "expected", "found", "why"], rows, limit);
  return {shown, columns: ["met", "scenario", "family", "n", "method", "arithmetic", "quantity", "expected", "found", "why"], rows};
}

function provenance(host) {
  const run = data.run || {}, tool = data.tool || {}, list = html("dl", {}, html("section", {class: "figure", id: "provenance-figure"}, host));
  list.before(html("h2", {}, null, "Provenance"));
  const add = (name, value) => {
    if (value === null || value === undefined || value === "") return;
    html("dt", {}, list, name);
    html("dd", {}, list, String(value));
  };
  const word = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  add("command", Array.isArray(run.command) ? run.command.map(word).join(" ") : null);
  add("version", tool.version ? `tristab ${tool.version} (${[tool.commit, tool.compiler, tool.simd].filter(Boolean).join(", ")})` : null);
  add("seed", run.seed ?? data.config?.seed);
  add("host", run.host);
  add("started", run.started);
  add("took", run.seconds !== undefined ? `${shortNumber(run.seconds)} s on ${run.threads} threads` : null);
  add("cases", `${data.records}${data.expected && data.expected !== data.records ? " of " + data.expected : ""}`);
  add("schema", data.schema);
  if (data.config) {
    const details = html("details", {}, host);
    html("summary", {}, details, "Configuration");
    html("pre", {}, details, JSON.stringify(data.config, null, 2));
  }
}
