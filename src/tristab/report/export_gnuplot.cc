#include "tristab/report/export_gnuplot.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/report/column.h"
#include "tristab/report/json_text.h"
#include "tristab/report/output_file.h"
#include "tristab/report/result_groups.h"

namespace tristab {
namespace {

constexpr std::size_t frobenius = 0, cond_2 = 1;
static_assert(group_metrics[frobenius] == "frobenius" && matrix_facts[cond_2] == "cond_2");

// Labels by number: gnuplot compares numbers faster than texts and loses no quotes over them.
struct Numbering {
  std::vector<std::string> labels;
  std::size_t of(const std::string& label) {
    for (std::size_t k = 0; k < labels.size(); ++k) {
      if (labels[k] == label) return k + 1;
    }
    labels.push_back(label);
    return labels.size();
  }
};

// A text in double quotes for a script.
std::string quoted(const std::string& text) {
  std::string result(1, '"');
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  result.push_back('"');
  return result;
}

std::string array_text(const char* name, const std::vector<std::string>& labels) {
  std::string text = fmt::format("array {}[{}] = [", name, labels.size());
  for (const std::string& label : labels)
    text += fmt::format("{}{}", text.back() == '[' ? "" : ", ", quoted(label));
  return fmt::format("{}]\n", text);
}

std::string list_text(const char* name, std::size_t count) {
  std::string text = fmt::format("{} = \"", name);
  for (std::size_t k = 1; k <= count; ++k) text += fmt::format("{}{}", k == 1 ? "" : " ", k);
  return fmt::format("{}\"\n", text);
}

std::string number_text(double value) { return std::isfinite(value) ? json_number(value) : "NaN"; }

constexpr const char* script_body = R"(
if (!exists("terminal")) terminal = "files"
set datafile separator comma
set datafile missing "NaN"
set logscale y
set format y "10^{%L}"
set key noenhanced
set grid back lc rgb "#e0e0e0"
set style line 1 lc rgb "#0072b2" pt 7;  set style line 2 lc rgb "#d55e00" pt 5
set style line 3 lc rgb "#009e73" pt 9;  set style line 4 lc rgb "#cc79a7" pt 13
set style line 5 lc rgb "#a07400" pt 11; set style line 6 lc rgb "#56b4e9" pt 2
set style line 7 lc rgb "#4d4d4d" pt 1;  set style line 8 lc rgb "#7a3fbf" pt 4
style_of(m) = (m - 1) % 8 + 1
dash_of(m) = (m - 1) / 8 + 1
# errors.csv: 1 family, 2 arithmetic, 3 method (numbers of the lists above), 4 n, 5 median, 6 worst; zeros have no place on a
# logarithmic axis.
shown(f, a, m) = column(1) == f && column(2) == a && column(3) == m && column(5) > 0 ? column(5) : NaN

if (terminal eq "dumb") {
  set terminal dumb noenhanced size 100, 30 ansi256
  if (exists("plain")) set terminal dumb noenhanced size 100, 30 mono
  set format y "%.0e"
  set logscale x 2
  set key outside right
  f = word(families, 1) + 0
  a = word(arithmetics, 1) + 0
  set title family[f] . ", " . arithmetic[a] noenhanced
  set xlabel "chunk size n"
  set xrange [*:*]
  set offsets graph 0.05, graph 0.05, 0, 0
  plot for [m in methods] "errors.csv" skip 1 using 4:(shown(f, a, m + 0)) with linespoints title method[m + 0]
  exit
}

columns = words(arithmetics)
rows = words(families)
do for [output_format in "svg pdf"] {
  if (output_format eq "svg") {
    set terminal svg size 120 + 260 * columns, 60 + 210 * rows + 18 * ((words(methods) + 3) / 4) font "Helvetica,11" background rgb "white"
  } else {
    set terminal pdfcairo size (120 + 260 * columns) / 72., (60 + 210 * rows + 18 * ((words(methods) + 3) / 4)) / 72. font "Helvetica,11"
  }
  set output "error-by-size." . output_format
  set logscale x 2
  set xrange [smallest / 1.3 : largest * 1.3]
  set yrange [least : most]
  legend = 30. + 18 * ((words(methods) + 3) / 4)
  total = 60. + 210 * rows + 18 * ((words(methods) + 3) / 4)
  set multiplot
  do for [r = 1:rows] {
    do for [c = 1:columns] {
      f = word(families, r) + 0
      a = word(arithmetics, c) + 0
      set lmargin at screen (60. + 260 * (c - 1)) / (120 + 260 * columns)
      set rmargin at screen (60. + 260 * c - 40) / (120 + 260 * columns)
      set tmargin at screen 1 - (legend + 210. * (r - 1) + 20) / total
      set bmargin at screen 1 - (legend + 210. * r - 30) / total
      set title arithmetic[a] . ", " . family[f] noenhanced font ",9" offset 0,-0.7
      if (r == rows) { set xlabel "chunk size n" } else { unset xlabel }
      if (c == 1) { set ylabel "relative error, median" } else { unset ylabel }
      if (r == 1 && c == 1) {
        set key at screen 0.5, 1 - 6 / total center top maxrows (words(methods) + 3) / 4 font ",9"
      } else {
        unset key
      }
      plot for [m in methods] "errors.csv" skip 1 using 4:(shown(f, a, m + 0)) with linespoints ls style_of(m + 0) dt dash_of(m + 0) lw 1.3 ps 0.5 title method[m + 0]
    }
  }
  unset multiplot
  set output
}
)";

constexpr const char* condition_body = R"(
# cases.csv: 1 family, 2 arithmetic, 3 method, 4 n, 5 error, 6 cond_2
case_shown(a, m) = column(2) == a && column(3) == m && column(5) > 0 ? column(5) : NaN
do for [output_format in "svg pdf"] {
  if (output_format eq "svg") {
    set terminal svg size 120 + 320 * columns, 330 + 18 * ((words(methods) + 3) / 4) font "Helvetica,11" background rgb "white"
  } else {
    set terminal pdfcairo size (120 + 320 * columns) / 72., (330 + 18 * ((words(methods) + 3) / 4)) / 72. font "Helvetica,11"
  }
  set output "error-by-condition." . output_format
  unset logscale x
  set logscale x 10
  set format x "10^{%L}"
  set xrange [1 : most_condition]
  set yrange [least : most]
  total = 330. + 18 * ((words(methods) + 3) / 4)
  legend = 30. + 18 * ((words(methods) + 3) / 4)
  set multiplot
  do for [c = 1:columns] {
    a = word(arithmetics, c) + 0
    set lmargin at screen (60. + 320 * (c - 1)) / (120 + 320 * columns)
    set rmargin at screen (60. + 320 * c - 40) / (120 + 320 * columns)
    set tmargin at screen 1 - (legend + 20) / total
    set bmargin at screen 46 / total
    set title arithmetic[a] noenhanced font ",10" offset 0,-0.7
    set xlabel "condition number, 2-norm"
    if (c == 1) { set ylabel "relative error" } else { unset ylabel }
    if (c == 1) {
      set key at screen 0.5, 1 - 6 / total center top maxrows (words(methods) + 3) / 4 font ",9"
    } else {
      unset key
    }
    plot for [m in methods] "cases.csv" skip 1 using 6:(case_shown(a, m + 0)) with points ls style_of(m + 0) ps 0.35 title method[m + 0], \
         least * x with lines dt 2 lc rgb "#888888" notitle, least * x * x with lines dt 3 lc rgb "#888888" notitle
  }
  unset multiplot
  set output
}
)";

