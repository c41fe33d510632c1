#include "tristab/inspect/step_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tristab/matrix/norms.h"
#include "tristab/matrix/plain_algebra.h"
#include "tristab/sweep/field.h"

namespace tristab {
namespace {

constexpr double kSame = 1e-11;  // what is compared was computed in double

// A result on an exact machine, as one or more equal blocks.
struct Result {
  const SiteOperation& operation;
  double operator()(int block, int i, int j) const {
    return operation.high[(static_cast<std::size_t>(block) * static_cast<std::size_t>(operation.rows) +
                           static_cast<std::size_t>(i)) *
                              static_cast<std::size_t>(operation.columns) +
                          static_cast<std::size_t>(j)];
  }
};

// The relative distance of a result's first block from sign * m, whose part at (row, column) it may be.
double distance(const Result& result, const Matrix& m, int row, int column, double sign) {
  const SiteOperation& shape = result.operation;
  double difference = 0, size = 0;
  for (int i = 0; i < shape.rows; ++i) {
    for (int j = 0; j < shape.columns; ++j) {
      const double y = sign * m(row + i, column + j), d = result(0, i, j) - y;
      difference += d * d;
      size += y * y;
    }
  }
  return size > 0 ? std::sqrt(difference / size) : infinity;
}

// Names results by what they are equal to.
class Names {
 public:
  explicit Names(const SiteOperation& input) : a_(input.rows, input.rows) {
    std::copy(input.high.begin(), input.high.end(), a_.values().begin());
    x_ = plain_inverse(a_);
  }

  std::string of(const SiteOperation& exact) const {
    const Result result{exact};
    const int n = a_.rows();
    if (exact.rows > n || exact.columns > n) return "";
    if (std::string name = part_of_inverse(result); !name.empty()) return name;
    if (exact.rows != exact.columns) return "";
    const bool whole = exact.rows == n;
    if (std::string name = power(result, whole); !name.empty()) return name;
    if (!whole) return "";
    if (std::string name = diagonal_blocks(result); !name.empty()) return name;
    const double away = distance(result, x_, 0, 0, 1);
    return away < 0.9 ? fmt::format("X to {:.1e}", away) : "";
  }

 private:
  std::string part_of_inverse(const Result& result) const {
    const SiteOperation& shape = result.operation;
    const int n = a_.rows();
    if (shape.rows == n && shape.columns == n) return distance(result, x_, 0, 0, 1) < kSame ? "X" : "";
    for (const double sign : {1.0, -1.0}) {
      for (int row = 0; row + shape.rows <= n; ++row) {
        for (int column = 0; column + shape.columns <= n && column <= row; ++column) {
          const double first = sign * x_(row, column), last = sign * x_(row + shape.rows - 1, column);
          if (std::fabs(result(0, 0, 0) - first) > 1e-9 * (std::fabs(first) + 1e-30) ||
              std::fabs(result(0, shape.rows - 1, 0) - last) > 1e-9 * (std::fabs(last) + 1e-30))
            continue;
          if (distance(result, x_, row, column, sign) >= kSame) continue;
          const char* minus = sign < 0 ? "-" : "";
          if (shape.rows == 1 && shape.columns == n) return fmt::format("{}row {} of X", minus, row);
          if (shape.columns == 1) return fmt::format("{}column {} of X", minus, column);
          if (row == column && shape.rows == shape.columns)
            return fmt::format("{}X of {} x {} diagonal blocks", minus, shape.rows, shape.columns);
          return fmt::format("{}X, {} x {} at ({}, {})", minus, shape.rows, shape.columns, row, column);
        }
      }
    }
    return "";
  }

  // Powers of A, or of its first diagonal block, and partial sums of the series.
  std::string power(const Result& result, bool whole) const {
    const int size = result.operation.rows;
    const Powers& powers = powers_of(size);
    const std::string of = whole ? "" : fmt::format(" of {} x {} blocks", size, size);
    for (const auto& [k, power] : powers.powers) {
      for (const double sign : {1.0, -1.0}) {
        if (distance(result, power, 0, 0, sign) < kSame)
          return fmt::format("{}A{}{}", sign < 0 ? "-" : "", k == 1 ? "" : fmt::format("^{}", k), of);
      }
    }
    for (const auto& [k, sum] : powers.sums) {
      if (distance(result, sum, 0, 0, 1) < kSame)
        return k == 2 ? "I - A" + of : fmt::format("series to A^{}{}", k - 1, of);
    }
    return "";
  }

