// Error and cost: for each size, methods and kernels down, their errors and costs across. Work of the matrix unit and of the vector unit
// stands apart: one operation of the one is not worth one of the other.

const unitStyles = [{colour: "var(--ink)", shape: "square"}, {colour: "var(--ink)", shape: "circle", hollow: true}];
const unitNames = ["matrix unit", "vector unit"];

// For each setting at one size the worst of its errors over the families that it ran on.
function worstOverFamilies(members, metric) {
  return [...grouped(members, (group) => group.setting).values()].map((list) => {
    const errors = list.map((group) => statisticOf(group, metric)).filter((value) => value !== null);
    const cost = (column) => list.reduce((most, group) => { const value = columnsOf[column]?.[group.index] ?? null; return most === null || value > most ? value : most; }, null);
    return {group: list[0], list, cost, families: list.length, error: errors.length > 0 ? Math.max(...errors) : null};
  });
}

function costAgainstError(host, limit) {
  const metric = columnsOf.total_frobenius ? "total_frobenius" : selection.metric, chosen = selectedGroups();
  const bySize = [...grouped(chosen, (group) => group.n)].sort((a, b) => a[0] - b[0]), csv = [];
  const columns = costs.flatMap(([, ...names]) => names);
  const blocks = bySize.map(([n, members]) => {
    const settings = worstOverFamilies(members, metric), inputs = unique(members.map((group) => group.family)).length;
    for (const {group, cost, families: on, error} of settings) csv.push([n, group.method, group.arithmetic, on, ...columns.map(cost), error]);
    return {n, settings, inputs};
  });
  const shown = limit === Infinity ? blocks : blocks.slice(-Math.max(1, Math.floor(limit / 3)));
  const width = widthOf(host), svg = element("svg", {width, role: "img", "aria-label": "error and cost"}, host), points = [];
  let top = drawLegend(svg, width, [...arithmeticLegend(chosen), ...markLegend(chosen, false), ...unitNames.map((name, unit) => [name, unitStyles[unit]])]);
  for (const {n, settings, inputs} of shown) {
    const names = sortedRows([...grouped(settings, ({group}) => group.method)].map(([name, list]) => [name, list.map((each) => each.error)]));
    const rows = limit === Infinity ? names : names.slice(0, mostRows);
    const errors = {axis: "error", ...errorBounds, title: `n = ${n}: error`, marks: [], words: []};
    const works = costs.map(([what]) => ({axis: what, title: what, marks: []}));
    for (const [name, list] of grouped(settings, ({group}) => group.method)) {
      const row = rows.indexOf(name);
      if (row < 0) continue;
      if (list.every((each) => each.error === null)) errors.words.push({row, text: wordOf(list.flatMap((each) => each.list))});
      for (const {group, list: members, families: on, error} of list) {
        const text = () => `${describe(group).split("\n")[0]}, n = ${n}\non ${on} of ${inputs} ${inputs === 1 ? "input" : "inputs"}\n${metric}: ${shortNumber(error)}`;
        const style = {...arithmeticStyle(group.arithmetic), hollow: members.some(isHollow)};
        if (error !== null) errors.marks.push({row, value: error, style, text});
        if (error !== null && error !== Infinity && members.some((each) => countOf(each, "nonfinite") > 0)) errors.marks.push({row, value: Infinity, style, text});
      }
      costs.forEach(([what, ...units], k) => units.forEach((column, unit) => {
        for (const [value, same] of grouped(list, ({cost}) => cost(column))) {
          if (value === null) continue;
          works[k].marks.push({row, value, style: unitStyles[unit], text: `${name}, n = ${n}\n${what}, ${unitNames[unit]}: ${shortNumber(value, 4)}` +
            (same.length < list.length ? `\nin ${same.map(({group}) => group.arithmetic).join(", ")}` : "")});
        }
      }));
    }
    top = drawRows(svg, width, top, rows, [errors, ...works], 250, points, unique(chosen.map((group) => group.method)));
  }
  finishDrawing(svg, width, top, `Errors: ${wordsOf(metric)}, ${selection.statistic} over the trials, worst of the selected families. Costs: of the costliest trial. ` +
    `Rows are sorted by the median of their errors.`, points);
  return {shown: [[shown.length, blocks.length, "sizes"]], columns: ["n", "method", "arithmetic", "families", ...columns, metric], rows: csv};
}
