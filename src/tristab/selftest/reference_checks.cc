// Certified inverses in three doubles against MPFR: the leading parts are those of the inverse in multiple precision,
// and the residual, computed without rounding, is within the bound that the certificate claims.
#include <fmt/format.h>
#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "tristab/base/json.h"
#include "tristab/format/round.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/source.h"
#include "tristab/reference/mpfr_inverse.h"
#include "tristab/reference/threefold_inverse.h"
#include "tristab/selftest/check_list.h"
#include "tristab/selftest/samples.h"

namespace tristab::selftest {
namespace {

// Families whose matrices are drawn or given by their size alone; each with its defaults.
std::vector<std::unique_ptr<Source>> open_families() {
  std::vector<std::unique_ptr<Source>> sources;
  for (const Description& family : family_descriptions()) {
    if (family.name == "file") continue;  // it needs one
    for (const FamilySpec& spec : expand_family(family.name, "selftest")) {
      sources.push_back(open_source(spec, 1, 1 << 20, {}, "selftest"));
    }
  }
  return sources;
}

// What is done to a matrix of a family: the ends of double's range, few digits (exact results, ties), huge growth.
enum class Change { none, to_fp16, to_bf16, decayed, grown, enlarged, tiny, integers, sparse, count };

void change(Change kind, Samples& samples, Matrix& a) {
  const int n = a.rows();
  const auto apply = [&](const auto& f) {
    for (int i = 1; i < n; ++i) {
      for (int j = 0; j < i; ++j) a(i, j) = f(a(i, j), i, j);
    }
  };
  const auto rounded_to = [&](const char* format) {
    const RoundingTarget<double> target(format_of(format, "selftest"));
    apply([&](double x, int, int) { return round_value(x, target, Rounding::nearest_even); });
  };
  const int step = samples.integer(1, 120);
  switch (kind) {
    case Change::to_fp16:
      return rounded_to("fp16");
    case Change::to_bf16:
      return rounded_to("bf16");
    case Change::decayed:  // down to subnormal numbers and zeros
      return apply([&](double x, int i, int j) { return std::ldexp(x, -step * (i - j)); });
    case Change::grown:
      return apply([&](double x, int i, int j) { return std::ldexp(x, std::min(step * (i - j), 300)); });
    case Change::enlarged:
      return apply([&](double x, int, int) { return std::ldexp(x, step / 8); });
    case Change::tiny:
      return apply([&](double x, int, int) { return std::ldexp(x, -8 * step); });
    case Change::integers:
      return apply([&](double, int, int) { return samples.integer(-3, 3); });
    case Change::sparse:
      return apply([&](double x, int, int) { return samples.chance(4) ? x : 0; });
    default:
      return;
  }
}

// ||I - (I + A) X||_F for X = high + low + rest, in as many bits as make it exact.
class ExactResidual {
 public:
  ExactResidual() { mpfr_inits2(4400, product_, sum_, squares_, nullptr); }
  ~ExactResidual() { mpfr_clears(product_, sum_, squares_, nullptr); }
  ExactResidual(const ExactResidual&) = delete;
  ExactResidual& operator=(const ExactResidual&) = delete;

  bool is_at_most(double bound, const Matrix& a, const std::vector<const Matrix*>& parts) {
    const int n = a.rows();
    mpfr_set_zero(squares_, 1);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < i; ++j) {
        mpfr_set_zero(sum_, 1);
        for (const Matrix* part : parts) {
          mpfr_add_d(sum_, sum_, (*part)(i, j), MPFR_RNDN);
          for (int k = j; k < i; ++k) {
            if (a(i, k) == 0 || (*part)(k, j) == 0) continue;
            mpfr_set_d(product_, a(i, k), MPFR_RNDN);
            mpfr_mul_d(product_, product_, (*part)(k, j), MPFR_RNDN);
            mpfr_add(sum_, sum_, product_, MPFR_RNDN);
          }
        }
        mpfr_sqr(sum_, sum_, MPFR_RNDU);
        mpfr_add(squares_, squares_, sum_, MPFR_RNDU);
      }
    }
    mpfr_sqrt(squares_, squares_, MPFR_RNDU);
    return mpfr_cmp_d(squares_, bound) <= 0;
  }

 private:
  mpfr_t product_, sum_, squares_;
};

// What the end of double's range takes from the parts of X: a row of L times that.
double lost_below_the_range(const Matrix& a) {
  double largest = 1;
  for (const double x : a.values()) largest = std::max(largest, std::fabs(x));
  return largest * a.rows() * 0x1p-1060;
}

// Whether `low` agrees. MPFR's 192 bits end at 2^-192 |high|; where `low` lies far below `high`, three doubles reach
// further.
bool same_rest(const Reference& x, const Reference& y) {
  for (std::size_t k = 0; k < x.low.values().size(); ++k) {
    const double difference = std::fabs(x.low.values()[k] - y.low.values()[k]);
    if (difference > 0x1p-185 * std::fabs(y.high.values()[k])) return false;
  }
  return true;
}

void check_matrix(const Matrix& a, const std::string& what, Tally& tally) {
  Matrix rest;
  const std::optional<Reference> proven = invert_threefold(a, &rest);
  if (!proven) return;  // then MPFR gives the answer itself
  tally.count(1);
  const Reference expected = invert_in_mpfr(a);
  thread_local ExactResidual residual;
  if (proven->high != expected.high || !same_rest(*proven, expected)) {
    tally.mismatch([&] { return fmt::format("{}: other leading parts than in MPFR", what); });
  } else if (!residual.is_at_most(proven->residual + lost_below_the_range(a), a,
                                  {&proven->high, &proven->low, &rest})) {
    tally.mismatch([&] { return fmt::format("{}: the residual is above {}", what, hexadecimal(proven->residual)); });
  } else if (!(proven->residual <= 0x1p-80)) {
    tally.mismatch([&] { return fmt::format("{}: residual {}", what, hexadecimal(proven->residual)); });
  }
}

}  // namespace

void check_references(const Runner& runner, Effort effort, Tally& tally) {
  const std::vector<std::unique_ptr<Source>> sources = open_families();
  const std::size_t trials = effort == Effort::exhaustive ? 80 : 8;
  const auto kinds = static_cast<std::size_t>(Change::count);
  over_levels(
      runner, sources.size() * kinds * trials, tally, [&](const std::string& level, std::size_t item, Tally& own) {
        const std::size_t trial = item / (sources.size() * kinds), family = item / kinds % sources.size();
        Samples samples(item);
        const int n = trial == 0 ? 40 : samples.integer(2, 24);
        Problem problem = sources[family]->problem(n, std::min(static_cast<int>(trial), sources[family]->count(n) - 1));
        change(static_cast<Change>(item % kinds), samples, problem.a);
        if (!all_finite(problem.a)) return;
        check_matrix(problem.a, fmt::format("{}, change {}, {}", problem.id, item % kinds, level), own);
      });
}

}  // namespace tristab::selftest
