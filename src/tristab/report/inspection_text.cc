#include "tristab/report/inspection_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tristab/report/table.h"

namespace tristab {
namespace {

std::string bits(double value) {
  return std::isfinite(value) ? fmt::format("{:.1f}", value == 0 ? 0.0 : value) : std::string("-");
}

std::string size_text(double x) {
  if (std::isinf(x)) return "inf";
  return x == 0 ? "0" : fmt::format("{:.1e}", x);
}

std::string flops_text(double flops) {
  return flops < 1e4   ? fmt::format("{:.0f}", flops)
         : flops < 1e6 ? fmt::format("{:.0f}k", flops / 1e3)
                       : fmt::format("{:.1f}M", flops / 1e6);
}

// How much of what is allowed: "54% of what 4x-bf16 allows", "3.2 times what 4x-bf16 allows".
std::string taken(const Inspection& inspection) {
  const Measured& share = inspection.record().requirement_share;
  const std::string& requirement = inspection.matrix.input.scenario->requirement.text();
  if (share.undefined == Undefined::exact_zero)
    return fmt::format(" {} allows no error: the exact inverse is a number of that format.", requirement);
  if (!std::isfinite(share.value)) return "";
  return share.value < 10 ? fmt::format(" It takes {:.0f}% of what {} allows.", 100 * share.value, requirement)
                          : fmt::format(" It takes {:.3g} times what {} allows.", share.value, requirement);
}

std::string heading(const char* text, const Page& page) { return "\n" + styled(text, Style::heading, page) + "\n"; }

std::string note_of_rest(std::size_t shown, std::size_t all, const char* what) {
  return shown < all ? fmt::format("{} of {} {}; --rows 0 shows all\n", shown, all, what) : std::string();
}

std::string condition_text(const Inspection& inspection) {
  const ConditionReport& c = *inspection.matrix.condition;
  std::string powers;
  for (std::size_t k = 0; k < c.power_max.size(); ++k)
    powers += fmt::format("{}A^{} {}", k == 0 ? "" : ", ", 1 << k, size_text(c.power_max[k]));
  const int n = inspection.matrix.input.n;
  return fmt::format(
      "{} x {}; kappa_2(I + A) {:.3g}, cond (Bauer-Skeel) {:.3g}, ||A||_inf {:.3g}, max |A| "
      "{:.3g}, max |X| {:.3g}. Largest entries of the powers: {}.",
      n, n, c.cond_2, c.cond_skeel, c.norm_inf, c.max_abs, c.inverse_max_abs, powers);
}

std::string parts_text(const Inspection& inspection) {
  const Record& record = inspection.record();
  const auto part = [](const Measured& measured) {
    return std::isfinite(measured.value) ? size_text(measured.value) : std::string(text_of(measured.undefined));
  };
  std::string text = fmt::format("Total error {}: formation {}, truncation {}, rounding {}, output {}.",
                                 size_text(inspection.shares.total), part(record.parts.formation),
                                 part(record.parts.truncation), part(record.parts.rounding), part(record.parts.output));
  text += taken(inspection);
  return text;
}

std::string steps_text(const Inspection& inspection, std::size_t rows, const Page& page) {
  Table table({{.header = "step", .layout = wrapped_cell, .widest = 20},
               {.header = "computes", .layout = wrapped_cell, .widest = 18},
               {"largest", true},
               {"discarded", true},
               {"bits to\noverflow", true},
               {"bits\ncancelled", true},
               {"error", true},
               {"flops\nso far", true}});
  // Long methods are shown by their first, last and most remarkable steps.
  std::vector<bool> shown(inspection.steps.size(), inspection.steps.size() <= rows);
  if (inspection.steps.size() > rows) {
    std::vector<std::size_t> order(inspection.steps.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
    const auto weight = [&](std::size_t k) {
      const StepReport& step = inspection.steps[k];
      if (k == 0 || k + 1 == inspection.steps.size()) return HUGE_VAL;
      return (step.event.empty() ? 0 : 1e6) + (std::isfinite(step.error) ? step.error : 1e9);
    };
    std::ranges::stable_sort(order, [&](std::size_t x, std::size_t y) { return weight(x) > weight(y); });
    for (std::size_t k = 0; k < rows; ++k) shown[order[k]] = true;
  }
  bool any_dead = false;
  for (const StepReport& step : inspection.steps) any_dead = any_dead || step.discarded > 0;
  for (std::size_t k = 0; k < inspection.steps.size(); ++k) {
    if (!shown[k]) continue;
    const StepReport& step = inspection.steps[k];
    std::string name = fmt::format("{} {}", step.stage, step.step);
    if (!step.event.empty()) name += fmt::format("\n! {}", step.event);
    table.add_row({TableCell(name, step.event.starts_with("near") || step.event.empty() ? Style::plain : Style::fail),
                   step.what.empty() ? fmt::format("{}{} x {}", step.batch > 1 ? fmt::format("{} of ", step.batch) : "",
                                                   step.rows, step.columns)
                                     : step.what,
                   size_text(step.largest), any_dead ? size_text(step.discarded) : "-", bits(step.overflow_bits),
                   bits(step.cancellation_bits), size_text(step.error), flops_text(step.flops)});
  }
  return table.str(page) + note_of_rest(std::min(rows, inspection.steps.size()), inspection.steps.size(), "steps");
}

std::string shares_text(const Inspection& inspection, std::size_t rows, const Page& page) {
  const SiteShares& shares = inspection.shares;
  std::string text;
  if (!shares.resolved)
    return paragraph(
        "No parts and no sets: intermediates are so large that double-doubles do not give X without any "
        "rounding.",
        0, page);
  const auto table_of = [&](const std::vector<SiteShare>& level, const char* what) {
    Table table({{.header = what, .layout = wrapped_cell, .widest = 40},
                 {"its part of\nthe error", true},
                 {"explains,\n1st order", true},
                 {"error if it\nalone rounds", true},
                 {"error if it\nalone is exact", true}});
    std::size_t count = 0;
    for (const SiteShare& share : level) {
      if (count++ == rows) break;
      const double part = share.explained / shares.total;
      table.add_row({share.text(), size_text(share.share),
                     std::isfinite(part) && std::isfinite(share.share)
                         ? fmt::format("{:.0f}%", std::max(100 * part, -999.0))
                         : std::string("-"),
                     size_text(share.alone), size_text(share.without)});
    }
    text += table.str(page) + note_of_rest(std::min(rows, level.size()), level.size(), "rows");
  };
  table_of(shares.kinds, "stage and kind");
  if (shares.sites.size() > shares.kinds.size()) {
    text += "\n";
    table_of(shares.sites, "stage, step, kind");
  }
  if (std::isfinite(shares.remainder)) {
    text += paragraph(
        shares.first_order()
            ? fmt::format("Parts are norms of what each rounding of this case makes, in first order; they add up like "
                          "vectors, and some cancel others (below 0%). All single sites together leave {} of {} "
                          "unexplained.",
                          size_text(shares.remainder), size_text(shares.total))
            : fmt::format(
                  "First order does not hold here: all single sites together leave {} of {} unexplained. Rows are "
                  "sorted by the error if they alone round.",
                  size_text(shares.remainder), size_text(shares.total)),
        0, page);
  }
  return text;
}

std::vector<std::string> sets_text(const Inspection& inspection) {
  const SiteSearch& search = inspection.search;
  const std::string& requirement = inspection.matrix.input.scenario->requirement.text();
  if (!inspection.shares.resolved) return {};
  if (!search.misses) return {fmt::format("The case meets {}: every site may stay rounded.", requirement)};
  if (search.by_formula)
    return {fmt::format("Without any rounding the case still misses {}: no site has to be raised.", requirement)};
  return {fmt::format("Enough to miss {} (a minimal set that alone does, ddmin): {}.", requirement,
                      site_set_text(inspection, search.enough)),
          fmt::format("To be made exact so that it is met (minimal; all others may stay rounded, ddmax): {}.",
                      site_set_text(inspection, search.raise))};
}

std::string against_text(const Inspection& inspection) {
  const Against& against = *inspection.against;
  std::string text;
  if (const StepComparison* first = against.first_that_parts(); first != nullptr) {
    const std::string place = first->block > 0
                                  ? fmt::format("({}, {}) of block {}", first->row, first->column, first->block)
                                  : fmt::format("({}, {})", first->row, first->column);
    text = fmt::format(
        "The first step that parts is {} {}: {} of {} elements differ, by up to {:.3g} ulp of {} at {}: "
        "{:.9g} for {:.9g}.",
        first->stage, first->step, first->differing, first->elements, first->ulps, first->format, place, first->found,
        first->expected);
  } else {
    text = against.steps.size() == 1
               ? std::string("The step equals the emulation in every bit.")
               : fmt::format("All {} steps equal the emulation in every bit.", against.steps.size());
  }
  if (against.without_tensor > 0) text += fmt::format(" {} steps have no tensor.", against.without_tensor);
  if (!against.unknown.empty())
    text += fmt::format(" Tensors that name no step: {}.", fmt::join(against.unknown, ", "));
  return without_controls(text);
}

}  // namespace

std::string site_set_text(const Inspection& inspection, const SiteSet& sites) {
  const std::vector<Site>& all = inspection.experiment->sites();
  std::vector<std::string> stages;
  for (const Site& site : all) {
    if (std::ranges::find(stages, site.stage) == stages.end()) stages.push_back(site.stage);
  }
  std::vector<std::string> texts;
  for (const std::string& stage : stages) {
    std::map<std::string, std::pair<std::vector<int>, int>> kinds;  // the steps that are in, and how many there are
    bool whole = true, any = false;
    for (std::size_t s = 0; s < all.size(); ++s) {
      if (all[s].stage != stage) continue;
      auto& kind = kinds[name_of(all[s].kind)];
      ++kind.second;
      if (sites[s]) kind.first.push_back(all[s].step);
      whole = whole && sites[s];
      any = any || sites[s];
    }
    if (!any) continue;
    if (whole && kinds.size() > 1) {
      texts.push_back(fmt::format("all of `{}`", stage));
      continue;
    }
    for (const auto& [kind, steps] : kinds) {
      if (steps.first.empty()) continue;
      std::string text = fmt::format("`{}` {}", stage, kind);
      if (static_cast<int>(steps.first.size()) < steps.second)
        text += fmt::format(" of step{} {}", steps.first.size() == 1 ? "" : "s", fmt::join(steps.first, ", "));
      texts.push_back(text);
    }
  }
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::vector<InspectionSection> inspection_sections(const Inspection& inspection) {
  std::vector<InspectionSection> sections{{"", {condition_text(inspection), parts_text(inspection)}}};
  sections.push_back({"Diagnosis", {inspection.diagnosis.why}});
  if (!inspection.diagnosis.change.empty()) sections.back().sentences.push_back(inspection.diagnosis.change);
  for (std::string& sentence : sets_text(inspection)) sections.back().sentences.push_back(std::move(sentence));
  if (inspection.against) sections.push_back({"The kernel's own steps", {against_text(inspection)}});
  return sections;
}

std::string inspection_text(const Inspection& inspection, int rows, const Page& page) {
  const std::size_t most = rows == 0 ? SIZE_MAX : static_cast<std::size_t>(rows);
  std::string text = styled(inspection.record().id, Style::heading, page) + "\n";
  for (const InspectionSection& section : inspection_sections(inspection)) {
    if (!section.heading.empty()) text += heading(section.heading.c_str(), page);
    for (const std::string& sentence : section.sentences) text += paragraph(sentence, 0, page);
  }
  text += heading("Rounding sites", page) + shares_text(inspection, most, page);
  text += heading("Steps", page) + steps_text(inspection, most, page);
  return text;
}

}  // namespace tristab
