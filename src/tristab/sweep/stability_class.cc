#include "tristab/sweep/stability_class.h"

#include <array>
#include <cmath>

#include "tristab/base/elementary.h"

namespace tristab {
namespace {

// Sums of squares and products of deviations from the means.
struct Moments {
  double kk = 0, nn = 0, kn = 0, ke = 0, ne = 0, ee = 0;
};

Moments moments_of(const std::vector<GrowthPoint>& points) {
  GrowthPoint mean;
  for (const GrowthPoint& p : points) {
    mean.log_kappa += p.log_kappa;
    mean.log_n += p.log_n;
    mean.log_error += p.log_error;
  }
  const auto count = static_cast<double>(points.size());
  Moments m;
  for (const GrowthPoint& p : points) {
    const double k = p.log_kappa - mean.log_kappa / count;
    const double n = p.log_n - mean.log_n / count;
    const double e = p.log_error - mean.log_error / count;
    m.kk += k * k;
    m.nn += n * n;
    m.kn += k * n;
    m.ke += k * e;
    m.ne += n * e;
    m.ee += e * e;
  }
  return m;
}

// Below this, a moment is rounding error: the variable is constant, or a linear function of the other one.
constexpr double negligible = 1e-9;

Slope slope_of(double value, double residual_squares, double freedom, double inverse_moment) {
  return {value, std::sqrt(std::fmax(residual_squares, 0) / freedom * inverse_moment)};
}

}  // namespace

ErrorGrowth fit_growth(const std::vector<GrowthPoint>& points) {
  ErrorGrowth growth;
  growth.points = static_cast<int>(points.size());
  if (growth.points < fewest_points) return growth;
  const Moments m = moments_of(points);
  const double count = growth.points;
  const bool kappa_varies = m.kk > negligible * count, n_varies = m.nn > negligible * count;
  if (kappa_varies && n_varies) {
    const double determinant = m.kk * m.nn - m.kn * m.kn;
    if (determinant <= negligible * m.kk * m.nn) return growth;  // kappa is a linear function of n: no separate slopes
    const double kappa = (m.nn * m.ke - m.kn * m.ne) / determinant;
    const double n = (m.kk * m.ne - m.kn * m.ke) / determinant;
    const double residual = m.ee - kappa * m.ke - n * m.ne;
    growth.kappa = slope_of(kappa, residual, count - 3, m.nn / determinant);
    growth.n = slope_of(n, residual, count - 3, m.kk / determinant);
  } else if (kappa_varies) {
    const double kappa = m.ke / m.kk;
    growth.kappa = slope_of(kappa, m.ee - kappa * m.ke, count - 2, 1 / m.kk);
  } else if (n_varies) {
    const double n = m.ne / m.nn;
    growth.n = slope_of(n, m.ee - n * m.ne, count - 2, 1 / m.nn);
  }
  return growth;
}

StabilityClass stability_class(const ErrorGrowth& growth, int fails, int nonfinite) {
  const auto at_least = [](const std::optional<Slope>& slope) { return slope ? slope->value - 2 * slope->error : 0; };
  const bool grows_with_kappa = at_least(growth.kappa) > 1.5;
  const bool bounded = at_least(growth.kappa) <= 3 && at_least(growth.n) <= 3;
  // An excessive error that does not grow with kappa is truncation.
  if (nonfinite > 0 || (fails > 0 && !(grows_with_kappa && bounded))) return StabilityClass::unstable;
  const auto uncertain = [](const std::optional<Slope>& slope) { return slope && slope->error > 1; };
  if ((!growth.kappa && !growth.n) || uncertain(growth.kappa) || uncertain(growth.n))
    return StabilityClass::undetermined;
  return grows_with_kappa ? StabilityClass::logarithmically_stable : StabilityClass::stable;
}

StabilityBuilder::StabilityBuilder(const SweepConfig& config) {
  for (const Scenario& scenario : config.scenarios) {
    first_cells_[&scenario] = cells_.size();
    for (const MethodSpec& method : scenario.methods) {
      for (const Arithmetic& arithmetic : scenario.arithmetics) {
        for (const Formation& formation : scenario.formations) {  // in the order of Scenario::settings
          Cell cell;
          cell.row.scenario = &scenario;
          cell.row.setting = {&method, &arithmetic, nullptr, &formation};
          cells_.push_back(std::move(cell));
        }
      }
    }
  }
}

void StabilityBuilder::add(const MatrixResult& result) {
  if (!result.condition) return;
  const ConditionReport& condition = *result.condition;
  const std::size_t first = first_cells_.at(result.input.scenario);
  const Scenario& scenario = *result.input.scenario;
  const std::size_t count = scenario.methods.size() * scenario.arithmetics.size() * scenario.formations.size();
  for (std::size_t i = 0; i < count; ++i) {  // without kernels, which come last and have no class
    const Record& record = result.records[i];
    Cell& cell = cells_[first + i];
    const bool lost_in_formation = record.error_forming.undefined == Undefined::formed_nonfinite;
    if (record.status == Status::nonfinite && !lost_in_formation) {
      const double largest = record.setting.arithmetic->storage.largest();
      cell.row.nonfinite += condition.inverse_max_abs <= largest && condition.max_abs <= largest;
    }
    if (record.trivial()) continue;
    cell.row.fails += record.for_format == ForFormat::excessive;
    if (!record.finite() || record.metrics.undefined(Metric::frobenius) != Undefined::no) continue;
    const double error = record.metrics[Metric::frobenius];
    if (error == 0) {
      ++cell.row.exact;
    } else if (std::isfinite(condition.cond_2) && condition.cond_2 >= smallest_kappa) {
      const std::array point{log2_of(condition.cond_2), log2_of(result.input.n),
                             log2_of(error) - log2_of(record.precision.largest())};
      cell.points.append(point, spool_);
    }
  }
}

std::vector<StabilityRow> StabilityBuilder::finish() {
  std::vector<StabilityRow> rows;
  for (Cell& cell : cells_) {
    const std::vector<double> kappa = cell.points.column(0, spool_), n = cell.points.column(1, spool_),
                              error = cell.points.column(2, spool_);
    std::vector<GrowthPoint> points;
    for (std::size_t k = 0; k < kappa.size(); ++k) points.push_back({kappa[k], n[k], error[k]});
    cell.row.growth = fit_growth(points);
    cell.row.name = stability_class(cell.row.growth, cell.row.fails, cell.row.nonfinite);
    rows.push_back(cell.row);
  }
  return rows;
}

}  // namespace tristab
