// The page of kept results: a number of every setting in each of them, in the order of their runs, and where it changed.

const results = data.results, metric = metrics[0], resultOf = (group) => columnsOf.r[group.index];
selection.statistic = data.statistic;
const lineOf = (group) => `${group.family}/${group.n}/${group.setting}`;
const lines = [...grouped(groups, lineOf).values()];
const before = new Map(lines.flatMap((points) => points.slice(1).map((point, k) => [point.index, points[k]])));

// What made a result: its commit, else the version, else its place; in tables the version stands before the commit where it is not always
// the same.
const versions = unique(results.map((each) => each.version).filter(Boolean));
const commitOf = ({commit}) => /^[0-9a-f]{12}/.test(commit) ? commit.slice(0, 7) + (commit.endsWith("-dirty") ? "+" : "") : commit === "unknown" ? "" : commit;
const makers = results.map((each) => commitOf(each) || each.version), distinct = unique(makers).length === makers.length;
const axisTags = makers.map((maker, k) => distinct ? maker : `#${k + 1} ${maker}`.trim());
const tags = results.map((each, k) => versions.length > 1 && commitOf(each) ? `${each.version} ${makers[k]}` : makers[k] || "unknown"), dayOf = (result) => result.started.slice(0, 10);
const versionWords = versions.map((version) => { const at = results.flatMap((each, k) => each.version === version ? [k + 1] : []); return `${version}: ${at.length > 1 ? `${at[0]} to ${at[at.length - 1]}` : at[0]}`; });

// Results are exact: any difference of the selected statistic is a change.
const isChanged = (group) => columnsOf.changed[selection.statistic][group.index] === 1;
const hasOtherTrials = (group) => columnsOf.other_trials[group.index] === 1;
const valueOf = (group) => statisticOf(group, metric);
const changesOf = (members) => members.filter(isChanged).length;
const numberText = (value) => value === -Infinity ? "not finite" : value === Infinity && data.larger_is_better ? "exact" : shortNumber(value);
// A number beside another one, with as many digits as tell them apart.
function numberTexts(one, other) {
  for (let digits = 3; digits < 17; ++digits) {
    const texts = [one, other].map((value) => Number.isFinite(value) ? shortNumber(value, digits) : numberText(value));
    if (texts[0] !== texts[1] || one === other) return texts;
  }
  return [String(one), String(other)];
}

function describePoint(group) {
  const result = results[resultOf(group)], earlier = before.get(group.index), [was, is] = earlier ? numberTexts(valueOf(earlier), valueOf(group)) : ["", numberText(valueOf(group))];
  return `${result.file}: ${[tags[resultOf(group)], dayOf(result)].filter(Boolean).join(", ")}\n${describe(group)}\n` +
    (isChanged(group) ? `${selection.statistic} changed: ${was} → ${is}` : hasOtherTrials(group) ? `${selection.statistic} unchanged, but other trials changed` : earlier ? "unchanged" : "first");
}

// Results at equal distances, as many of them named as have room.
function resultScale(_, from, to) {
  const place = (value) => results.length === 1 ? (from + to) / 2 : from + 8 + (value / (results.length - 1)) * (to - from - 16);
  const room = Math.max(...axisTags.map((tag) => textWidth(tag))) + 10, fitting = Math.max(1, Math.floor((to - from) / room));
  const step = Math.ceil(results.length / fitting);
  return {place, marks: axisTags.map((label, at) => ({at, label})).filter(({at}) => (results.length - 1 - at) % step === 0)};
}

function historyFigure(host, limit) {
  const chosen = selectedGroups();
  const panels = byArithmetic(chosen, (group) => `${group.family}/${group.n}`).map((members) => ({
    title: `${arithmeticTitle(members[0].arithmetic)}\n${data.families[members[0].family]}, n = ${members[0].n}`, changes: changesOf(members),
    series: [...grouped(members, (group) => group.method)].map(([name, list]) => ({name, style: methodStyle(name), points: list.map((group) => ({
      x: resultOf(group), y: valueOf(group), lost: countOf(group, "nonfinite") > 0, hollow: isHollow(group), ringed: isChanged(group), text: () => describePoint(group)}))})),
  })).sort((a, b) => b.changes - a.changes);
  const shown = panels.slice(0, limit);
  drawPanels(host, shown, {...(data.is_error ? errorBounds : {}), linear: data.larger_is_better, sharedX: true, ownY: true, xScale: resultScale, label: metric,
    legend: [...markLegend(chosen, false), ...(changesOf(chosen) > 0 ? [["changed since the result before", ringStyle]] : [])],
    caption: `Across: the kept results in the order of their runs, named by the commit or version that made them. Up: ${wordsOf(metric)}, ${selection.statistic} over the trials.` +
      (versions.length > 1 ? ` Results by version: ${versionWords.join("; ")}.` : "") +
      (panels.length > shown.length ? " Panels with most changes come first." : "")});
  return {shown: [[shown.length, panels.length, "panels"]],
    columns: ["result", "file", "started", "version", "commit", "family", "n", "method", "arithmetic", ...["trials", "nonfinite", "failed", "trivial", "fit", "unfit"],
      ...data.statistics.map(([word]) => `${metric}_${word}`), "changed", "other_trials_changed"],
    rows: () => chosen.map((group) => {
      const k = resultOf(group), {file, started, version, commit} = results[k];
      return [k + 1, file, started, version, commit, data.families[group.family], group.n, group.method, group.arithmetic,
        ...["trials", "nonfinite", "failed", "trivial", "fit", "unfit"].map((name) => countOf(group, name)),
        ...data.statistics.map(([word]) => csvNumber(columnsOf[metric][word][group.index])), Number(isChanged(group)), Number(hasOtherTrials(group))];
    })};
}
const csvNumber = (value) => value === Infinity ? "inf" : value === -Infinity ? "-inf" : value;
const longestOnALine = 28;  // of names in tables, which may be many columns wide
const nameCells = (group) => [group.method, group.arithmetic, data.families[group.family], group.n];