void write_file(const std::filesystem::path& path, const std::string& text) {
  OutputFile file(path.string(), Appearance::when_complete);
  file.write(text);
  file.commit();
}

}  // namespace

ResultHead export_gnuplot(const std::string& results, const std::string& directory) {
  ResultGroups groups;
  const ResultHead head = visit_result(results, {"matrices", "records"},
                                       [&](const std::string& section, const Json& object,
                                           const std::string& place) { groups.add(section, object, place); });
  Numbering families, arithmetics, methods;
  std::string errors = "family,arithmetic,method,n,frobenius_median,frobenius_max,trials,nonfinite\n";
  std::string cases = "family,arithmetic,method,n,frobenius,cond_2\n";
  double least = HUGE_VAL, most = 0, most_condition = 1;
  int smallest = 0, largest = 0;
  constexpr double cap = 100;  // beyond it the size of an error has no meaning, and would flatten all others
  bool any_condition = false;
  for (const ResultGroup& group : groups.groups()) {
    const GroupSetting& setting = groups.settings()[group.setting];
    const std::string start =
        fmt::format("{},{},{},{},", families.of(input_title(groups.inputs()[group.input])),
                    arithmetics.of(setting.arithmetic), methods.of(setting.method), group.n);
    errors += fmt::format("{}{},{},{},{}\n", start, number_text(group.median(frobenius)),
                          number_text(group.worst(frobenius)), group.trials, group.nonfinite + group.failed);
    smallest = smallest == 0 ? group.n : std::min(smallest, group.n);
    largest = std::max(largest, group.n);
    for (std::size_t k = 0; k < group.matrices.size(); ++k) {
      const double error = group.values[frobenius][k];
      const double condition = groups.matrices()[group.matrices[k]].facts[cond_2];
      cases += fmt::format("{}{},{}\n", start, number_text(error), number_text(condition));
      if (error > 0 && std::isfinite(error)) {
        least = std::min(least, error);
        most = std::max(most, std::min(error, cap));
      }
      any_condition = any_condition || condition > 0;
      if (std::isfinite(condition)) most_condition = std::max(most_condition, condition);
    }
  }
  if (!std::isfinite(least)) {
    throw InputError(fmt::format("{}: found no finite 'frobenius' above zero; allowed: a result with one",
                                 results == "-" ? "standard input" : results));
  }
  std::string script =
      "# gnuplot plot.gp: error-by-size and error-by-condition as .svg and .pdf\n"
      "# gnuplot -e \"terminal='dumb'\" plot.gp: the first panel in the terminal (-e \"terminal='dumb'; "
      "plain=1\": without "
      "colour)\n"
      "# Panels are chosen by these lists of numbers; the names stand below.\n";
  script += list_text("families", families.labels.size());
  script += list_text("arithmetics", arithmetics.labels.size());
  script += list_text("methods", methods.labels.size());
  script += array_text("family", families.labels);
  script += array_text("arithmetic", arithmetics.labels);
  script += array_text("method", methods.labels);
  script += fmt::format("least = {}\nmost = {}\nsmallest = {}.\nlargest = {}.\nmost_condition = {}\n",
                        std::pow(10, std::floor(std::log10(least))),
                        std::pow(10, std::ceil(std::log10(std::max(most, 2 * least)))), smallest, largest,
                        json_number(10 * most_condition));
  script += script_body;
  if (any_condition) script += condition_body;
  const std::filesystem::path place(directory);
  write_file(place / "errors.csv", errors);
  write_file(place / "cases.csv", cases);
  write_file(place / "plot.gp", script);
  return head;
}

}  // namespace tristab
