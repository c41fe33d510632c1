#include "tristab/report/export_gnuplot.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "tristab/base/errors.h"
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
  std::string text = fmt::format("if (!exists(\"{0}\")) {0} = \"", name);
  for (std::size_t k = 1; k <= count; ++k) text += fmt::format("{}{}", k == 1 ? "" : " ", k);
  return fmt::format("{}\"\n", text);
}

std::string number_text(double value) { return std::isfinite(value) ? json_number(value) : "NaN"; }

constexpr const char* script_body = R"gp(
if (!exists("terminal")) terminal = "files"
set logscale y
set format y "10^{%L}"
set encoding utf8
set key noenhanced
set grid back lc rgb "#e0e0e0"
set border lw 0.6
set tics scale 0.6
set style line 1 lc rgb "#0072b2" pt 7;  set style line 2 lc rgb "#d55e00" pt 5
set style line 3 lc rgb "#009e73" pt 9;  set style line 4 lc rgb "#cc79a7" pt 13
set style line 5 lc rgb "#a07400" pt 11; set style line 6 lc rgb "#56b4e9" pt 2
set style line 7 lc rgb "#4d4d4d" pt 1;  set style line 8 lc rgb "#7a3fbf" pt 4
style_of(m) = (m - 1) % 8 + 1
dash_of(m) = (m - 1) / 8 + 1
point_of(m) = int(word("7 5 9 13 11 2 1 4 6 8 10 12 3", (m - 1) % 13 + 1))
is_chosen(m) = strstrt(" " . methods . " ", sprintf(" %d ", m)) > 0
# Titles no wider than a panel.
brief(text) = strlen(text) > 46 ? text[1:22] . "..." . text[strlen(text) - 19:] : text
# Of a panel: its blocks of data and their methods. One without a finite error has none, yet gnuplot evaluates the first.
blocks = ""
owners = ""
block(i) = i <= words(blocks) ? int(word(blocks, i)) : 0
owner(i) = i <= words(owners) ? int(word(owners, i)) : 1
is_drawn(i) = i <= words(owners) && is_chosen(owner(i))
# Exact results have no place on a logarithmic axis: they stand on its lower edge; errors above the axis on its upper edge.
# So do sizes with trials that are not finite, marked by a cross: the median of the others would flatter the method.
# (Without any finite trial the median is NaN, and gnuplot drops a point whose columns it has looked at are.)
shown(error) = error > least ? (error <= most ? error : most) : least

if (terminal eq "dumb") {
  if (exists("plain")) {
    set terminal dumb noenhanced size 100, 30 mono
  } else {
    set terminal dumb noenhanced size 100, 30 ansi256
  }
  set format y "%.0e"
  set logscale x 2
  set key outside right
  f = int(word(families, 1))
  a = int(word(arithmetics, 1))
  set title family[f] . ", " . arithmetic[a] noenhanced
  set xlabel "chunk size n"
  set xrange [smallest / 1.3 : largest * 1.3]
  set yrange [least / 2 : most * 2]
  blocks = error_blocks[(f - 1) * |arithmetic| + a]
  owners = error_methods[(f - 1) * |arithmetic| + a]
  plot for [i = 1 : words(blocks)] "errors.dat" index block(i) using 1:(is_drawn(i) ? ($5 > 0 ? most : shown($2)) : least) \
    with linespoints title method[owner(i)]
  exit
}

