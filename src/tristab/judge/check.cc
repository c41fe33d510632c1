#include "tristab/judge/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/percent.h"

#include "tristab/judge/checking.h"

namespace tristab {
namespace {

constexpr const char* kVerdicts[] = {"equal", "rounding", "structural"};

std::string number_text(double x) { return std::isnan(x) ? "not finite" : fmt::format("{:.2g}", x); }

}  // namespace

void Checking::run() {
  compare_second_run();
  choose_recipe();
  compare_bits();
  const auto equal = [&] {
    return std::ranges::all_of(report_.parts, [](const PartCheck& each) { return each.bits.equal(); });
  };
  if (!report_.declared || !equal()) search();
  if (!equal()) test_spread();
  for (const PartCheck& each : report_.parts) report_.verdict = std::max(report_.verdict, each.verdict);
  measure_inverses();
  measure_layer();
  measure_reference();
  ask_gates();
  conclude();
}

void Checking::conclude() {
  using Outcome = CheckItem::Outcome;
  const auto add = [&](OutputPart part, std::string what, std::string text, Outcome outcome) {
    report_.items.push_back({name_of(part), std::move(what), std::move(text), outcome});
  };
  const auto outcome = [](bool passes) { return passes ? Outcome::passed : Outcome::failed; };
  for (const SecondRun& run : report_.second_run) {
    add(run.part, "same bits in a second run",
        text_of(run.differences) + (run.patterns.empty() ? "" : ": " + text_of(run.patterns)) +
            (run.differences.pieces < of(run.part).pieces
                 ? fmt::format("; {} of {} matrices are in both", run.differences.pieces, of(run.part).pieces)
                 : std::string()),
        outcome(run.differences.equal()));
  }
  for (const PartCheck& each : report_.parts) {
    add(each.part, fmt::format("bits of {}", report_.against.label), text_of(each.bits),
        each.bits.equal()                    ? Outcome::passed
        : request_.exact && report_.declared ? Outcome::failed
                                             : Outcome::told);
  }
  if (report_.search) add(report_.search_of, "other recipes with these bits", text_of(*report_.search), Outcome::told);
  for (const PartCheck& each : report_.parts) {
    if (each.verdict == CheckVerdict::equal) continue;
    add(each.part, "rounding or bug", rounding_or_bug(each), outcome(each.verdict != CheckVerdict::structural));
  }
  for (const GateFinding& each : report_.gates) {
    if (each.required) add(each.part, each.gate.label, each.result.text, outcome(each.result.passes));
  }
  if (!report_.records.empty() && request_.requirement.is_about_matrices()) {
    const Record& worst = report_.records[report_.worst];
    add(OutputPart::inverse, request_.requirement.text(),
        report_.unfit == 0 ? fmt::format("{} of {} matrices meet it; worst error {}", report_.records.size(),
                                         report_.records.size(), number_text(worst.total_frobenius.value))
                           : fmt::format("{} of {} matrices do not meet it; the worst is {}", report_.unfit,
                                         report_.records.size(), report_.record_places[report_.worst]),
        outcome(report_.unfit == 0));
  }
}

std::string Checking::rounding_or_bug(const PartCheck& each) const {
  const std::string label = report_.unlike_all ? "all recipes that are right here" : report_.against.label;
  std::string lost = each.lost_pieces > 0 ? fmt::format("; in {} of {} matrices they are not finite themselves",
                                                        each.lost_pieces, each.pieces)
                                          : std::string();
  switch (each.verdict) {
    case CheckVerdict::equal:
      break;
    case CheckVerdict::rounding: {
      const FoundVariant* same =
          report_.search && report_.search_of == each.part ? report_.search->benign_equal() : nullptr;
      return fmt::format(
          "rounding: {}it takes {} of what the roundings of {} can do on these inputs{}",
          same ? fmt::format("these are the bits of {}, the same kernel on another unit or in another order; ",
                             same->recipe.label)
               : std::string(),
          percent(each.spread_ratio), label, lost);
    }
    case CheckVerdict::structural:
      return fmt::format(
          "structural: {}. Beyond the roundings of {}{}, at {}{}", text_of(each.patterns), label,
          std::isfinite(each.spread_ratio) ? fmt::format(" ({} times)", number_text(each.spread_ratio)) : std::string(),
          each.spread_place, lost);
  }
  return "";
}

std::string text_of(const std::vector<Pattern>& patterns) {
  std::vector<std::string> texts;
  for (const Pattern& pattern : patterns)
    texts.push_back(pattern.where.empty() ? pattern.what : fmt::format("{} {}", pattern.what, pattern.where));
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::string text_of(const VariantSearch& search) {
  if (search.found.empty()) return fmt::format("none of {} variants takes this input", search.tried);
  const FoundVariant& nearest = search.found.front();
  if (!search.equal() && !search.blocks.empty())
    return fmt::format("none of {} variants in all blocks, but each block has the bits of one", search.tried);
  if (!search.equal())
    return fmt::format("none of {} variants; nearest: {}, {} elements differ", search.tried, nearest.recipe.label,
                       nearest.differing);
  std::string text = nearest.recipe.label;
  const std::size_t others = search.found.size() - 1;
  if (others > 0) {
    text += "; also ";
    for (std::size_t k = 1; k <= std::min<std::size_t>(others, 3); ++k)
      text += fmt::format("{}{}", k > 1 ? "; " : "", search.found[k].recipe.label);
    if (others > 3) text += fmt::format("; and {} more", others - 3);
  }
  return fmt::format("{} ({} variants tried)", text, search.tried);
}

const char* name_of(CheckItem::Outcome outcome) {
  return outcome == CheckItem::Outcome::passed ? "passed" : outcome == CheckItem::Outcome::failed ? "failed" : "told";
}

bool CheckReport::passed() const {
  return std::ranges::none_of(items, [](const CheckItem& item) { return item.outcome == CheckItem::Outcome::failed; });
}

const char* name_of(CheckVerdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

std::unique_ptr<CheckReport> check(const CheckRequest& request, const std::atomic<bool>& stop) {
  auto report = std::make_unique<CheckReport>();
  report->request = request;
  Checking(report->request, *report, stop).run();
  return report;
}

}  // namespace tristab
