#include "tristab/report/export_gnuplot.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <set>

#include "tristab/base/embedded_file.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/json_text.h"
#include "tristab/base/output_file.h"
#include "tristab/report/case_groups.h"
#include "tristab/report/replaced.h"
#include "tristab/sweep/quantity.h"

namespace tristab {

std::span<const EmbeddedFile> gnuplot_scripts();

namespace {

const std::string& asset(std::string_view name) {
  static std::map<std::string, std::string, std::less<>> texts;
  if (texts.empty()) {
    for (const EmbeddedFile& file : gnuplot_scripts()) texts.emplace(file.name, file.text);
  }
  return texts.find(name)->second;
}

// Numbers for labels: gnuplot compares numbers faster than texts, and they need no quotes.
class Numbering {
 public:
  std::size_t of(const std::string& label) {
    const auto [known, fresh] = numbers_.try_emplace(label, labels.size() + 1);
    if (fresh) labels.push_back(label);
    return known->second;
  }
  std::vector<std::string> labels;

 private:
  std::map<std::string, std::size_t> numbers_;
};

// A text in single quotes for a script. In double quotes gnuplot would run what stands between backquotes as a command
// of the shell.
std::string gnuplot_text(const std::string& text) { return "'" + replaced(text, {{"'", "''"}, {"\n", " "}}) + "'"; }

std::string array_text(const char* name, const std::vector<std::string>& labels) {
  std::string text = fmt::format("array {}[{}] = [", name, labels.size());
  for (const std::string& label : labels)
    text += fmt::format("{}{}", text.back() == '[' ? "" : ", ", gnuplot_text(label));
  return fmt::format("{}]\n", text);
}

std::string list_text(const char* name, const std::string& numbers) {
  return fmt::format("if (!exists(\"{0}\")) {0} = \"{1}\"\n", name, numbers);
}

std::vector<std::size_t> numbers_to(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{1});
  return numbers;
}

// A figure of thousands of panels would take gnuplot hours, and no one could read it.
constexpr std::size_t most_panels = 120;

// The families that have a panel at first: all, or some of them, evenly chosen.
std::string families_text(std::size_t count) {
  const std::size_t step = (count + most_panels - 1) / most_panels;
  std::vector<std::size_t> shown;
  for (std::size_t k = 1; k <= count; k += step) shown.push_back(k);
  const std::string note = step > 1 ? fmt::format("# {} of {} inputs, evenly chosen:\n", shown.size(), count) : "";
  return note + list_text("families", fmt::format("{}", fmt::join(shown, " ")));
}

std::string number_text(double value) { return std::isfinite(value) ? json_number(value) : "NaN"; }

// The blocks of rows in one file, each of one panel and method. gnuplot selects a block by its index.
struct Blocks {
  std::map<std::pair<std::size_t, std::size_t>, std::string> rows;  // by panel and method

  // `panel` names one.
  template <class Panel>
  std::string text(const std::string& header, Panel panel, const std::vector<std::string>& methods) const {
    std::string all = header;
    for (const auto& [key, lines] : rows)
      all += fmt::format("{}# {}; {}\n{}", all.size() == header.size() ? "" : "\n\n", panel(key.first),
                         methods[key.second - 1], lines);
    return all;
  }

  // For each panel the indices of its blocks, and their methods.
  std::string script(const char* blocks_name, const char* methods_name, std::size_t panels) const {
    std::vector<std::string> indices(panels), owners(panels);
    std::size_t index = 0;
    for (const auto& [key, lines] : rows) {
      indices[key.first] += fmt::format("{}{}", indices[key.first].empty() ? "" : " ", index++);
      owners[key.first] += fmt::format("{}{}", owners[key.first].empty() ? "" : " ", key.second);
    }
    return array_text(blocks_name, indices) + array_text(methods_name, owners);
  }
};

// The parts of the errors: a row for each setting, with the worst median over its inputs for each part and the whole.
class PartRows {
 public:
  explicit PartRows(std::size_t columns) : columns_(columns) {}

  void add(const std::string& label, std::size_t column, double median) {
    const auto [found, fresh] = rows_.try_emplace(label, std::vector<double>(columns_, -1));
    if (fresh) labels_.push_back(label);
    if (!std::isnan(median)) found->second[column] = std::max(found->second[column], median);
  }
  const std::vector<std::string>& labels() const { return labels_; }
  std::string text() const {
    std::string all =
        "# row, worst median of each part of the error, and of the whole (NaN: none; 1e300: not finite; names: "
        "plot.gp)\n";
    for (std::size_t k = 0; k < labels_.size(); ++k) {
      all += fmt::format("{}", k + 1);
      for (const double value : rows_.at(labels_[k]))
        all += " " + (value < 0 ? "NaN" : std::isinf(value) ? "1e300" : number_text(value));
      all += "\n";
    }
    return all;
  }

