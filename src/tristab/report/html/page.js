// The page of a result: its figures in order, and what the result lacks.

// Powers of A and entries of its inverse below the floor change nothing; beyond the cap they overflow every format but fp64.
const entryBounds = {cap: 1e38, floor: 1e-10, bounds: [{y: 65504, text: "above: overflow in fp16"}]};
const growthBounds = {cap: 1e16, floor: 1e-10};  // no digit of fp64 is left above it
const figures = [
  {id: "verdicts", title: areJudged(layerGroups) ? "Requirement: inverses" : "Requirement", needs: groups.length > 0 && (areJudged(groups) || !areJudged(layerGroups)), draw: matrixVerdicts,
    note: "Does a result meet the requirement of its configuration (" + requirement + ")? Each cell shows the worst word over the selected families and sizes, with the worst error, or with the number of trials that are not finite. A – beside the sign: some trials have no answer. Trivial: A is so small that the identity would do."},
  {id: "layer-verdicts", title: "Requirement: layers", needs: areJudged(layerGroups), draw: layerVerdicts,
    note: "Do the outputs and states that a layer computes with the inverses meet the requirement (" + requirement + ")? Each cell shows the worst word over the sequences of the selected families and sizes, with the worst relative error of the outputs, or with the number of sequences that are not finite. A – beside the sign: some sequences have no answer."},
  {id: "sizes", title: sizes.length === 1 ? "Error by method" : "Error by method and chunk size", needs: metrics.length > 0, lacks: "errors", draw: metricFigure(() => selection.metric, errorBounds), note: ""},
  {id: "cost", title: "Error and cost", needs: metrics.length > 0 && costs.length > 0, lacks: costs.length > 0 ? "" : "costs", draw: costAgainstError, note: ""},
  {id: "condition", title: "Error against condition number", needs: metrics.length > 0 && conditions.length > 0, lacks: conditions.length > 0 ? "" : "condition numbers", draw: errorOverCondition,
    note: data.cases.kept < data.cases.all ? `One point for each case; ${data.cases.kept} of ${data.cases.all} cases, evenly chosen.` : "One point for each case."},
  {id: "split", title: "Where errors come from", needs: errorParts.length > 1, lacks: "errors of a formation of A, and parts of errors (\"decompose\": true)", draw: errorSplit,
    note: "Each part is relative to the exact inverse. Parts that the result lacks are not shown."},
  {id: "growth", title: "Growth of intermediates", needs: "growth" in columnsOf, lacks: "growth", draw: metricFigure(() => "growth", growthBounds), note: ""},
  {id: "layer-outputs", title: "Layers: outputs over chunks", needs: data.layers.length > 0, lacks: "layers (--layer-outputs)", draw: layerFigure("o", "the outputs"), note: ""},
  {id: "layer-states", title: "Layers: states over chunks", needs: data.layers.length > 0, draw: layerFigure("state", "the state"), note: ""},
  {id: "decay", title: "Decay of the inverse", needs: data.matrices.profiles.some((profile) => profile.decay.length > 0), lacks: "decay of the inverse",
    draw: profileFigure("decay", "Across: distance i − j from the diagonal. Up: largest entry |X_ij| of the exact inverse at this distance, median over the matrices.", entryBounds), note: ""},
  {id: "powers", title: "Powers of A", needs: data.matrices.profiles.some((profile) => profile.powers.length > 0), lacks: "powers of A",
    draw: profileFigure("powers", "Across: power k. Up: largest entry of A to the power k, median over the matrices. Methods that square or double compute these powers on the way.", entryBounds), note: ""},
  {id: "conditions", title: "Condition of the inputs", needs: conditions.length > 0, draw: conditionReport, isTable: true, note: ""},
  {id: "expectations", title: "Expectations", needs: data.expectations.length > 0, draw: expectationTable, isTable: true, unfiltered: true,
    note: `${data.expectations.filter((row) => row.met).length} of ${data.expectations.length} met; those that are not met come first. Filters do not change this table.`},
  {id: "classes", title: "Stability classes", needs: data.classes.length > 0, lacks: "stability classes", draw: stabilityClasses, isTable: true, unfiltered: true, note: "Growth of the error with condition number and size: slopes in log-log coordinates."},
];

function addNotices() {
  const list = document.getElementById("notices");
  const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
  const cases = `${data.records.toLocaleString("en")} ${data.records === 1 ? "case" : "cases"}`;
  const namesOf = (part, kernel) => unique(groups.filter((group) => Boolean(group.kernel) === kernel).map((group) => group[part])).length;
  const outcomesOf = (members, before) => {
    const outcomes = [["fit", "fit"], ["unfit", "unfit"], ["nonfinite", "not finite"], ["failed", "without an answer"], ["trivial", "trivial"]]
      .filter(([name]) => sumOf(members, name) > 0 || (areJudged(members) && ["fit", "unfit", "nonfinite"].includes(name)));
    return outcomes.length === 0 ? "" : `${before}${outcomes.map(([name, text]) => `${sumOf(members, name).toLocaleString("en")} ${text}`).join(", ")}.`;
  };
  document.getElementById("headline").textContent = `${cases}: ${count(families.length, "input", "inputs")}, ` +
    [[sizes.length, "size", "sizes"], [namesOf("method", false), "method", "methods"], [namesOf("arithmetic", false), "arithmetic", "arithmetics"], [namesOf("method", true), "recipe", "recipes"]]
      .filter(([number], k) => number > 0 || (k < 3 && groups.length === 0)).map((each) => count(...each)).join(", ") + ". " +
    outcomesOf(groups, "") + outcomesOf(layerGroups, " Layers: ");
  if (!data.complete) {
    html("li", {class: "warning"}, list, `${data.complete === null ? "The result does not say whether it is complete" : "The result is not complete"}: ${cases}${data.expected ? " of " + data.expected.toLocaleString("en") : ""}. The figures show these.`);
  }
  if (data.inputs) html("li", {class: "warning"}, list, `The page shows ${families.length.toLocaleString("en")} of ${data.inputs.toLocaleString("en")} inputs, evenly chosen; its counts are of these.`);
  const lacking = figures.filter((figure) => !figure.needs && figure.lacks).map((figure) => figure.lacks);
  if (lacking.length > 0) html("li", {}, list, `The result has no ${lacking.join(", no ")}: their figures are left out.`);
  if (groups.length > 0 && !areJudged(groups) && !areJudged(layerGroups) && sumOf(groups, "nonfinite") + sumOf(groups, "failed") < sumOf(groups, "trials")) html("li", {}, list, "The result does not say what is fit: cells of the table of requirements have a question mark.");
  const unmeasured = data.errors.filter((name) => !metrics.includes(name) && !(name === "requirement_share" && areJudged(layerGroups)));  // layers have it
  if (metrics.length > 0 && unmeasured.length > 0) html("li", {}, list, `The result has no ${unmeasured.join(", no ")}.`);
  const unsaid = [[data.run, "its run (command, host, time)"], [data.tool, "the program that made it"], [data.config, "its configuration"]].filter(([value]) => !value);
  if (unsaid.length > 0) html("li", {}, list, `The result says nothing about ${unsaid.map(([, what]) => what).join(", ")}.`);
  html("li", {}, list, "Numbers are rounded to three or four digits; the result file holds all of them.");
}

addNotices();
provenance(document.getElementById("provenance"));
startPage();