  // X in its diagonal blocks, zero elsewhere.
  std::string diagonal_blocks(const Result& result) const {
    const int n = a_.rows();
    for (int block = 1; block < n; ++block) {
      if (n % block != 0) continue;
      Matrix part(n, n);
      for (int i = 0; i < n; ++i) {
        for (int j = i / block * block; j <= i; ++j) part(i, j) = x_(i, j);
      }
      if (distance(result, part, 0, 0, 1) < kSame) return fmt::format("X of {} x {} diagonal blocks", block, block);
    }
    return "";
  }

  struct Powers {
    std::map<int, Matrix> powers, sums;  // A^k; sum of (-A)^i, i < k
  };
  const Powers& powers_of(int size) const {
    const auto [found, fresh] = powers_.try_emplace(size);
    if (!fresh) return found->second;
    Powers& all = found->second;
    Matrix a(size, size), identity(size, size);
    for (int i = 0; i < size; ++i) {
      identity(i, i) = 1;
      for (int j = 0; j < i; ++j) a(i, j) = a_(i, j);
    }
    Matrix power = a, sum = identity;
    const int dense = std::min(size, 16);
    for (int k = 1; k < dense; ++k) {  // all of the first powers
      all.powers.emplace(k, power);
      const double sign = k % 2 == 0 ? 1 : -1;
      for (std::size_t e = 0; e < sum.values().size(); ++e) sum.values()[e] += sign * power.values()[e];
      all.sums.emplace(k + 1, sum);
      power = plain_product(power, a);
    }
    for (int k = 1; 2 * k < size; k *= 2) {  // and squares
      const Matrix square =
          all.powers.contains(2 * k) ? all.powers.at(2 * k) : plain_product(all.powers.at(k), all.powers.at(k));
      all.powers.emplace(2 * k, square);
    }
    for (int k = 2; k < size; k *= 2) {  // sum to A^(2k-1) = (sum to A^(k-1)) (I + A^k), k even
      if (all.sums.contains(2 * k) || !all.sums.contains(k) || !all.powers.contains(k)) continue;
      Matrix factor = all.powers.at(k);
      for (int i = 0; i < size; ++i) factor(i, i) += 1;
      all.sums.emplace(2 * k, plain_product(all.sums.at(k), factor));
    }
    return all;
  }

  Matrix a_, x_;
  mutable std::map<int, Powers> powers_;
};

double relative_distance(const SiteOperation& computed, const SiteOperation& exact) {
  double difference = 0, size = 0;
  for (std::size_t k = 0; k < exact.high.size(); ++k) {
    const double d = (computed.high[k] - exact.high[k]) + (computed.low[k] - exact.low[k]);
    difference += d * d;
    size += exact.high[k] * exact.high[k];
  }
  if (difference == 0) return 0;
  const double error = std::sqrt(difference / size);
  return std::isnan(error) ? infinity : error;
}

}  // namespace

std::vector<StepReport> step_reports(const SiteExperiment& experiment) {
  const std::vector<SiteOperation>&computed = experiment.operations(), &exact = experiment.exact_operations();
  const Names names(exact.front());
  std::vector<StepReport> reports;
  double flops = 0;
  for (std::size_t k = 1; k < computed.size(); ++k) {
    const SiteOperation& operation = computed[k];
    StepReport report;
    report.stage = operation.stage;
    report.step = operation.step;
    report.what = names.of(exact[k]);
    report.rows = operation.rows;
    report.columns = operation.columns;
    report.batch = operation.batch;
    report.format = operation.format;
    report.largest = operation.largest_kept;
    report.discarded = operation.largest_discarded;
    double smallest = infinity;
    bool finite = true;
    for (const double x : operation.high) {
      if (x != 0 && std::fabs(x) < smallest) smallest = std::fabs(x);
      finite = finite && std::isfinite(x);
    }
    report.smallest = std::isinf(smallest) ? 0 : smallest;
    report.overflow_bits = report.largest > 0 ? std::log2(operation.largest_number / report.largest) : infinity;
    report.underflow_bits = report.smallest > 0 && operation.smallest_normal > 0
                                ? std::log2(report.smallest / operation.smallest_normal)
                                : infinity;
    report.cancellation_bits = operation.cancellation;
    report.error = relative_distance(operation, exact[k]);
    report.flops = flops += operation.flops;
    if (!finite) {
      report.largest = infinity;
      report.overflow_bits = report.underflow_bits = std::nan("");
      report.cancellation_bits = std::nan("");
    }
    const bool saturated = operation.rounded.has(RoundingKind::saturation);
    if (saturated) {
      report.event = finite ? "saturation" : "overflow";
    } else if (!finite) {
      report.event = "not finite";
    } else if (operation.largest_number > 0 && report.overflow_bits < 1) {
      report.event = "near overflow";
    } else if (operation.rounded.has(RoundingKind::flush) || report.underflow_bits < 0) {
      report.event = "underflow";
    } else if (report.underflow_bits < 1) {
      report.event = "near underflow";
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace tristab