 private:
  std::size_t columns_;
  std::vector<std::string> labels_;
  std::map<std::string, std::vector<double>> rows_;
};

// All of them, or, if one may not be replaced or the disk is full, none: an old script does not fit new data.
void write_files(const std::vector<std::string>& paths, const std::vector<std::string>& texts) {
  std::vector<std::unique_ptr<OutputFile>> files;
  for (std::size_t k = 0; k < texts.size(); ++k) {
    // The first line of each file is always the same.
    const std::string first_line = texts[k].substr(0, texts[k].find('\n') + 1);
    files.push_back(std::make_unique<OutputFile>(paths[k], replaces_files_with(first_line)));
  }
  for (std::size_t k = 0; k < texts.size(); ++k) {
    files[k]->write(texts[k]);
    files[k]->prepare();
  }
  for (const auto& file : files) file->commit();
}

// The methods, numbered from 1, by the median of their medians: as the page orders the rows of its dot plot.
std::string ordered_by_error(std::map<std::size_t, std::vector<double>> medians, std::size_t methods) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t method = 1; method <= methods; ++method) {
    std::vector<double>& values = medians[method];
    std::ranges::sort(values);
    order.emplace_back(values.empty() ? HUGE_VAL : values[(values.size() - 1) / 2], method);
  }
  std::ranges::sort(order);
  std::string text;
  for (const auto& [error, method] : order) text += fmt::format("{}{}", text.empty() ? "" : " ", method);
  return text;
}

}  // namespace

