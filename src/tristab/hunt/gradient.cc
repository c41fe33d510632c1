// Ascent along the gradient of a smooth exact model of what makes methods fail, without any rounding:
//   log ||B^p||_F, B the diagonal blocks of A (of the method's size, or all of A), p = 2, 4, ..., half a block: the
//     powers that doubling forms
//   log ||(I + A)^-1||_F: the growth of the inverse itself
// With P_k = P_{k-1}^2 the adjoint is G_{k-1} = G_k P_{k-1}^T + P_{k-1}^T G_k; of the second, -X^T X X^T / ||X||_F^2.
// Every factor of A is elementwise linear in the keys and in the rates, so a difference gives its derivative exactly.
#include "tristab/hunt/gradient.h"

#include <algorithm>
#include <cmath>

#include "tristab/base/elementary.h"
#include "tristab/hunt/strategy.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/plain_algebra.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

struct Slope {
  double value = 0;
  Matrix a;  // dF/dA
};

// Products of strictly lower triangular matrices, and what the adjoint of a square needs of them: strictly lower
// triangles only, sixths of n^3.

// x y
Matrix lower_product(const Matrix& x, const Matrix& y) {
  const int n = x.rows();
  Matrix product(n, n);
  for (int i = 0; i < n; ++i) {
    double* row = product.row(i);
    for (int k = 0; k < i; ++k) {
      const double factor = x(i, k);
      if (factor == 0) continue;
      const double* other = y.row(k);
      for (int j = 0; j < k; ++j) row[j] += factor * other[j];
    }
  }
  return product;
}

// The strictly lower triangle of slope x^T + x^T slope: any other element of x is always 0.
Matrix adjoint_of_square(const Matrix& slope, const Matrix& x) {
  const int n = x.rows();
  Matrix result(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) result(i, j) = dot(slope.row(i), x.row(j), static_cast<std::size_t>(j));
  }
  for (int k = 0; k < n; ++k) {
    for (int i = 0; i < k; ++i) {
      const double factor = x(k, i);
      if (factor == 0) continue;
      const double* row = slope.row(k);
      double* target = result.row(i);
      for (int j = 0; j < i; ++j) target[j] += factor * row[j];
    }
  }
  return result;
}

// The strictly lower triangle of x^T x x^T, x lower triangular.
Matrix growth_of_inverse(const Matrix& x) {
  const int n = x.rows();
  Matrix squares(n, n), result(n, n);  // x^T x
  for (int k = 0; k < n; ++k) {
    for (int i = 0; i <= k; ++i) {
      for (int j = 0; j <= k; ++j) squares(i, j) += x(k, i) * x(k, j);
    }
  }
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) result(i, j) = dot(squares.row(i), x.row(j), static_cast<std::size_t>(j) + 1);
  }
  return result;
}

void keep_blocks(int block, Matrix& x) {
  for (int i = 0; i < x.rows(); ++i) {
    for (int j = 0; j < x.columns(); ++j) {
      if (i / block != j / block || j >= i) x(i, j) = 0;
    }
  }
}

Slope slope_of(const GrowthModel& model, const Matrix& a) {
  Slope slope;
  if (model.block == 0) {
    const Matrix x = plain_inverse(a);
    const double size = frobenius_norm(x);
    slope.value = natural_log(size);
    slope.a = growth_of_inverse(x);
    for (double& value : slope.a.values()) value *= -1 / (size * size);
    return slope;
  }
  std::vector<Matrix> powers{a};
  keep_blocks(model.block, powers.front());
  for (int k = 0; k < model.squarings; ++k) powers.push_back(lower_product(powers.back(), powers.back()));
  const double size = frobenius_norm(powers.back());
  if (!(size > 1e-280) || !std::isfinite(size)) {
    slope.value = -1e3;
    slope.a = powers.front();  // larger entries first
    return slope;
  }
  slope.value = natural_log(size);
  slope.a = powers.back();
  for (double& value : slope.a.values()) value /= size * size;
  for (int k = model.squarings; k-- > 0;) slope.a = adjoint_of_square(slope.a, powers[static_cast<std::size_t>(k)]);
  keep_blocks(model.block, slope.a);
  return slope;
}

// dF/d(left), dF/d(right), dF/d(scale), dF/d(g).
struct FactorSlopes {
  Matrix left, right, decay;
  std::vector<double> scale;
};

