#include "tristab/report/export_vega.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/report/json_text.h"
#include "tristab/report/output_file.h"
#include "tristab/report/result_groups.h"

namespace tristab {
namespace {

constexpr std::size_t frobenius = 0;
static_assert(group_metrics[frobenius] == "frobenius");

// One object a group. Exact results have no place on a logarithmic axis: `exact` marks them, and they stand at the least
// positive median of the data.
std::string values_text(const ResultGroups& groups, double least) {
  JsonArray values;
  for (const ResultGroup& group : groups.groups()) {
    const double median = group.median(frobenius);
    if (!std::isfinite(median)) continue;
    const GroupSetting& setting = groups.settings()[group.setting];
    JsonObject value;
    value.text("family", input_title(groups.inputs()[group.input])).integer("n", group.n);
    value.text("method", setting.method).text("arithmetic", setting.arithmetic);
    value.number("frobenius_median", median).number("frobenius_max", group.worst(frobenius));
    value.number("shown", std::max(median, least)).flag("exact", median == 0);
    value.integer("trials", group.trials).integer("nonfinite_trials", group.nonfinite);
    values.raw(value.str());
  }
  return values.str();
}

Json field(const char* name, const char* type, const char* title) {
  return Json{{"field", name}, {"type", type}, {"title", title}};
}

}  // namespace

ResultHead export_vega(const std::string& results, const std::string& output) {
  ResultGroups groups;
  const ResultHead head = visit_result(
      results, {"records"}, [&](const std::string& section, const Json& object, const std::string& place) {
        groups.add(section, object, place);
      });
  double least = HUGE_VAL;
  bool any = false;
  for (const ResultGroup& group : groups.groups()) {
    const double median = group.median(frobenius);
    any = any || std::isfinite(median);
    if (median > 0) least = std::min(least, median);
  }
  if (!any) {
    throw InputError(fmt::format("{}: found no finite 'frobenius'; allowed: a result with one",
                                 results == "-" ? "standard input" : results));
  }
  if (!std::isfinite(least)) least = 1e-16;  // all exact
  Json x = field("n", "quantitative", "chunk size n"),
       y = field("shown", "quantitative", "relative error, median");
  x["scale"] = Json{{"type", "log"}, {"base", 2}, {"nice", false}};
  y["scale"] = Json{{"type", "log"}};
  y["axis"] = Json{{"format", ".0e"}};
  Json tooltip = Json::array();
  for (const char* name : {"family", "method", "arithmetic", "n", "frobenius_median", "frobenius_max",
                           "exact", "trials", "nonfinite_trials"}) {
    tooltip.push_back(Json{{"field", name}});
  }
  const Json encoding{
      {"x", x}, {"y", y}, {"color", field("method", "nominal", "method")}, {"tooltip", tooltip}};
  const Json spec{{"width", 200},
                  {"height", 150},
                  {"mark", Json{{"type", "line"}, {"point", true}}},
                  {"encoding", encoding}};
  const Json facet{{"row", field("family", "nominal", "family")},
                   {"column", field("arithmetic", "nominal", "arithmetic")}};
  JsonObject object;
  object.text("$schema", "https://vega.github.io/schema/vega-lite/v5.json");
  object.text(
      "description",
      "tristab: relative Frobenius error of (I + A)^-1 against chunk size, median over finite trials");
  object.raw("data", fmt::format("{{\"values\": {}}}", values_text(groups, least)));
  object.json("facet", facet).json("spec", spec);
  OutputFile file(output, Appearance::when_complete);
  file.write(object.str() + "\n");
  file.commit();
  return head;
}

}  // namespace tristab
