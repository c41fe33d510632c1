#include "tristab/report/inspection_json.h"

#include "tristab/base/json_text.h"
#include "tristab/report/result_text.h"

namespace tristab {
namespace {

std::string share_json(const SiteShare& share) {
  JsonObject object;
  object.text("stage", share.stage);
  if (share.step > 0) object.integer("step", share.step);
  if (!share.kind.empty()) object.text("kind", share.kind);
  return object.number("share", share.share)
      .number("explained", share.explained)
      .number("alone", share.alone)
      .number("without", share.without)
      .number("gone", share.gone)
      .str();
}

std::string shares_json(const std::vector<SiteShare>& level) {
  JsonArray array;
  for (const SiteShare& share : level) array.raw(share_json(share));
  return array.str();
}

std::string set_json(const Inspection& inspection, const SiteSet& sites) {
  JsonArray array;
  for (std::size_t s = 0; s < sites.size(); ++s) {
    if (!sites[s]) continue;
    const Site& site = inspection.experiment->sites()[s];
    JsonObject object;
    array.raw(object.text("stage", site.stage).integer("step", site.step).text("kind", name_of(site.kind)).str());
  }
  return array.str();
}

std::string step_json(const StepReport& step) {
  JsonObject object;
  object.text("stage", step.stage).integer("step", step.step).text("computes", step.what);
  object.integer("rows", step.rows).integer("columns", step.columns).integer("blocks", step.batch);
  object.text("format", step.format).number("largest", step.largest).number("largest_discarded", step.discarded);
  object.number("smallest", step.smallest).number("overflow_bits", step.overflow_bits);
  object.number("underflow_bits", step.underflow_bits).number("cancellation_bits", step.cancellation_bits);
  object.number("error", step.error).number("flops", step.flops);
  return object.text("event", step.event).str();
}

std::string against_json(const Against& against) {
  JsonArray steps;
  for (const StepComparison& step : against.steps) {
    JsonObject object;
    object.text("stage", step.stage).integer("step", step.step).text("tensor", step.tensor);
    object.integer("elements", step.elements).integer("differing", step.differing).number("ulps", step.ulps);
    object.integer("block", step.block).integer("row", step.row).integer("column", step.column);
    steps.raw(object.number("found", step.found).number("expected", step.expected).text("format", step.format).str());
  }
  JsonArray unknown;
  for (const std::string& name : against.unknown) unknown.raw(json_string(name));
  JsonObject object;
  object.raw("steps", steps.str()).raw("unknown", unknown.str()).integer("without_tensor", against.without_tensor);
  return object.str();
}

}  // namespace

std::string inspection_json(const Inspection& inspection) {
  const SiteShares& shares = inspection.shares;
  JsonObject object, diagnosis, sites;
  object.text("schema", inspection_schema).text("case", inspection.record().id);
  object.raw("matrix", matrix_text(inspection.matrix, "")).raw("record", records_text(inspection.matrix, ""));
  diagnosis.text("blame", name_of(inspection.diagnosis.blame)).text("why", inspection.diagnosis.why);
  object.raw("diagnosis", diagnosis.text("change", inspection.diagnosis.change).str());
  JsonArray steps;
  for (const StepReport& step : inspection.steps) steps.raw(step_json(step));
  object.raw("steps", steps.str());
  sites.flag("resolved", shares.resolved)
      .number("total", shares.total)
      .number("truncation", shares.truncation)
      .number("remainder", shares.remainder);
  sites.raw("stages", shares_json(shares.stages)).raw("kinds", shares_json(shares.kinds));
  sites.raw("steps", shares_json(shares.steps));
  object.raw("shares", sites.raw("sites", shares_json(shares.sites)).str());
  JsonObject sets;
  sets.text("requirement", inspection.matrix.input.scenario->requirement.text());
  sets.flag("misses", inspection.search.misses).flag("misses_without_rounding", inspection.search.by_formula);
  sets.integer("runs", inspection.search.runs);
  sets.raw("ddmin", set_json(inspection, inspection.search.enough));
  object.raw("sets", sets.raw("raise", set_json(inspection, inspection.search.raise)).str());
  JsonObject undefined;
  undefined.text("shares", "a result is not finite").text("steps", "the step is not finite, or all zero");
  object.raw("undefined", undefined.text("against", "one of the two is not finite").str());
  if (inspection.against) object.raw("against", against_json(*inspection.against));
  return object.str() + "\n";
}

}  // namespace tristab
