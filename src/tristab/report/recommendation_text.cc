#include "tristab/report/recommendation_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "tristab/base/json.h"
#include "tristab/report/table.h"

namespace tristab {
namespace {

std::string time_text(double ns) { return ns < 100 ? fmt::format("{:.2g}", ns) : fmt::format("{:.0f}", ns); }

std::string share_text(double share) { return std::isinf(share) ? "not finite" : short_number(share); }

std::string margin_text(const ChosenSetting& chosen) {
  return std::isfinite(chosen.share) && chosen.share > 0 ? fmt::format("{:.1f}", chosen.margin_bits()) : "-";
}

// "all 16 inputs and 4 hunted ones"
std::string inputs_text(const Recommendation& r) {
  int given = 0, hunted = 0;
  for (std::size_t group = 0; group < r.groups.size(); ++group)
    (r.groups[group].hunted ? hunted : given) += r.inputs[group];
  std::string text = given == 1 ? "the one input" : fmt::format("all {} inputs", given);
  if (hunted > 0) text += fmt::format(" and {} hunted {}", hunted, hunted == 1 ? "one" : "ones");
  return text;
}

std::string hunts_sentence(const Recommendation& r) {
  std::int64_t evaluations = 0;
  double worst = 0;
  std::set<std::string> failed;
  for (const HuntNote& note : r.hunts) {
    if (!note.survived()) failed.insert(note.setting);
    if (!r.winner || note.setting != r.winner->candidate.label()) continue;
    evaluations += note.evaluations;
    worst = std::max(worst, note.share);
  }
  std::string text;
  if (evaluations > 0)
    text = fmt::format(
        " A hunt for its worst input within the ranges of these inputs found nothing that misses it in {} evaluations: "
        "the worst takes {} of what is allowed. That is no proof.",
        evaluations, short_number(worst));
  if (!failed.empty())
    text += fmt::format(" {} {} before it met the requirement on the given inputs and failed on a hunted one.",
                        failed.size(), failed.size() == 1 ? "setting" : "settings");
  return text;
}

std::string front_table(const Recommendation& r, bool changes, int top, const Page& page) {
  std::vector<TableColumn> columns{{.header = "ns", .right = true},
                                   {.header = "limited by", .dispensable = 1},
                                   {.header = "takes of\nrequirement", .right = true},
                                   {.header = "margin,\nbits", .right = true},
                                   {.header = "worst\nerror", .right = true},
                                   {.header = "setting", .layout = wrapped_cell, .widest = 64}};
  if (changes) columns.insert(columns.begin(), {.header = "changes", .right = true});
  Table table(std::move(columns));
  int rows = 0;
  for (const ChosenSetting& each : r.front) {
    if (top > 0 && rows++ == top) break;
    std::vector<TableCell> cells;
    if (changes) cells.push_back(std::to_string(each.candidate.edits));
    cells.insert(cells.end(), {time_text(each.candidate.time.ns),
                               name_of(each.candidate.time.limit),
                               {share_text(each.share), each.fits() ? Style::pass : Style::fail},
                               margin_text(each),
                               short_number(each.error),
                               each.candidate.label()});
    table.add_row(std::move(cells));
  }
  return table.str(page);
}

std::string cheaper_table(const Recommendation& r, int top, const Page& page) {
  Table table({{.header = "ns", .right = true},
               {.header = "setting", .layout = wrapped_cell, .widest = 34},
               {.header = "takes", .right = true},
               {.header = "given inputs\nthat it meets", .layout = wrapped_cell, .widest = 24, .dispensable = 1},
               {.header = "why it fails", .layout = wrapped_cell, .widest = 60}},
              0);
  int rows = 0;
  for (const ChosenSetting& each : r.cheaper) {
    if (top > 0 && rows++ == top) break;
    std::string fits;
    for (std::size_t group = 0; group < r.groups.size(); ++group) {
      if (each.by_group[group] <= 1 && !r.groups[group].hunted && r.inputs[group] > 0)
        fits += (fits.empty() ? "" : ", ") + r.groups[group].label;
    }
    table.add_row({time_text(each.candidate.time.ns),
                   each.candidate.label(),
                   {share_text(each.share), Style::fail},
                   fits.empty() ? "nothing" : fits,
                   fmt::format("On {}: {}", each.worst, each.why)});
  }
  return table.str(page);
}

std::string one_text(const Recommendation& r, const RecommendRequest& request, int top, const Page& page) {
  const std::string& requirement = request.scenario->requirement.text();
  std::string text = styled(fmt::format("Chunks of {} on {}", r.n, request.space.hardware->name), Style::heading, page);
  text += "\n" + paragraph(fmt::format("{} settings, {} inversions tried on {}, {} {}. {}", r.settings, r.evaluations,
                                       inputs_text(r), r.hunts.size(), r.hunts.size() == 1 ? "hunt" : "hunts",
                                       request.like ? fmt::format("Changes of {}: the fewest first, then the cheapest.",
                                                                  request.like->label)
                                                    : "Cheapest first."),
                           0, page);
  if (!r.winner) {
    text += "\n" + styled(paragraph(fmt::format("No setting meets {} on {}.", requirement, inputs_text(r)), 0, page),
                          Style::fail, page);
  } else {
    const ChosenSetting& winner = *r.winner;
    text += "\n  " + styled(winner.candidate.label(), Style::pass, page) + "\n";
    text += fmt::format("  {} ns a matrix ({}), margin {} bits\n\n", time_text(winner.candidate.time.ns),
                        name_of(winner.candidate.time.limit), margin_text(winner));
    text += paragraph(fmt::format("It meets {} on {}; the worst error is {} on {}.{}", requirement, inputs_text(r),
                                  short_number(winner.error), winner.worst, hunts_sentence(r)),
                      0, page);
  }
  for (const std::string& note : r.notes) text += paragraph(note, 0, page);
  text += "\n" + styled("Front of error against cost", Style::heading, page) + "\n" +
          front_table(r, request.like.has_value(), top, page);
  if (!r.cheaper.empty())
    text += "\n" +
            styled(request.like ? "Changes that are not enough" : "The nearest cheaper setting of each method",
                   Style::heading, page) +
            "\n" + cheaper_table(r, top, page);
  for (const CheaperOnInputs& each : r.would_do) {
    const std::string label = each.candidate.label();
    const bool hunted = std::ranges::any_of(r.hunts, [&](const HuntNote& note) { return note.setting == label; });
    text += "\n" + paragraph(fmt::format("{} ({} ns) meets it on the given inputs of {} alone; {}.", label,
                                         time_text(each.candidate.time.ns), r.groups[each.group].label,
                                         hunted ? "a hunt broke it" : "it was not hunted"),
                             0, page);
  }
  return text;
}

Json chosen_json(const ChosenSetting& chosen) {
  Json json{{"setting", chosen.candidate.label()},
            {"method", chosen.candidate.method->json("method")},
            {"ns", chosen.candidate.time.ns},
            {"time", name_of(chosen.candidate.time.limit)},
            {"edits", chosen.candidate.edits},
            {"fits", chosen.fits()},
            {"worst_input", chosen.worst},
            {"missed", chosen.missed.empty() ? Json() : Json(chosen.missed)},
            {"why", chosen.why.empty() ? Json() : Json(chosen.why)}};
  const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(); };
  json["share"] = number(chosen.share);
  json["margin_bits"] = chosen.share > 0 ? number(chosen.margin_bits()) : Json();
  json["error"] = number(chosen.error);
  for (const auto& [stage, arithmetic] : chosen.candidate.stages)
    json["arithmetic"][stage] = arithmetic->json("arithmetic");
  for (const double share : chosen.by_group) json["share_by_input"].push_back(number(share));
  return json;
}

}  // namespace

