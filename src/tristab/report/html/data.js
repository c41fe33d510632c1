// The data of the page, and what is selected of it.

const infinities = {"inf": Infinity, "-inf": -Infinity};
// Infinite numbers are texts in JSON. (A reviver of JSON.parse takes seconds on large pages.)
function withInfinities(value) {
  if (value === null || typeof value !== "object") return;
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    const member = value[key];
    if (typeof member === "string" && Object.hasOwn(infinities, member)) value[key] = infinities[member];
    else if (typeof member === "object") withInfinities(member);
  }
}
const data = JSON.parse(document.getElementById("data").textContent);
withInfinities(data);
const unique = (values) => [...new Set(values)];
const columnsOf = data.groups;
const groups = columnsOf.f.map((family, k) => {
  const [method, arithmetic, formation, kernel] = data.settings[columnsOf.s[k]];
  return {index: k, family, method, arithmetic, formation, kernel, setting: columnsOf.s[k], n: columnsOf.n[k], counts: (name) => columnsOf[name][k]};
});
// What the inverses of a setting did to the layers of an input; its trials are sequences.
const layerGroups = data.layers.map((layer) => {
  const [method, arithmetic, , kernel] = data.settings[layer.s];
  return {...layer, family: layer.f, method, arithmetic, kernel, counts: (name) => layer[name] ?? 0};
});
const methods = unique(groups.map((group) => group.method)), arithmetics = unique(groups.map((group) => group.arithmetic));
const recipeArithmetics = new Set(groups.filter((group) => group.kernel).map((group) => group.arithmetic));  // these stand for kernels
const sizes = unique(groups.map((group) => group.n)).sort((a, b) => a - b);
const families = unique(groups.map((group) => group.family));
const metrics = data.errors.filter((name) => name in columnsOf);
// What a first reader calls a number, its formula, and its name in files. In formulas E is the error of the computed inverse X.
const wordsOf = (name) => `${data.drawn[name][0]} (${name} = ${data.drawn[name][1]})`;
const conditions = ["cond_2", "cond_skeel", "cond_inf", "cond_1", "cond_frobenius"].filter((name) => name in data.matrices);

const known = (name) => name in columnsOf && columnsOf[name].some((value) => value !== null);
// Costs, each of the matrix unit and of the vector unit: their operations cannot be added.
const costs = [["operations", "matmul_flops", "vector_flops"], ["longest chain of steps", "depth", "vector_depth"]]
  .filter(([, ...columns]) => columns.some(known));

// One colour and shape for each method, and for each arithmetic, whatever is selected. Kernels choose their arithmetics themselves.
const styles = (names) => new Map(names.map((name, k) => [name, seriesStyle(k)]));
const methodStyles = styles(methods), arithmeticStyles = styles(arithmetics.filter((name) => !recipeArithmetics.has(name)));
const kernelStyle = {colour: "var(--ink)", shape: "diamond", dash: ""}, limitStyle = {colour: "var(--soft)", shape: "", dash: "4 3"};
const ringStyle = {colour: "var(--ink)", shape: "circle", hollow: true};
const methodStyle = (name) => methodStyles.get(name) ?? limitStyle;
const arithmeticStyle = (name) => arithmeticStyles.get(name) ?? kernelStyle;
const arithmeticTitle = (name) => recipeArithmetics.has(name) ? "kernel" : name;

const selection = {
  families: new Set(families), sizes: new Set(sizes), methods: new Set(methods), arithmetics: new Set(arithmetics),
  metric: metrics[0], statistic: "median", condition: conditions[0],
};
const inSelection = (group) => selection.families.has(group.family) && selection.sizes.has(group.n) &&
  selection.methods.has(group.method) && selection.arithmetics.has(group.arithmetic);
const selectedGroups = () => groups.filter(inSelection), selectedLayers = () => layerGroups.filter(inSelection);

// The selected statistic of a metric; infinite if that trial is not finite, null if no trial counts.
const statisticOf = (group, metric) => columnsOf[metric] ? columnsOf[metric][selection.statistic][group.index] : null;
const countOf = (group, name) => group.counts(name);
const sumOf = (members, name) => members.reduce((sum, group) => sum + countOf(group, name), 0);
// Marks are hollow where a trial does not meet the requirement, is not finite, or has no answer.
const isHollow = (group) => countOf(group, "unfit") + countOf(group, "nonfinite") + countOf(group, "failed") > 0;

