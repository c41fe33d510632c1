// One product of the kernels with its truth. Every single operation of the truth is done by MPFR, in the order that
// src/tristab/arithmetic/README.md gives: k ascending, c := round(c + round(a b)) or c := round(c + a b).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/kernels.h"

namespace tristab {

template <class Carrier>
struct ProductCase {
  int rows, inner, columns;
  int gap;  // strides are longer than the rows by this much
  Format operand;
  Accumulation accumulation;
  std::vector<double> a, b, c;  // rows x inner, inner x columns, rows x columns, without gaps

  static std::size_t at(int i, int j, int columns) {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(j);
  }

  std::string text() const {
    return std::to_string(rows) + " x " + std::to_string(inner) + " x " + std::to_string(columns) + " in " +
           accumulation.format.name + (accumulation.fma ? " fma " : " separate ") + name_of(accumulation.rounding) +
           ", operands " + operand.name;
  }

  std::vector<double> truth(MpfrOracle& oracle) const {
    const Format& format = accumulation.format;
    const Rounding rounding = accumulation.rounding;
    const bool fma = accumulation.fma;
    std::vector<double> result = c;
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) {
        double& sum = result[at(i, j, columns)];
        for (int k = 0; k < inner; ++k) {
          const double x = a[at(i, k, inner)], y = b[at(k, j, columns)];
          sum = fma ? oracle.fma(x, y, sum, format, rounding)
                    : oracle.add(sum, oracle.multiply(x, y, format, rounding), format, rounding);
        }
      }
    }
    return result;
  }

  // from_zero: the accumulator holds NaN, which the kernel must ignore.
  std::vector<double> computed(bool skip_zeros, bool from_zero = false) const {
    constexpr Carrier untouched = 77;  // in the gaps
    const auto with_gaps = [=, this](const std::vector<double>& from, int count, int width) {
      std::vector<Carrier> to(static_cast<std::size_t>(count) * static_cast<std::size_t>(width + gap), untouched);
      for (int i = 0; i < count; ++i) {
        for (int j = 0; j < width; ++j) to[at(i, j, width + gap)] = static_cast<Carrier>(from[at(i, j, width)]);
      }
      return to;
    };
    const std::vector<Carrier> left = with_gaps(a, rows, inner), right = with_gaps(b, inner, columns);
    std::vector<Carrier> sums = with_gaps(from_zero ? std::vector<double>(c.size(), kNaN) : c, rows, columns);
    ProductTask<Carrier> task;
    task.rows = rows;
    task.inner = inner;
    task.columns = columns;
    task.a = left.data();
    task.a_stride = inner + gap;
    task.b = right.data();
    task.b_stride = columns + gap;
    task.accumulator = sums.data();
    task.accumulator_stride = columns + gap;
    task.skip_zeros = skip_zeros;
    task.from_zero = from_zero;
    task.operand_precision = operand.precision;
    task.operand_min_exponent = operand.min_exponent;
    task.operand_max_exponent = operand.max_exponent;
    const auto finite = [](const std::vector<double>& values) {
      return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
    };
    task.finite = finite(a) && finite(b) && finite(c);
    accumulate_product(task, accumulation);
    std::vector<double> result(c.size());
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) result[at(i, j, columns)] = static_cast<double>(sums[at(i, j, columns + gap)]);
      for (int j = columns; j < columns + gap; ++j) EXPECT_EQ(sums[at(i, j, columns + gap)], untouched) << text();
    }
    return result;
  }

  // Checks that every SIMD level gives the truth, bit for bit.
  void check(MpfrOracle& oracle, bool skip_zeros = false) const {
    const std::vector<double> expected = truth(oracle);
    for_each_simd_level([&](const char* level) {
      const std::vector<double> result = computed(skip_zeros);
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) {
          const double got = result[at(i, j, columns)], want = expected[at(i, j, columns)];
          if (same_bits(got, want)) continue;
          ADD_FAILURE() << text() << (skip_zeros ? ", zeros skipped, " : ", ") << level << ", element (" << i << ", "
                        << j << "): " << std::hexfloat << got << ", expected " << want;
          return;  // one element for each case is enough
        }
      }
    });
  }
};

}  // namespace tristab
