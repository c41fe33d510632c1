// Direct search by NLopt in a chart of few coordinates around an input: how far rates go to an end, decays to none,
// keys to a common direction, to alternating signs, to a turning one; and rates and keys of each block.
// S. G. Johnson, The NLopt nonlinear-optimization package: Subplex (Rowan 1990), Nelder-Mead with bounds (Box 1965),
// COBYLA (Powell 1994). They draw no random numbers.
#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "tristab/hunt/strategy.h"

namespace tristab {
namespace {

constexpr int shared_coordinates = 6, most_blocks = 4;

// x > 0: towards `up`; x < 0: towards `down`.
double shifted(double value, double x, double up, double down) {
  return x > 0 ? value + x * (up - value) : value - x * (down - value);
}

class Chart {
 public:
  Chart(Search& search, TokenInputs base, int block) : space_(search.space()), base_(std::move(base)), block_(block) {
    const Matrix& keys = directions_of(base_);
    const int n = keys.rows(), dim = keys.columns();
    mean_ = Matrix(1, dim);
    aside_ = Matrix(1, dim);
    for (int d = 0; d < dim; ++d) {
      for (int t = 0; t < n; ++t) mean_(0, d) += keys(t, d);
      aside_(0, d) = search.normal();
    }
    normalise(mean_);
    normalise(aside_);
    blocks_ = std::clamp((n + block - 1) / block, 1, most_blocks);
  }

  int coordinates() const { return shared_coordinates + 2 * blocks_; }

  TokenInputs at(const double* x) const {
    TokenInputs tokens = base_;
    Matrix &keys = directions_of(tokens), &rates = rate_of(tokens);
    const int n = keys.rows();
    for (int t = 0; t < n; ++t) {
      const int block = (t / block_) % blocks_;
      const double* own = x + shared_coordinates + 2 * block;
      for (int d = 0; d < rates.columns(); ++d) {
        double rate = shifted(rates(t, d), x[0], space_.rate.high, space_.rate.low);
        rate = shifted(rate, own[0], space_.rate.high, space_.rate.low);
        rates(t, d) = rate * (1 + 0x1p-6 * x[1]);
      }
      for (int d = 0; d < tokens.log_decay.columns(); ++d)
        tokens.log_decay(t, d) = shifted(tokens.log_decay(t, d), x[2], space_.log_decay.high, space_.log_decay.low);
      const double along = 0.98 * x[3], drift = x[4] * t / n, swing = t % 2 == 0 ? x[5] : -x[5], apart = own[1];
      for (int d = 0; d < keys.columns(); ++d)
        keys(t, d) = (1 - std::fabs(along)) * keys(t, d) + along * mean_(0, d) + (drift + swing + apart) * aside_(0, d);
    }
    return tokens;
  }

 private:
  static void normalise(Matrix& x) {
    double squares = 0;
    for (const double value : x.values()) squares += value * value;
    if (squares == 0) return;
    for (double& value : x.values()) value /= std::sqrt(squares);
  }

  const InputSpace& space_;
  TokenInputs base_;
  int block_, blocks_ = 1;
  Matrix mean_, aside_;
};

struct Problem {
  Search* search;
  const Chart* chart;
  nlopt_opt optimiser;
};

double height_at(unsigned, const double* x, double*, void* data) {
  const Problem& problem = *static_cast<const Problem*>(data);
  if (problem.search->done()) {
    nlopt_force_stop(problem.optimiser);
    return 0;
  }
  return problem.search->examine(problem.chart->at(x)).evaluation.score();
}

void climb(Search& search, const Chart& chart) {
  constexpr nlopt_algorithm algorithms[] = {NLOPT_LN_SBPLX, NLOPT_LN_NELDERMEAD, NLOPT_LN_COBYLA};
  const auto coordinates = static_cast<unsigned>(chart.coordinates());
  const std::unique_ptr<nlopt_opt_s, void (*)(nlopt_opt)> optimiser(
      nlopt_create(algorithms[search.below(3)], coordinates), nlopt_destroy);
  Problem problem{&search, &chart, optimiser.get()};
  nlopt_set_max_objective(optimiser.get(), height_at, &problem);
  nlopt_set_lower_bounds1(optimiser.get(), -1);
  nlopt_set_upper_bounds1(optimiser.get(), 1);
  nlopt_set_initial_step1(optimiser.get(), search.chance(0.5) ? 0.3 : 0.02);
  nlopt_set_xtol_rel(optimiser.get(), 1e-6);
  nlopt_set_maxeval(optimiser.get(), static_cast<int>(search.left()));
  std::vector<double> x(coordinates, 0.0);
  double best = 0;
  nlopt_optimize(optimiser.get(), x.data(), &best);
}

}  // namespace

Strategy direct_strategy() {
  return {"direct", "NLopt's direct searches in charts of few coordinates", false,
          [](Search& search, const HuntRequest& request, std::span<const Trial* const> elites) {
            while (!search.done()) {
              const std::int64_t before = search.used();
              climb(search, Chart(search, search.start(elites), block_of(request)));
              if (search.used() == before) search.examine(search.anywhere());
            }
          }};
}

}  // namespace tristab
