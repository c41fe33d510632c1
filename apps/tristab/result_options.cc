#include "result_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/config_text.h"

namespace tristab {
namespace {

using Texts = std::vector<std::string>;

// The texts that `texts` gives for the things that `chosen` selects, each once.
template <class Things, class Chosen, class TextsOf>
Texts names_in(const Things& things, Chosen chosen, TextsOf texts) {
  Texts names;
  std::set<std::string> known;
  for (const auto& thing : things) {
    if (!chosen(thing)) continue;
    for (const std::string& each : texts(thing)) {
      if (known.insert(each).second) names.push_back(each);
    }
  }
  return names;
}

// The names that an option lists; the file must have each of them. `labels` gives the labels of the settings that a
// name with parameters stands for ("mxr:block=16" is the default, so its label is "mxr").
template <class Labels>
std::vector<std::string> selection_of(const std::string& option, const std::string& text,
                                      const std::vector<std::string>& available, Labels labels) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  if (available.empty()) refuse(option, fmt::format("'{}'", text), "nothing, because the file has none");
  for (const std::string& given : split_list(text, option)) {
    if (std::find(available.begin(), available.end(), given) != available.end()) {
      names.push_back(given);
      continue;
    }
    const bool whole = given.find(':') != std::string::npos;  // with parameters, so it is one setting
    std::vector<std::string> spelt;
    try {
      spelt = labels(given);
    } catch (const UsageError&) {
      if (whole) throw;
      throw_unknown_name(option, "setting in the file", given, available);
    }
    for (const std::string& label : spelt) {
      if (std::find(available.begin(), available.end(), label) == available.end()) {
        throw_unknown_name(option, "setting in the file", label, available);
      }
      names.push_back(whole && label.find(':') == std::string::npos ? fmt::format("{}:", label) : label);
    }
  }
  return names;
}

template <class Specs>
Texts labels_of(const Specs& specs) {
  Texts labels;
  for (const auto& spec : specs) labels.push_back(spec.label);
  return labels;
}

}  // namespace

CaseSelection selection_in(const Command& command, const std::deque<CaseInput>& inputs,
                           const std::vector<CaseSetting>& settings, const ConfigOptions& options) {
  const auto any = [](const auto&) { return true; };
  const auto of_method = [](const CaseSetting& s) { return s.kernel.empty(); };
  const auto of_kernel = [](const CaseSetting& s) { return !s.kernel.empty(); };
  CaseSelection selection;
  selection.families = selection_of(command.typed("--family"), options.families,
                                    names_in(inputs, any,
                                             [](const CaseInput& i) {
                                               return Texts{i.family, i.label, i.name};
                                             }),
                                    [](const std::string& text) { return labels_of(expand_family(text, "--family")); });
  selection.methods = selection_of(command.typed("--methods"), options.methods,
                                   names_in(settings, of_method,
                                            [](const CaseSetting& s) {
                                              return Texts{s.method, s.method_label};
                                            }),
                                   [](const std::string& text) { return labels_of(expand_method(text, "--methods")); });
  selection.arithmetics =
      selection_of(command.typed("--arithmetics"), options.arithmetics,
                   names_in(settings, of_method,
                            [](const CaseSetting& s) {
                              return Texts{s.arithmetic, s.arithmetic_label};
                            }),
                   [](const std::string& text) { return labels_of(expand_arithmetic(text, "--arithmetics")); });
  selection.kernels =
      selection_of(command.typed("--kernels"), options.kernels,
                   names_in(settings, of_kernel,
                            [](const CaseSetting& s) {
                              return Texts{s.kernel_name(), s.kernel};
                            }),
                   [](const std::string& text) { return labels_of(expand_recipe(text, "--kernels", "")); });
  if (!options.chunks.empty()) {
    const std::string option = command.typed("--chunk");
    for (const std::int64_t n :
         expand_axis(Json(split_list(options.chunks, option)), smallest_chunk, largest_chunk, option))
      selection.chunks.push_back(static_cast<int>(n));
  }
  return selection;
}

std::vector<const Field*> metrics_named(const std::string& text, const std::string& option) {
  std::vector<const Field*> metrics;
  std::vector<std::string> known;
  for (const Field* field : distributed_fields()) known.push_back(field->name());
  for (const std::string& name : split_list(text, option)) {
    if (std::ranges::find(known, name) == known.end()) throw_unknown_name(option, "metric of a table", name, known);
    if (std::ranges::find(metrics, name, &Field::name) != metrics.end())
      refuse(option, fmt::format("{} twice", name), "each metric once");
    metrics.push_back(find_field(name));
  }
  return metrics;
}

}  // namespace tristab
