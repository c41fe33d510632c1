#include "tristab/arithmetic/code_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "support/simd_levels.h"

namespace tristab::code_product_test {

enum class Pattern { random, lowest, extremes, lower_triangle, blocks };

// Codes of a matrix, row by row.
std::vector<float> codes(int rows, int columns, Pattern pattern, std::mt19937& engine) {
  std::vector<float> matrix;
  const auto code = [&](int i, int j) {
    switch (pattern) {
      case Pattern::lowest:
        return -128;
      case Pattern::extremes:
        return engine() % 2 == 0 ? -128 : 127;
      case Pattern::lower_triangle:
        if (j >= i) return 0;
        break;
      case Pattern::blocks:
        if (i / 8 != j / 8) return 0;
        break;
      case Pattern::random:
        break;
    }
    return static_cast<int>(engine() % 256) - 128;
  };
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) matrix.push_back(static_cast<float>(code(i, j)));
  }
  return matrix;
}

void expect_exact_sums(int rows, int inner, int columns, Pattern pattern, CodeInstructions instructions) {
  std::mt19937 engine(static_cast<unsigned>(rows * 10007 + inner * 101 + columns));
  const std::vector<float> a = codes(rows, inner, pattern, engine), b = codes(inner, columns, pattern, engine);
  const auto size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  std::vector<float> sums(size + 1, 0.5F);  // what lies behind the last sum stays
  const CodeTask task{{a.data(), inner, rows, inner}, 1, {b.data(), columns, inner, columns}, 1, sums.data()};
  if (!sum_codes(task, instructions)) return;
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      std::int64_t sum = 0;
      for (int k = 0; k < inner; ++k)
        sum += static_cast<std::int64_t>(a[static_cast<std::size_t>(i * inner + k)]) *
               static_cast<std::int64_t>(b[static_cast<std::size_t>(k * columns + j)]);
      ASSERT_EQ(sums[static_cast<std::size_t>(i * columns + j)], static_cast<float>(sum))
          << rows << 'x' << inner << 'x' << columns << " at " << i << ' ' << j;
    }
  }
  EXPECT_EQ(sums.back(), 0.5F);
}

template <class Body>
void for_all_instructions(const Body& body) {
  for_each_simd_level([&](const char*) {
    for (const CodeInstructions instructions : {CodeInstructions::best, CodeInstructions::pairs}) body(instructions);
  });
}

constexpr Pattern patterns[] = {Pattern::random, Pattern::lowest, Pattern::extremes, Pattern::lower_triangle,
                                Pattern::blocks};

TEST(CodeProduct, sums_of_every_shape_are_those_of_64_bits) {
  for_all_instructions([](CodeInstructions instructions) {
    for (const Pattern pattern : patterns) {
      for (const int rows : {1, 3, 4, 9}) {
        for (const int inner : {1, 2, 3, 5, 16, 31, 66}) {
          for (const int columns : {1, 7, 8, 15, 17, 33, 64, 65, 100})
            expect_exact_sums(rows, inner, columns, pattern, instructions);
        }
      }
      expect_exact_sums(64, 64, 64, pattern, instructions);
      expect_exact_sums(128, 128, 128, pattern, instructions);
    }
  });
}

TEST(CodeProduct, long_sums_of_extreme_codes_do_not_saturate) {
  for_all_instructions([](CodeInstructions instructions) {
    // 2^14 131071 is the longest sum within 32 bits; 65794 the first at which 255 times -128 leaves them on the way.
    for (const int inner : {65794, 131071}) expect_exact_sums(2, inner, 17, Pattern::lowest, instructions);
    expect_exact_sums(5, 70001, 9, Pattern::extremes, instructions);
  });
}

TEST(CodeProduct, scaled_parts_of_matrices_leave_out_a_diagonal) {
  std::mt19937 engine(5);
  const int stride = 40, rows = 6, inner = 11, columns = 19;
  const float scale = 0x1.91p-7F;
  std::vector<float> a = codes(rows, stride, Pattern::random, engine),
                     b = codes(inner, stride, Pattern::random, engine);
  for (std::vector<float>* x : {&a, &b}) {
    for (float& value : *x) value *= scale;
  }
  const auto code = [&](const std::vector<float>& x, int i, int j, int outside) {
    if (j == i + outside) return 0;
    return static_cast<int>(std::lround(x[static_cast<std::size_t>(i * stride + j)] / scale));
  };
  for_all_instructions([&](CodeInstructions instructions) {
    for (const int outside : {-2, 0, 3, 12}) {
      std::vector<float> sums(static_cast<std::size_t>(rows * columns));
      const CodeTask task{{a.data(), stride, rows, inner, true, outside},
                          1 / scale,
                          {b.data(), stride, inner, columns, true, outside},
                          1 / scale,
                          sums.data()};
      if (!sum_codes(task, instructions)) return;
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) {
          int sum = 0;
          for (int k = 0; k < inner; ++k) sum += code(a, i, k, outside) * code(b, k, j, outside);
          EXPECT_EQ(sums[static_cast<std::size_t>(i * columns + j)], static_cast<float>(sum)) << i << ' ' << j;
        }
      }
    }
  });
}

}  // namespace tristab::code_product_test
