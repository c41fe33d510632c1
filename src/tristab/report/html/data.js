// The data of the page, and what is selected of it.

const data = JSON.parse(document.getElementById("data").textContent);
const metricFormulas = new Map(data.errors);  // the errors that figures can show
const unique = (values) => [...new Set(values)];
const columnsOf = data.groups;
const groups = columnsOf.f.map((family, k) => {
  const [method, arithmetic, formation, kernel] = data.settings[columnsOf.s[k]];
  return {index: k, family, method, arithmetic, formation, kernel, setting: columnsOf.s[k], n: columnsOf.n[k]};
});
const methods = unique(groups.map((group) => group.method)), arithmetics = unique(groups.map((group) => group.arithmetic));
const sizes = unique(groups.map((group) => group.n)).sort((a, b) => a - b);
const families = unique(groups.map((group) => group.family));
const metrics = [...metricFormulas.keys()].filter((name) => name in columnsOf);
const conditions = ["cond_2", "cond_skeel", "cond_inf", "cond_1", "cond_frobenius"].filter((name) => name in data.matrices);

const known = (name) => name in columnsOf && columnsOf[name].some((value) => value !== null);
const costs = [["flops", "operations", "matmul_flops"], ["depth", "depth", "depth"]].filter(([, , column]) => known(column));

const methodIndex = new Map(methods.map((name, k) => [name, k]));
const methodStyle = (name) => seriesStyle(methodIndex.get(name) ?? methods.length);

const selection = {
  families: new Set(families), sizes: new Set(sizes), methods: new Set(methods), arithmetics: new Set(arithmetics),
  metric: metrics[0], statistic: "median", condition: conditions[0], cost: costs[0]?.[0],
};
const inSelection = (group) => selection.families.has(group.family) && selection.sizes.has(group.n) &&
  selection.methods.has(group.method) && selection.arithmetics.has(group.arithmetic);
const selectedGroups = () => groups.filter(inSelection);

// The selected statistic of a metric; null if no trial has a finite value.
const statisticOf = (group, metric) => columnsOf[metric] ? columnsOf[metric][selection.statistic][group.index] : null;
const withoutNumber = (group) => columnsOf.nonfinite[group.index] + columnsOf.failed[group.index];

// Whether results meet the requirement, best first.
const verdicts = ["trivial", "fit", "unfit", "nonfinite"];
const verdictLetters = {trivial: "T", fit: "✓", unfit: "✗", nonfinite: "N", failed: "–", none: "?"};
// The worst word of a group; "failed" if no trial has an answer, "none" if the file has no such words.
function worstVerdict(group) {
  const count = (name) => columnsOf[name][group.index];
  for (const name of [...verdicts].reverse()) if (count(name) > 0) return name;
  return count("failed") > 0 ? "failed" : "none";
}

function describe(group) {
  const k = group.index, lines = [group.kernel ? `recipe ${group.method}` : `${group.method} · ${group.arithmetic}`, `${data.families[group.family]}, n = ${group.n}`];
  for (const metric of metrics) {
    lines.push(`${metric}: median ${shortNumber(columnsOf[metric].median[k])}, worst ${shortNumber(columnsOf[metric].worst[k])}`);
  }
  if (columnsOf.growth) lines.push(`growth: median ${shortNumber(columnsOf.growth.median[k])}`);
  const parts = [`${columnsOf.trials[k]} trials`];
  for (const name of [...verdicts, "failed"]) if (columnsOf[name][k]) parts.push(`${columnsOf[name][k]} ${name}`);
  lines.push(parts.join(", "));
  return lines.join("\n");
}
