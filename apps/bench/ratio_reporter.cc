#include "ratio_reporter.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/report/table.h"

namespace tristab {
namespace {

constexpr double wide_spread = 0.1;  // above this, the second digit of a ratio is in doubt
constexpr double slow_eigen = 0.95;  // below this part of its best speed, the machine was not quiet

template <class Range, class Value>
void append_new(Range& range, const Value& value) {
  if (std::find(range.begin(), range.end(), value) == range.end()) range.push_back(value);
}

}  // namespace

RatioReporter::RatioReporter(std::vector<ProductBenchmark> products)
    : products_(std::move(products)), display_(benchmark::CreateDefaultDisplayReporter()) {}

bool RatioReporter::ReportContext(const Context& context) { return display_->ReportContext(context); }

void RatioReporter::ReportRuns(const std::vector<Run>& runs) {
  display_->ReportRuns(runs);
  for (const Run& run : runs) {
    failed_ = failed_ || run.error_occurred;
    if (run.run_type != Run::RT_Iteration || run.counters.count("ratio_spread") == 0) continue;
    const Measurement measured{run.counters.at("ratio_to_eigen"), run.counters.at("ratio_spread"),
                               run.counters.at("eigen_gflops")};
    Measurement& quietest = quietest_[run.run_name.function_name];
    if (measured.eigen_gflops > quietest.eigen_gflops) quietest = measured;
  }
}

void RatioReporter::Finalize() { display_->Finalize(); }

double RatioReporter::fastest_eigen(const std::string& level, int n) const {
  double fastest = 0;
  for (const ProductBenchmark& product : products_) {
    const auto found = quietest_.find(product.name);
    if (product.level != level || product.n != n || found == quietest_.end()) continue;
    fastest = std::max(fastest, found->second.eigen_gflops);
  }
  return fastest;
}

std::string RatioReporter::section(const std::string& level, Structure structure) const {
  std::vector<int> sizes;
  std::vector<std::string> arithmetics;
  std::map<std::pair<std::string, int>, std::string> cells;
  for (const ProductBenchmark& product : products_) {
    const auto found = quietest_.find(product.name);
    if (product.level != level || product.structure != structure || found == quietest_.end()) continue;
    append_new(sizes, product.n);
    append_new(arithmetics, product.arithmetic);
    const auto& [ratio, spread, eigen_gflops] = found->second;
    const bool doubtful = spread > wide_spread || eigen_gflops < slow_eigen * fastest_eigen(level, product.n);
    cells[{product.arithmetic, product.n}] = fmt::format("{}{:.2f}", doubtful ? "~" : "", ratio);
  }
  if (cells.empty()) return "";
  std::vector<TableColumn> columns{{structure == Structure::dense ? "product" : "triangular"}};
  for (const int n : sizes) columns.push_back({fmt::format("n={}", n), true});
  Table table(columns);
  for (const std::string& arithmetic : arithmetics) {
    std::vector<TableCell> row{arithmetic};
    for (const int n : sizes) row.push_back(cells[{arithmetic, n}]);
    table.add_row(row);
  }
  std::vector<TableCell> last{"Eigen, GFLOP/s"};
  for (const int n : sizes) last.push_back(fmt::format("{:.0f}", fastest_eigen(level, n)));
  table.add_row(last);
  return fmt::format("\n{}\n{}", level, table.str());
}

std::string RatioReporter::table() const {
  std::vector<std::string> levels;
  for (const ProductBenchmark& product : products_) append_new(levels, product.level);
  std::string sections;
  for (const std::string& level : levels) {
    for (const Structure structure : {Structure::dense, Structure::strictly_lower}) {
      sections += section(level, structure);
    }
  }
  if (sections.empty()) return "";
  return fmt::format(
      "\nTime relative to that of Eigen's dense float product of the same size and SIMD level, one thread.\n"
      "~ marks doubtful ratios: quartiles more than {:.0f}% apart, or Eigen more than {:.0f}% slower than "
      "elsewhere\n"
      "in this run. Steadier: --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true\n{}",
      100 * wide_spread, 100 * (1 - slow_eigen), sections);
}

}  // namespace tristab