ResultHead export_gnuplot(const std::string& results, const std::string& directory) {
  std::vector<const Field*> fields{find_field(ranked_field), find_field("frobenius")};
  const std::size_t first_part = fields.size();
  for (const Field& field : record_fields()) {
    if (field.name().starts_with("error_") && !field.info.words.empty()) fields.push_back(&field);
  }
  CaseGroups groups(fields);
  const auto cond_2 = static_cast<std::size_t>(
      std::ranges::find(matrix_facts(), std::string_view("cond_2"), &MatrixFact::name) - matrix_facts().begin());
  ResultHead head = visit_result(results, {"matrices", "records"},
                                 [&](const std::string& section, const Json& object, const std::string& place) {
                                   groups.add(section, object, place);
                                 });
  const std::size_t drawn = groups.has(0) || !groups.has(1) ? 0 : 1;  // old files have no total error
  const NumberInfo& info = groups.fields()[drawn]->info;
  Numbering families, arithmetics, methods;
  std::set<int> sizes;
  std::set<std::size_t> recipes;  // what kernels have for an arithmetic
  for (const CaseGroup& group : groups.groups()) {
    const CaseSetting& setting = groups.setting_of(group);
    families.of(groups.input_of(group).title());
    const std::size_t arithmetic = arithmetics.of(setting.arithmetic_label);
    if (!setting.kernel.empty()) recipes.insert(arithmetic);
    methods.of(setting.shown);
    sizes.insert(group.n);
  }
  // Over sizes there is a panel for each arithmetic; kernels stand in all of them, beside the methods.
  const bool beside = sizes.size() > 1 && recipes.size() < arithmetics.labels.size();
  std::vector<std::size_t> paneled;
  for (std::size_t k = 1; k <= arithmetics.labels.size(); ++k) {
    if (!beside || !recipes.contains(k)) paneled.push_back(k);
  }
  const std::vector<double> conditions = groups.matrix_fact(cond_2);
  Blocks errors, cases;
  PartRows parts(fields.size() - first_part + 1);
  std::map<std::size_t, std::vector<double>> medians;
  std::string without_number;
  double least = HUGE_VAL, most = 0, most_condition = 1;
  // Beyond these bounds the size of an error has no meaning, and the axis would flatten all others.
  constexpr double lowest = 1e-20, cap = 100;
  for (const CaseGroup& group : groups.groups()) {
    const CaseSetting& setting = groups.setting_of(group);
    const std::size_t family = families.of(groups.input_of(group).title());
    const std::size_t arithmetic = arithmetics.of(setting.arithmetic_label), method = methods.of(setting.shown);
    const Distribution over_trials = groups.distribution(group, drawn);
    const TrialStatistics& trials = group.statistics;
    std::vector<std::size_t> drawn_in{arithmetic};
    if (beside && !setting.kernel.empty()) drawn_in = paneled;
    if (std::isnan(over_trials.median)) {
      without_number += fmt::format("# {}: {} on {}, n = {}\n", trials.failed > 0 ? "no answer" : "only trivial inputs",
                                    setting.label(), groups.input_of(group).title(), group.n);
    } else {
      medians[method].push_back(over_trials.median);
      const std::string row = fmt::format("{} {} {} {} {} {:d} {}\n", group.n, number_text(over_trials.median),
                                          number_text(over_trials.worst), trials.judged(), trials.nonfinite,
                                          std::isinf(over_trials.median), trials.unusable());
      for (const std::size_t panel : drawn_in)
        errors.rows[{(family - 1) * arithmetics.labels.size() + panel - 1, method}] += row;
    }
    for (std::size_t k = first_part; k < fields.size(); ++k) {
      if (groups.has(k)) parts.add(setting.label(), k - first_part, groups.distribution(group, k).median);
    }
    parts.add(setting.label(), fields.size() - first_part, over_trials.median);
    const std::vector<double> errors_of_trials = groups.values(group, drawn);
    const std::vector<std::size_t> matrices = groups.matrices_of(group);
    for (std::size_t k = 0; k < matrices.size(); ++k) {
      const double error = errors_of_trials[k];
      const double condition = conditions[matrices[k]];
      if (!std::isfinite(error)) continue;
      if (error > lowest) {
        least = std::min(least, error);
        most = std::max(most, std::min(error, cap));
      }
      if (!std::isfinite(condition)) continue;
      most_condition = std::max(most_condition, condition);
      const std::string row = fmt::format("{} {} {} {}\n", number_text(condition), number_text(error), group.n, family);
      for (const std::size_t panel : drawn_in) cases.rows[{panel - 1, method}] += row;
    }
  }
  if (!std::isfinite(least)) {
    refuse_input(results == "-" ? "standard input" : results, fmt::format("no finite '{}' above zero", info.name),
                 "a result with one");
  }
  const std::size_t of_family = arithmetics.labels.size();
  const auto panel = [&](std::size_t k) {
    return fmt::format("{}; {}", families.labels[k / of_family], arithmetics.labels[k % of_family]);
  };
  const char* figure = sizes.size() == 1 ? "error-by-method" : "error-by-size";
  std::string script = fmt::format(
      "# gnuplot plot.gp: {} and error-by-condition as .svg and .pdf\n"
      "# gnuplot -e \"terminal='dumb'\" plot.gp: the first panel in the terminal (-e \"terminal='dumb'; plain=1\": "
      "without colour)\n"
      "# These lists of numbers choose and order panels and methods (-e \"families='2 1'\"); the names are below.\n",
      figure);
  script += families_text(families.labels.size());
  script += list_text("arithmetics", fmt::format("{}", fmt::join(paneled, " ")));
  script +=
      list_text("methods", sizes.size() == 1 ? ordered_by_error(std::move(medians), methods.labels.size())
                                             : fmt::format("{}", fmt::join(numbers_to(methods.labels.size()), " ")));
  script += array_text("family", families.labels);
  script += array_text("arithmetic", arithmetics.labels);
  script += array_text("method", methods.labels);
  script += errors.script("error_blocks", "error_methods", families.labels.size() * of_family);
  script += cases.script("case_blocks", "case_methods", arithmetics.labels.size());
  const double lower = std::pow(10, std::floor(std::log10(least)));
  const double upper = std::pow(10, std::ceil(std::log10(std::max(most, 2 * least))));
  script += fmt::format(
      "quantity = {}\nfield = {}\nleast = {}\nmost = {}\nsmallest = {}.\nlargest = {}.\nmost_condition = {}\n",
      gnuplot_text(std::string(info.words)), gnuplot_text(info.name), lower, upper, sizes.empty() ? 0 : *sizes.begin(),
      sizes.empty() ? 0 : *sizes.rbegin(), json_number(10 * most_condition));
  script += "\n" + asset("common.gp") + "\n" + asset(fmt::format("{}.gp", figure));
  if (!cases.rows.empty()) script += "\n" + asset("error-by-condition.gp");
  const bool decomposed = groups.has(fields.size() - 1);  // the last one: output
  if (decomposed) {
    std::vector<std::string> names;
    for (std::size_t k = first_part; k < fields.size(); ++k) names.emplace_back(fields[k]->info.words);
    names.emplace_back(info.words);
    script += "\n" + array_text("part", names) + array_text("part_row", parts.labels()) + asset("error-parts.gp");
  }
  const std::string header = fmt::format(
      "# chunk size, {}: median and worst over the trials whose input is not trivial (NaN: not finite), these trials, "
      "those that are not finite, 1 if the median is not finite, those that are not fit\n",
      info.name);
  std::vector<std::string> texts{errors.text(header + without_number, panel, methods.labels)};
  texts.push_back(cases.text(
      fmt::format("# cond_2, {}, chunk size, number of the family in plot.gp\n", info.name),
      [&](std::size_t k) { return arithmetics.labels[k]; }, methods.labels));
  texts.push_back(std::move(script));
  if (decomposed) texts.push_back(parts.text());
  write_files(gnuplot_files(directory), texts);
  return head;
}

std::vector<std::string> gnuplot_files(const std::string& directory) {
  const std::filesystem::path place(directory);
  return {place / "errors.dat", place / "cases.dat", place / "plot.gp", place / "parts.dat"};
}

}  // namespace tristab