FactorSlopes through_product(const GatedFactors& factors, const Matrix& slope) {
  const int n = factors.left.rows(), dim = factors.left.columns(), width = factors.log_decay.columns();
  const Matrix upper = left_sums(factors), lower = right_sums(factors);
  FactorSlopes result{Matrix(n, dim), Matrix(n, dim), Matrix(n, width),
                      std::vector<double>(static_cast<std::size_t>(n))};
  Matrix of_left(n, width), of_right(n, width);  // dF/dP, dF/dG
  for (int i = 0; i < n; ++i) {
    const double s = factors.scale.empty() ? 1 : factors.scale[static_cast<std::size_t>(i)];
    for (int j = 0; j < i; ++j) {
      const double ds = slope(i, j);
      if (ds == 0) continue;
      const double all = width == 1 ? exponential(upper(i, 0) - lower(j, 0)) : 1;
      double product = 0;
      for (int d = 0; d < dim; ++d) {
        const double e = width > 1 ? exponential(upper(i, d) - lower(j, d)) : all;
        const double l = factors.left(i, d), r = factors.right(j, d), term = l * r * e;
        result.left(i, d) += ds * s * r * e;
        result.right(j, d) += ds * s * l * e;
        product += term;
        if (width > 1) {
          of_left(i, d) += ds * s * term;
          of_right(j, d) -= ds * s * term;
        }
      }
      result.scale[static_cast<std::size_t>(i)] += ds * product;
      if (width == 1) {
        of_left(i, 0) += ds * s * product;
        of_right(j, 0) -= ds * s * product;
      }
    }
  }
  for (int d = 0; d < width; ++d) {
    double after = 0;
    for (int t = n; t-- > 0;) {
      after += of_right(t, d) + (factors.left_before_decay ? 0 : of_left(t, d));
      result.decay(t, d) = after;
      if (factors.left_before_decay) after += of_left(t, d);
    }
  }
  return result;
}

// The factors with one tensor one larger everywhere, minus the factors: their derivatives.
struct Derivative {
  Matrix left, right;
  std::vector<double> scale;
};

Derivative derivative_by(const TokenInputs& tokens, Matrix& (*tensor)(TokenInputs&)) {
  TokenInputs shifted = tokens;
  for (double& x : tensor(shifted).values()) x += 1;
  derive(shifted);
  const GatedFactors before = factors_of(tokens), after = factors_of(shifted);
  Derivative result{after.left, after.right, after.scale};
  for (std::size_t k = 0; k < before.left.values().size(); ++k) {
    result.left.values()[k] -= before.left.values()[k];
    result.right.values()[k] -= before.right.values()[k];
  }
  for (std::size_t k = 0; k < before.scale.size(); ++k) result.scale[k] -= before.scale[k];
  return result;
}

Matrix chained(const FactorSlopes& slopes, const Derivative& by, int columns) {
  const int n = slopes.left.rows(), dim = slopes.left.columns();
  Matrix result(n, columns);
  for (int t = 0; t < n; ++t) {
    for (int d = 0; d < dim; ++d)
      result(t, columns == 1 ? 0 : d) += slopes.left(t, d) * by.left(t, d) + slopes.right(t, d) * by.right(t, d);
    if (!by.scale.empty()) {
      const double part = slopes.scale[static_cast<std::size_t>(t)] * by.scale[static_cast<std::size_t>(t)];
      result(t, 0) += columns == 1 ? part : 0;
    }
  }
  return result;
}

// x + step (range of x) slope / max |slope|.
void climb(double step, double width, const Matrix& slope, Matrix& x) {
  const double largest = max_abs(slope);
  if (!(largest > 0) || !std::isfinite(largest)) return;
  for (std::size_t k = 0; k < x.values().size(); ++k) x.values()[k] += step * width * slope.values()[k] / largest;
}

TokenInputs step_up(const InputSpace& space, const TokenInputs& tokens, const GrowthSlope& slope, double step) {
  TokenInputs next = tokens;
  climb(step, space.length.high, slope.directions, directions_of(next));
  climb(step, space.rate.high - space.rate.low, slope.rates, rate_of(next));
  climb(step, space.log_decay.high - space.log_decay.low, slope.decays, next.log_decay);
  return next;
}

GrowthModel draw_model(Search& search, const HuntRequest& request) {
  const int n = search.space().n, block = search.chance(0.5) ? block_of(request) : n;
  if (search.chance(0.2) || block < 4) return {};
  int most = 0;
  while ((4 << most) <= block) ++most;  // powers up to half a block
  return {block, 1 + search.below(most)};
}

}  // namespace

GrowthSlope growth_slope(const GrowthModel& model, const TokenInputs& tokens) {
  const Slope slope = slope_of(model, delta_rule_matrix(tokens));
  FactorSlopes slopes = through_product(factors_of(tokens), slope.a);
  return {slope.value, chained(slopes, derivative_by(tokens, directions_of), directions_of(tokens).columns()),
          chained(slopes, derivative_by(tokens, rate_of), rate_of(tokens).columns()), std::move(slopes.decay)};
}

Strategy gradient_strategy() {
  return {"gradient", "ascent of powers of A, or of the inverse, in exact arithmetic", false,
          [](Search& search, const HuntRequest& request, std::span<const Trial* const> elites) {
            while (!search.done()) {
              const GrowthModel model = draw_model(search, request);
              Trial current = search.examine(search.chance(0.5) ? search.anywhere() : search.start(elites));
              if (current.tokens.rule == nullptr) continue;
              GrowthSlope slope = growth_slope(model, current.tokens);
              double step = 0.5;
              for (int k = 0; k < 24 && step > 1e-4 && !search.done(); ++k) {
                Trial next = search.examine(step_up(search.space(), current.tokens, slope, step));
                if (next.tokens.rule == nullptr) break;
                GrowthSlope there = growth_slope(model, next.tokens);
                if (there.value > slope.value) {
                  current = std::move(next);
                  slope = std::move(there);
                  step *= 1.5;
                } else {
                  step *= 0.4;
                }
              }
            }
          }};
}

}  // namespace tristab