# A row for each family and a column for each arithmetic; with one arithmetic the families stand side by side.
side_by_side = words(arithmetics) == 1
panels = words(families) * words(arithmetics)
columns = side_by_side ? (panels < 4 ? panels : 4) : words(arithmetics)
rows = (panels + columns - 1) / columns
longest = 0
do for [m in methods] { if (strlen(method[int(m)]) > longest) { longest = strlen(method[int(m)]) } }
# Names in the legend are at most `longest` letters of 5.4 units; a sample and its margins take 60. gnuplot fills one row less
# than `maxrows`.
fitting(width) = width / (5.4 * longest + 60) > 1 ? floor(width / (5.4 * longest + 60)) : 1
legend_rows_in(width) = int(ceil(1. * words(methods) / fitting(width)))
do for [output_format in "svg pdf"] {
  width = 120. + 260 * columns
  legend_rows = legend_rows_in(width)
  legend = 26. + 14 * legend_rows
  total = 30. + legend + 210 * rows
  if (output_format eq "svg") {
    set terminal svg size width, total font "Helvetica,11" background rgb "white"
  } else {
    set terminal pdfcairo size width / 72, total / 72 font "Helvetica,11" fontscale 0.75
  }
  set output "error-by-size." . output_format
  set logscale x 2
  set format x "%g"
  set xrange [smallest / 1.3 : largest * 1.3]
  set yrange [least / 2 : most * 2]
  set multiplot
  do for [r = 1 : rows] {
    do for [c = 1 : columns] {
      p = (r - 1) * columns + c
      if (p > panels) { continue }
      f = int(word(families, side_by_side ? p : r))
      a = int(word(arithmetics, side_by_side ? 1 : c))
      set lmargin at screen (80. + 260 * (c - 1)) / width
      set rmargin at screen (80. + 260 * c - 40) / width
      set tmargin at screen 1 - (legend + 210. * (r - 1) + 20) / total
      set bmargin at screen 1 - (legend + 210. * r - 30) / total
      set title brief(arithmetic[a] . ", " . family[f]) noenhanced font ",9" offset 0,-0.7
      if (p + columns > panels) { set xlabel "chunk size n" } else { unset xlabel }
      if (c == 1) { set ylabel "relative error, median (×: trials lost)" offset 1 } else { unset ylabel }
      if (r == 1 && c == 1) {
        set key at screen 0.5, 1 - 6 / total center top maxrows legend_rows + 1 font ",9"
      } else {
        unset key
      }
      blocks = error_blocks[(f - 1) * |arithmetic| + a]
      owners = error_methods[(f - 1) * |arithmetic| + a]
      plot for [i = 1 : words(blocks)] "errors.dat" index block(i) \
             using (is_drawn(i) ? $1 : 2 * largest):($5 > 0 ? most : shown($2)) \
             with linespoints ls style_of(owner(i)) pt point_of(owner(i)) dt dash_of(owner(i)) lw 1.3 ps 0.5 notitle, \
           for [i = 1 : words(blocks)] "errors.dat" index block(i) \
             using (is_drawn(i) ? $1 : 2 * largest):($5 > 0 ? most : $2 > most ? most : NaN) \
             with points pt 2 lc rgb "black" lw 1.3 ps 0.9 notitle, \
           for [m in methods] keyentry with linespoints ls style_of(int(m)) pt point_of(int(m)) dt dash_of(int(m)) lw 1.3 ps 0.5 title method[int(m)]
    }
  }
  unset multiplot
  set output
}
)gp";

constexpr const char* condition_body = R"gp(
columns = words(arithmetics)
do for [output_format in "svg pdf"] {
  width = 120. + 320 * columns
  legend_rows = legend_rows_in(width)
  legend = 26. + 14 * legend_rows
  total = 300. + legend
  if (output_format eq "svg") {
    set terminal svg size width, total font "Helvetica,11" background rgb "white"
  } else {
    set terminal pdfcairo size width / 72, total / 72 font "Helvetica,11" fontscale 0.75
  }
  set output "error-by-condition." . output_format
  unset logscale x
  set logscale x 10
  set format x "10^{%L}"
  set xrange [1 : most_condition]
  set yrange [least / 2 : most * 2]
  set multiplot
  do for [c = 1 : columns] {
    a = int(word(arithmetics, c))
    set lmargin at screen (80. + 320 * (c - 1)) / width
    set rmargin at screen (80. + 320 * c - 40) / width
    set tmargin at screen 1 - (legend + 20) / total
    set bmargin at screen 46 / total
    set title arithmetic[a] noenhanced font ",10" offset 0,-0.7
    set xlabel "condition number, 2-norm (dotted: slopes 1 and 2)"
    if (c == 1) { set ylabel "relative error" offset 1 } else { unset ylabel }
    if (c == 1) {
      set key at screen 0.5, 1 - 6 / total center top maxrows legend_rows + 1 font ",9"
    } else {
      unset key
    }
    blocks = case_blocks[a]
    owners = case_methods[a]
    plot for [i = 1 : words(blocks)] "cases.dat" index block(i) \
           using (is_drawn(i) ? $1 : 0.1):(shown($2)) with points ls style_of(owner(i)) pt point_of(owner(i)) ps 0.35 notitle, \
         100 * least * x with lines dt 3 lc rgb "#888888" notitle, 100 * least * x * x with lines dt 3 lc rgb "#888888" notitle, \
         for [m in methods] keyentry with points ls style_of(int(m)) pt point_of(int(m)) ps 0.8 title method[int(m)]
  }
  unset multiplot
  set output
}
)gp";

