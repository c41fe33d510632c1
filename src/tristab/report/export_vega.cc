#include "tristab/report/export_vega.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/report/json_text.h"
#include "tristab/report/output_file.h"
#include "tristab/report/result_groups.h"

namespace tristab {
namespace {

constexpr std::size_t frobenius = 0;
static_assert(group_metrics[frobenius] == "frobenius");

// Beyond these the size of an error has no meaning, and would flatten all others.
constexpr double lowest = 1e-20, highest = 100;

// One object a group. Exact results have no place on a logarithmic axis: `exact` marks them, and they stand at its lower end;
// errors above its upper end stand there.
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
    value.number("shown", std::clamp(median, least, highest)).flag("exact", median == 0);
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
  std::set<int> sizes;
  std::map<std::string, std::vector<std::string>> order;  // of the values of a field
  const auto note = [&order](const char* name, const std::string& value) {
    std::vector<std::string>& values = order[name];
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  };
  for (const ResultGroup& group : groups.groups()) {
    const double median = group.median(frobenius);
    if (!std::isfinite(median)) continue;
    sizes.insert(group.n);
    note("family", input_title(groups.inputs()[group.input]));
    note("method", groups.settings()[group.setting].method);
    note("arithmetic", groups.settings()[group.setting].arithmetic);
    if (median > lowest && median < highest) least = std::min(least, median);
  }
  if (sizes.empty()) {
    throw InputError(fmt::format("{}: found no finite 'frobenius'; allowed: a result with one",
                                 results == "-" ? "standard input" : results));
  }
  if (!std::isfinite(least)) least = 1e-16;  // all exact
  Json x = field("n", "quantitative", "chunk size n"),
       y = field("shown", "quantitative", "relative error, median");
  x["scale"] = Json{{"type", "log"}, {"base", 2}, {"nice", false}, {"padding", 12}};
  x["axis"] = Json{{"values", sizes}, {"format", "d"}};
  y["scale"] = Json{{"type", "log"}};
  y["axis"] = Json{{"format", ".0e"}};
  Json tooltip = Json::array();
  for (const char* name : {"family", "method", "arithmetic", "n", "frobenius_median", "frobenius_max",
                           "exact", "trials", "nonfinite_trials"}) {
    tooltip.push_back(Json{{"field", name}});
  }
  // In the order of the result, not of the alphabet (of which `"sort": null` makes facets); colours and shapes repeat at
  // different lengths.
  const auto in_order = [&](const char* name) {
    Json channel = field(name, "nominal", name);
    channel["sort"] = order[name];
    return channel;
  };
  Json colour = in_order("method"), shape = colour;
  colour["scale"] = Json{{"scheme", "tableau10"}};
  // The same legend for both, so that Vega-Lite draws one with colours and shapes; 0: of any number of methods.
  colour["legend"] = shape["legend"] = Json{{"labelLimit", 320}, {"symbolLimit", 0}};
  shape["scale"] = Json{
      {"range", {"circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right"}}};
  const Json encoding{{"x", x}, {"y", y}, {"color", colour}, {"shape", shape}, {"tooltip", tooltip}};
  const Json spec{{"width", 200},
                  {"height", 150},
                  {"mark", Json{{"type", "line"}, {"point", true}}},
                  {"encoding", encoding}};
  const Json facet{{"row", in_order("family")}, {"column", in_order("arithmetic")}};
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