const requirement = unique([data.config, ...(data.config?.scenarios ?? [])].map((each) => each?.require).filter(Boolean)).join(" or ") || "unknown";
// The largest error that the requirement allows on a family at a size, if it is a bound on this metric: least, median and largest over
// the matrices. It is the error over its share of what is allowed; settings that disagree on it for a matrix show that the requirement is
// about something else.
const limits = new Map(), groupsOn = new Map();
for (const group of groups) {
  const key = `${group.family}/${group.n}`;
  groupsOn.has(key) ? groupsOn.get(key).push(group) : groupsOn.set(key, [group]);
}
function limitOf(family, n, metric) {
  if (metric === "requirement_share") return [1, 1, 1];
  if (metric !== "total_frobenius" || !data.cases.requirement_share || !data.cases.total_frobenius) return null;
  const key = `${family}/${n}`;
  if (!limits.has(key)) limits.set(key, limitFromCases(groupsOn.get(key) ?? []));
  return limits.get(key);
}
function limitFromCases(members) {
  const ofMatrix = new Map();
  for (const {index} of members) {
    data.cases.matrix[index].forEach((matrix, k) => {
      const error = data.cases.total_frobenius[index][k], share = data.cases.requirement_share[index][k];
      if (!(error > 0 && share > 0 && share < Infinity && error < Infinity)) return;
      ofMatrix.has(matrix) ? ofMatrix.get(matrix).push(error / share) : ofMatrix.set(matrix, [error / share]);
    });
  }
  const all = [...ofMatrix.values()];
  if (all.length === 0 || all.some((list) => Math.max(...list) > 1.03 * Math.min(...list))) return null;
  const sorted = all.map((list) => list[0]).sort((a, b) => a - b);
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted[sorted.length - 1]];
}

// What of a selection is not drawn, in words.
function leftOut(chosen) {
  const sum = (name) => sumOf(chosen, name), notes = [];
  const trials = sum("trials").toLocaleString("en"), trivial = sum("trivial"), failed = sum("failed");
  if (trivial > 0) notes.push(`${trivial.toLocaleString("en")} of ${trials} trials are left out: their input is trivial, so the identity would do.`);
  if (failed > 0) notes.push(`${failed.toLocaleString("en")} of ${trials} trials have no answer.`);
  return notes;
}

// Whether results meet the requirement, best first.
const verdicts = ["trivial", "fit", "unfit", "nonfinite"];
const verdictLetters = {trivial: "T", fit: "✓", unfit: "✗", nonfinite: "N", failed: "–", none: "?"};
// The worst word of a group; "failed" if no trial has an answer, "none" if the file has no such words.
function worstVerdict(group) {
  for (const name of [...verdicts].reverse()) if (countOf(group, name) > 0) return name;
  return countOf(group, "failed") > 0 ? "failed" : "none";
}
// Whether the requirement is about them.
const areJudged = (members) => sumOf(members, "fit") + sumOf(members, "unfit") > 0;

function describe(group) {
  const k = group.index, lines = [group.kernel ? `recipe ${group.method}` : `${group.method} · ${group.arithmetic}`, `${data.families[group.family]}, n = ${group.n}`];
  for (const metric of metrics) {
    lines.push(`${metric}: median ${shortNumber(columnsOf[metric].median[k])}, worst ${shortNumber(columnsOf[metric].worst[k])}`);
  }
  if (columnsOf.growth) lines.push(`growth: median ${shortNumber(columnsOf.growth.median[k])}`);
  for (const [what, ...columns] of costs) lines.push(`${what}: ` + columns.map((name, unit) => `${unit ? "vector" : "matrix"} ${shortNumber(columnsOf[name]?.[k])}`).join(", "));
  const parts = [`${columnsOf.trials[k]} trials`];
  for (const name of [...verdicts, "failed"]) if (columnsOf[name][k]) parts.push(`${columnsOf[name][k]} ${name}`);
  lines.push(parts.join(", "));
  return lines.join("\n");
}