// Every change, the newest first.
function changeTable(host, limit) {
  const changed = selectedGroups().filter(isChanged).sort((a, b) => resultOf(b) - resultOf(a));
  if (changed.length === 0) {
    html("p", {}, host, results.length === 1 ? "There is one result; nothing can have changed." : "Nothing changed: every number is equal, bit for bit, in all results that have it.");
    return {shown: [], columns: ["result"], rows: []};
  }
  const rows = changed.map((group) => [`${resultOf(group) + 1}: ${tags[resultOf(group)]}`, dayOf(results[resultOf(group)]), ...nameCells(group), ...numberTexts(valueOf(before.get(group.index)), valueOf(group))]);
  const columns = ["result", "date", "method", "arithmetic", "family", "n", "before", "after"];
  return {shown: drawTable(host, columns, rows, limit, 1, longestOnALine), columns, rows: changed.map((group, k) => [...rows[k].slice(0, 6), csvNumber(valueOf(before.get(group.index))), csvNumber(valueOf(group))])};
}

// A row for each line, a column for each result, the newest first; what changed is marked.
function valueTable(host, limit) {
  const chosen = lines.map((points) => points.filter(inSelection)).filter((points) => points.length > 0);
  const order = chosen.map((points) => [points, changesOf(points)]).sort((a, b) => b[1] - a[1]).map(([points]) => points);
  const newest = results.map((_, k) => results.length - 1 - k);
  const columns = ["method", "arithmetic", "family", "n", ...newest.map((k) => `${k + 1}: ${tags[k]}`)];
  const cellsOf = (points, cell) => { const at = new Map(points.map((group) => [resultOf(group), group])); return newest.map((k) => at.has(k) ? cell(at.get(k)) : null); };
  const marked = (group) => {
    const value = valueOf(group), earlier = before.get(group.index), text = numberText(value);
    return {mark: !isChanged(group) ? "" : value > (valueOf(earlier) ?? -Infinity) ? "▲ " : "▼ ", text: value === null ? "–" : text};
  };
  const shown = drawTable(host, columns, order.map((points) => [...nameCells(points[0]), ...cellsOf(points, marked)]), limit, 1, longestOnALine);
  return {shown, columns, rows: () => order.map((points) => [...nameCells(points[0]), ...cellsOf(points, (group) => csvNumber(valueOf(group)))])};
}

function resultTable(host, limit) {
  const rows = [...results.keys()].reverse().map((k) => {
    const {file, started, version, commit, records, expected, complete, changes} = results[k];
    return [`${k + 1}: ${tags[k]}`, file, started.replace("T", " ").replace("Z", ""), version, commit, complete ? String(records) : expected ? `${records} of ${expected}` : `${records}, may lack some`,
      changes.join("; ") || (k === 0 ? "" : "nothing")];
  });
  const columns = ["result", "file", "started (UTC)", "version", "commit", "cases", "differs from the one before"];
  return {shown: drawTable(host, columns, rows, limit, 1, longestOnALine), columns, rows};
}

const figures = [
  {id: "history", title: "History", needs: groups.length > 0, draw: historyFigure, note: "Results are exact, so there is no noise band: a ring marks every number that is another one than in the result before."},
  {id: "changes", title: "Changes", needs: groups.length > 0, draw: changeTable, isTable: true, note: "Every change of the selected statistic, the newest first."},
  {id: "values", title: "Values", needs: groups.length > 0, draw: valueTable, isTable: true, note: "▲ larger, ▼ smaller than in the result before; rows with most changes come first. The CSV has all digits."},
  {id: "results", title: "Results", needs: true, draw: resultTable, isTable: true, unfiltered: true, note: "The newest first. A change of the configuration changes what is measured: read it before a change of numbers."},
];

function addHeadline() {
  const changed = lines.filter((points) => changesOf(points) > 0).length, list = document.getElementById("notices");
  document.getElementById("headline").textContent = `${results.length} kept ${results.length === 1 ? "result" : "results"}, ${lines.length} ${lines.length === 1 ? "line" : "lines"} (a setting on an input)` +
    (results.length === 1 ? "." : `: the ${selection.statistic} of ${changed} changed.`);
  if (data.skipped.length > 0) html("li", {}, list, `Not results, and skipped: ${data.skipped.join(", ")}.`);
  const part = results.filter((each) => !each.complete).length;
  if (part > 0) html("li", {}, list, `${part} of the results ${part === 1 ? "is" : "are"} not complete: their numbers are of fewer cases.`);
}

addHeadline();
startPage();