std::string recommendation_text(const std::vector<Recommendation>& recommendations, const RecommendRequest& request,
                                int top, const Page& page) {
  std::string text;
  for (const Recommendation& each : recommendations)
    text += (text.empty() ? "" : "\n") + one_text(each, request, top, page);
  return text;
}

std::string recommendation_json(const std::vector<Recommendation>& recommendations, const RecommendRequest& request) {
  Json json{{"schema", "tristab-recommendation/1"},
            {"hardware", request.space.hardware->name},
            {"requirement", request.scenario->requirement.text()},
            {"like", request.like ? Json(request.like->label) : Json()},
            {"sizes", Json::array()}};
  for (const Recommendation& r : recommendations) {
    Json size{{"n", r.n}, {"settings", r.settings}, {"duplicates", r.duplicates}, {"evaluations", r.evaluations}};
    for (std::size_t group = 0; group < r.groups.size(); ++group)
      size["inputs"].push_back({{"name", r.groups[group].label}, {"matrices", r.inputs[group]}});
    size["notes"] = r.notes;
    size["winner"] = r.winner ? chosen_json(*r.winner) : Json();
    size["front"] = size["cheaper"] = size["hunts"] = size["would_do"] = Json::array();
    for (const ChosenSetting& each : r.front) size["front"].push_back(chosen_json(each));
    for (const ChosenSetting& each : r.cheaper) size["cheaper"].push_back(chosen_json(each));
    for (const HuntNote& note : r.hunts)
      size["hunts"].push_back({{"setting", note.setting},
                               {"family", note.family},
                               {"evaluations", note.evaluations},
                               {"share", std::isfinite(note.share) ? Json(note.share) : Json()},
                               {"strategy", note.strategy},
                               {"survived", note.survived()}});
    for (const CheaperOnInputs& each : r.would_do)
      size["would_do"].push_back(
          {{"input", r.groups[each.group].label}, {"setting", each.candidate.label()}, {"ns", each.candidate.time.ns}});
    json["sizes"].push_back(std::move(size));
  }
  return json.dump(2) + "\n";
}

std::string recipe_text(const ChosenSetting& chosen, const Recommendation& recommendation,
                        const RecommendRequest& request, const std::string& name) {
  const Recipe recipe = chosen.candidate.recipe(name, recommendation.n);
  std::vector<std::string> inputs;
  for (const InputGroup& group : recommendation.groups) inputs.push_back(group.label);
  Json json{{"kernel", name},
            {"summary", chosen.candidate.label()},
            {"source", "tristab recommend"},
            {"known", "model"},
            {"chunks", recipe.chunks},
            {"method", recipe.method.json("method")},
            {"phases",
             {fmt::format("{} of {} settings on {} that meets {} on {} inputs ({}), with a margin of {:.1f} bits.",
                          request.like ? "The least change" : "The cheapest", recommendation.settings,
                          request.space.hardware->name, request.scenario->requirement.text(),
                          std::accumulate(recommendation.inputs.begin(), recommendation.inputs.end(), 0),
                          fmt::join(inputs, ", "), chosen.margin_bits())}}};
  for (const auto& [stage, arithmetic] : recipe.arithmetics) json["arithmetic"][stage] = arithmetic.json("arithmetic");
  return json.dump(2) + "\n";
}

}  // namespace tristab
