#include "tristab/report/export_gnuplot.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "tristab/base/embedded_file.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/json_text.h"
#include "tristab/base/output_file.h"
#include "tristab/report/case_groups.h"
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
std::string quoted(const std::string& text) {
  std::string result(1, '\'');
  for (const char c : text) {
    if (c == '\'') result += c;
    result += c == '\n' ? ' ' : c;
  }
  result.push_back('\'');
  return result;
}

std::string array_text(const char* name, const std::vector<std::string>& labels) {
  std::string text = fmt::format("array {}[{}] = [", name, labels.size());
  for (const std::string& label : labels) text += fmt::format("{}{}", text.back() == '[' ? "" : ", ", quoted(label));
  return fmt::format("{}]\n", text);
}

std::string list_text(const char* name, std::size_t count) {
  std::string text = fmt::format("if (!exists(\"{0}\")) {0} = \"", name);
  for (std::size_t k = 1; k <= count; ++k) text += fmt::format("{}{}", k == 1 ? "" : " ", k);
  return fmt::format("{}\"\n", text);
}

std::string number_text(double value) { return std::isfinite(value) ? json_number(value) : "NaN"; }

// The blocks of rows in one file, each of one panel and method. gnuplot selects a block by its index.
struct Blocks {
  std::map<std::pair<std::size_t, std::size_t>, std::string> rows;  // by panel and method

  std::string text(const std::string& header, const std::vector<std::string>& panels,
                   const std::vector<std::string>& methods) const {
    std::string all = header;
    bool first = true;
    for (const auto& [key, lines] : rows) {
      all += fmt::format("{}# {}; {}\n{}", first ? "" : "\n\n", panels[key.first], methods[key.second - 1], lines);
      first = false;
    }
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

// The first line of each file is always the same.
void write_file(const std::string& path, const std::string& text) {
  OutputFile file(path, replaces_files_with(text.substr(0, text.find('\n') + 1)));
  file.write(text);
  file.commit();
}

}  // namespace

ResultHead export_gnuplot(const std::string& results, const std::string& directory) {
  CaseGroups groups({find_field("frobenius")});
  constexpr std::size_t frobenius = 0;
  const auto cond_2 = static_cast<std::size_t>(
      std::ranges::find(matrix_facts(), std::string_view("cond_2"), &MatrixFact::name) - matrix_facts().begin());
  ResultHead head = visit_result(results, {"matrices", "records"},
                                 [&](const std::string& section, const Json& object, const std::string& place) {
                                   groups.add(section, object, place);
                                 });
  Numbering families, arithmetics, methods;
  for (const CaseGroup& group : groups.groups()) {
    families.of(groups.input_of(group).title());
    arithmetics.of(groups.setting_of(group).arithmetic_label);
    methods.of(groups.setting_of(group).shown);
  }
  Blocks errors, cases;
  double least = HUGE_VAL, most = 0, most_condition = 1;
  int smallest = 0, largest = 0;
  // Beyond these bounds the size of an error has no meaning, and the axis would flatten all others.
  constexpr double lowest = 1e-20, cap = 100;
  for (const CaseGroup& group : groups.groups()) {
    const CaseSetting& setting = groups.setting_of(group);
    const std::size_t family = families.of(groups.input_of(group).title());
    const std::size_t arithmetic = arithmetics.of(setting.arithmetic_label), method = methods.of(setting.shown);
    const Distribution error_over_trials = groups.distribution(group, frobenius);
    const TrialStatistics& trials = group.statistics;
    if (std::isfinite(error_over_trials.median) || trials.lost() > 0) {  // all trials lost: only a cross
      errors.rows[{(family - 1) * arithmetics.labels.size() + arithmetic - 1, method}] +=
          fmt::format("{} {} {} {} {}\n", group.n, number_text(error_over_trials.median),
                      number_text(error_over_trials.worst), trials.trials, trials.lost());
      smallest = smallest == 0 ? group.n : std::min(smallest, group.n);
      largest = std::max(largest, group.n);
    }
    const std::vector<double> errors_of_trials = groups.values(group, frobenius);
    for (std::size_t k = 0; k < group.matrices.size(); ++k) {
      const double error = errors_of_trials[k];
      const double condition = groups.matrices()[group.matrices[k]].facts[cond_2];
      if (!std::isfinite(error)) continue;
      if (error > lowest) {
        least = std::min(least, error);
        most = std::max(most, std::min(error, cap));
      }
      if (!std::isfinite(condition)) continue;
      most_condition = std::max(most_condition, condition);
      cases.rows[{arithmetic - 1, method}] +=
          fmt::format("{} {} {} {}\n", number_text(condition), number_text(error), group.n, family);
    }
  }
  if (!std::isfinite(least))
    refuse_input(results == "-" ? "standard input" : results, "no finite 'frobenius' above zero", "a result with one");
  std::vector<std::string> panels;
  for (const std::string& family : families.labels) {
    for (const std::string& arithmetic : arithmetics.labels)
      panels.push_back(fmt::format("{}; {}", family, arithmetic));
  }
  std::string script =
      "# gnuplot plot.gp: error-by-size and error-by-condition as .svg and .pdf\n"
      "# gnuplot -e \"terminal='dumb'\" plot.gp: the first panel in the terminal (-e \"terminal='dumb'; "
      "plain=1\": without "
      "colour)\n"
      "# These lists of numbers choose and order panels and methods (-e \"families='2 1'\"); the names are below.\n";
  script += list_text("families", families.labels.size());
  script += list_text("arithmetics", arithmetics.labels.size());
  script += list_text("methods", methods.labels.size());
  script += array_text("family", families.labels);
  script += array_text("arithmetic", arithmetics.labels);
  script += array_text("method", methods.labels);
  script += errors.script("error_blocks", "error_methods", panels.size());
  script += cases.script("case_blocks", "case_methods", arithmetics.labels.size());
  const double lower = std::pow(10, std::floor(std::log10(least)));
  const double upper = std::pow(10, std::ceil(std::log10(std::max(most, 2 * least))));
  script += fmt::format("least = {}\nmost = {}\nsmallest = {}.\nlargest = {}.\nmost_condition = {}\n", lower, upper,
                        smallest, largest, json_number(10 * most_condition));
  script += "\n" + asset("error-by-size.gp");
  if (!cases.rows.empty()) script += "\n" + asset("error-by-condition.gp");
  const std::vector<std::string> files = gnuplot_files(directory);
  write_file(files[0], errors.text("# chunk size, frobenius: median and worst over the trials (NaN: "
                                   "not finite), trials, trials that are not finite\n",
                                   panels, methods.labels));
  write_file(files[1], cases.text("# cond_2, frobenius, chunk size, number of the family in plot.gp\n",
                                  arithmetics.labels, methods.labels));
  write_file(files[2], script);
  return head;
}

std::vector<std::string> gnuplot_files(const std::string& directory) {
  const std::filesystem::path place(directory);
  return {place / "errors.dat", place / "cases.dat", place / "plot.gp"};
}

}  // namespace tristab
