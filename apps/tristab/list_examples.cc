#include "list_examples.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/matrix/family/family.h"

namespace tristab {
namespace {

std::string compared(const std::string& what) { return fmt::format("tristab compare {} --chunk 16", what); }

}  // namespace

std::string method_example(std::string_view name) {
  return compared(fmt::format("--methods {} --arithmetics bf16",
                              name == "column-sweep" ? std::string(name) : fmt::format("{},column-sweep", name)));
}

std::string arithmetic_example(std::string_view name) {
  return compared(fmt::format("--methods mbh,column-sweep --arithmetics {}", name));
}

std::string family_example(std::string_view name) {
  if (name == "file") return "tristab generate uniform --chunk 16 -o A.npy && tristab compare --input A.npy --chunk 16";
  return compared(fmt::format("--family {} --methods mbh,mch --arithmetics bf16", name));
}

std::string rule_example(const DeltaRule& rule) {
  const auto draws = [](const DeltaRule& each) {
    return std::ranges::any_of(families(), [&](const Family& f) { return f.description.name == each.name; });
  };
  if (draws(rule)) return family_example(rule.name);
  // No family draws this rule: take a family of a rule with the same form.
  for (const DeltaRule& each : delta_rules()) {
    if (each.factors == rule.factors && draws(each)) return family_example(each.name);
  }
  return "";
}

std::string model_example(std::string_view choice, std::string_view name) {
  return family_example(fmt::format("gdn:{}={}", choice, name));
}

std::string gate_example(std::string_view name) {
  return compared(fmt::format("--methods mbh --arithmetics fp32 --require {}", name));
}

std::string formation_example(std::string_view name) {
  return fmt::format(
      "echo '{{\"formations\":[\"{}\"]}}'|tristab sweep - --families gdn --methods mbh --arithmetics bf16", name);
}

std::string metric_example(const NumberInfo& metric) {
  if (metric.aggregate != Aggregate::judged_trials &&
      metric.aggregate != Aggregate::all_trials)  // compare has no table of it; show it as a column of the records
    return "echo '{}'|tristab sweep - --families ones --methods mch --arithmetics bf16 -o ones.csv";
  return compared(fmt::format("--methods mbh,mch --metrics {}", metric.name));
}

std::string kernel_example(std::string_view name, const std::vector<int>& chunks) {
  const int n = chunks.empty() ? 16 : *std::ranges::min_element(chunks);
  return fmt::format("tristab compare --kernels {} --chunk {} --trials 2", name, n);
}

}  // namespace tristab