// Blocks of rows of one file, which gnuplot calls by their index, and the panel and method of each.
struct Blocks {
  std::map<std::pair<std::size_t, std::size_t>, std::string> rows;  // by panel and method

  std::string text(const std::string& header, const std::vector<std::string>& panels,
                   const std::vector<std::string>& methods) const {
    std::string all = header;
    bool first = true;
    for (const auto& [key, lines] : rows) {
      all += fmt::format("{}# {}; {}\n{}", first ? "" : "\n\n", panels[key.first], methods[key.second - 1],
                         lines);
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
  for (const ResultGroup& group : groups.groups()) {
    families.of(input_title(groups.inputs()[group.input]));
    arithmetics.of(groups.settings()[group.setting].arithmetic);
    methods.of(groups.settings()[group.setting].method);
  }
  Blocks errors, cases;
  double least = HUGE_VAL, most = 0, most_condition = 1;
  int smallest = 0, largest = 0;
  constexpr double lowest = 1e-20,
                   cap = 100;  // beyond them the size of an error has no meaning, and would flatten others
  for (const ResultGroup& group : groups.groups()) {
    const GroupSetting& setting = groups.settings()[group.setting];
    const std::size_t family = families.of(input_title(groups.inputs()[group.input]));
    const std::size_t arithmetic = arithmetics.of(setting.arithmetic), method = methods.of(setting.method);
    const double median = group.median(frobenius);
    if (std::isfinite(median) || group.nonfinite + group.failed > 0) {  // all trials lost: the cross alone
      errors.rows[{(family - 1) * arithmetics.labels.size() + arithmetic - 1, method}] +=
          fmt::format("{} {} {} {} {}\n", group.n, number_text(median), number_text(group.worst(frobenius)),
                      group.trials, group.nonfinite + group.failed);
      smallest = smallest == 0 ? group.n : std::min(smallest, group.n);
      largest = std::max(largest, group.n);
    }
    for (std::size_t k = 0; k < group.matrices.size(); ++k) {
      const double error = group.values[frobenius][k];
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
  if (!std::isfinite(least)) {
    throw InputError(fmt::format("{}: found no finite 'frobenius' above zero; allowed: a result with one",
                                 results == "-" ? "standard input" : results));
  }
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
      "# Panels and methods are chosen, and put in order, by these lists of numbers (-e \"families='2 1'\"); "
      "the names "
      "stand below.\n";
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
  script += fmt::format("least = {}\nmost = {}\nsmallest = {}.\nlargest = {}.\nmost_condition = {}\n", lower,
                        upper, smallest, largest, json_number(10 * most_condition));
  script += script_body;
  if (!cases.rows.empty()) script += condition_body;
  const std::filesystem::path place(directory);
  write_file(place / "errors.dat", errors.text("# chunk size, frobenius: median and worst over finite "
                                               "trials, trials, trials that are not finite\n",
                                               panels, methods.labels));
  write_file(place / "cases.dat",
             cases.text("# cond_2, frobenius, chunk size, number of the family in plot.gp\n",
                        arithmetics.labels, methods.labels));
  write_file(place / "plot.gp", script);
  return head;
}

}  // namespace tristab
