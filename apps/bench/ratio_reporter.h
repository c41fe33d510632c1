// Passes a run on to the reporter of the format that was asked for, and keeps the ratios to Eigen for a table.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks.h"

namespace tristab {

class RatioReporter : public benchmark::BenchmarkReporter {
 public:
  explicit RatioReporter(std::vector<ProductBenchmark> products);

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

  bool failed() const { return failed_; }  // a benchmark reported an error

  // Arithmetic x n, one table for each level and structure; "" if no product was measured. Each ratio is that of the
  // repetition in which Eigen was fastest, when the machine was most quiet: another program on the same core slows the
  // two down by different factors.
  std::string table() const;

 private:
  struct Measurement {
    double ratio = 0, spread = 0, eigen_gflops = 0;
  };
  double fastest_eigen(const std::string& level, int n) const;  // GFLOP/s
  std::string section(const std::string& level, Structure structure) const;

  std::vector<ProductBenchmark> products_;
  std::unique_ptr<benchmark::BenchmarkReporter> display_;
  std::map<std::string, Measurement> quietest_;  // by name of the benchmark
  bool failed_ = false;
};

}  // namespace tristab
