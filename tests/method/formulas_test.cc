// Each formula once more by plain loops: the methods must give the same bits, rounding point by rounding point.
#include "plain_loops.h"
#include "problems.h"

#include "tristab/base/json.h"

namespace tristab::formulas_test {

using plain::block;
using plain::doubled;
using plain::identity;
using plain::negative;
using plain::place;
using plain::strictly_lower;
using plain::Unit;

// Multiply and add separately, so that the plain loops need one rule.
Json separate(const char* format) { return {{"arithmetic", format}, {"fma", false}}; }
Json fused_fp32() { return {{"arithmetic", "fp32"}, {"fma", true}}; }

// A case on all sizes that matter: below, at and above the block sizes.
template <class Formula>
void expect_same_bits(const Json& method, const char* format, std::initializer_list<int> sizes,
                      const Formula& formula) {
  for (const int n : sizes) {
    const Matrix a = strictly_lower(n, 0.7, 100 + static_cast<std::uint64_t>(n));
    const Unit unit(format);
    EXPECT_EQ(inverted(method, separate(format), a).x, formula(a, unit)) << method << " n " << n << " " << format;
  }
}

// x_rj = -a_rj, then -a_rk x_kj added for k = j+1 .. r-1.
Matrix gauss_jordan(const Matrix& a, const Unit& unit) {
  const int n = a.rows();
  Matrix x = identity(n);
  for (int j = 0; j < n; ++j) {
    for (int r = j + 1; r < n; ++r) {
      double sum = -a(r, j);
      for (int k = j + 1; k < r; ++k) sum = unit.multiply_add(sum, -a(r, k), x(k, j));
      x(r, j) = sum;
    }
  }
  return x;
}

TEST(Formulas, gauss_jordan_adds_the_pivots_in_ascending_order_to_minus_a) {
  for (const char* format : {"fp16", "bf16", "fp32"}) {
    expect_same_bits("gauss-jordan", format, {1, 2, 8, 16, 33}, gauss_jordan);
  }
  const Matrix a = strictly_lower(16, 0.9, 5);
  EXPECT_EQ(inverted("gauss-jordan", fused_fp32(), a).x, gauss_jordan(a, Unit("fp32", true)));
}

// FLA's rows: r = -A_i, row = fl(r + sum_k r_k X_k), the identity at the end.
Matrix strict_rows(const Matrix& a, const Unit& unit) {
  const int n = a.rows();
  Matrix x(n, n);
  for (int i = 1; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      double sum = 0;
      for (int k = 0; k < i; ++k) sum = unit.multiply_add(sum, -a(i, k), x(k, j));
      x(i, j) = unit.sum(-a(i, j), sum);
    }
  }
  return unit.add(identity(n), x);
}

TEST(Formulas, strict_rows_add_the_addend_to_the_finished_sum) {
  const Json method = with("row-substitution", {{"form", "strict"}, {"order", "dot"}});
  for (const char* format : {"fp16", "fp32"}) expect_same_bits(method, format, {1, 2, 16, 33}, strict_rows);
}

Matrix mch(const Matrix& a, const Unit& unit, const std::string& addend, bool power_first) {
  const int n = a.rows();
  Matrix x = unit.subtract(identity(n), a), y = a;
  for (int power = 2; power < n; power *= 2) {
    y = unit.product(y, y);
    const Matrix factor = addend == "operand" ? unit.add(identity(n), y) : y;
    const Matrix& left = power_first ? factor : x;
    const Matrix& right = power_first ? x : factor;
    const bool last = 2 * power >= n;
    if (addend == "separate") {
      x = unit.add(x, unit.product(left, right));
    } else {
      const Matrix sum = addend == "operand" ? unit.kept(left, right) : unit.kept(x, {{left, right}});
      x = last ? sum : unit.fl(sum);
    }
  }
  return x;
}

TEST(Formulas, mch_in_every_addend_and_order) {
  for (const char* addend : {"accumulator", "separate", "operand"}) {
    for (const char* order : {"power-last", "power-first"}) {
      const Json method = with("mch", {{"addend", addend}, {"order", order}});
      const auto formula = [&](const Matrix& a, const Unit& unit) {
        return mch(a, unit, addend, std::string(order) == "power-first");
      };
      for (const char* format : {"fp16", "bf16"}) expect_same_bits(method, format, {1, 2, 3, 16, 21}, formula);
    }
  }
}

// (I + B)(I + B^2) ... (I + B^m), B = -A, multiplied from the highest power down; `kept`: X stays in fp32.
Matrix descending(const Matrix& a, const Unit& unit, const std::string& addend, bool power_first, bool kept) {
  const int n = a.rows();
  if (n <= 2) return unit.subtract(identity(n), a);
  std::vector<Matrix> powers{negative(a)};
  while ((2 << powers.size()) < n) powers.push_back(unit.product(powers.back(), powers.back()));
  const bool accumulator = addend == "accumulator";
  Matrix x = accumulator ? unit.kept(identity(n), {{powers.back(), powers.back()}})
                         : unit.add(identity(n), unit.product(powers.back(), powers.back()));
  if (!kept) x = unit.fl(x);
  for (std::size_t p = powers.size(); p-- > 0;) {
    const Matrix factor = addend == "operand" ? unit.add(identity(n), powers[p]) : powers[p];
    const Matrix& left = power_first ? factor : x;
    const Matrix& right = power_first ? x : factor;
    x = addend == "separate" ? unit.add(x, unit.product(left, right))
        : accumulator        ? unit.kept(x, {{left, right}})
                             : unit.kept(left, right);
    if (!kept && p > 0) x = unit.fl(x);
  }
  return x;
}

TEST(Formulas, mch_from_the_highest_power_down) {
  for (const char* order : {"power-last", "power-first"}) {
    const bool first = std::string(order) == "power-first";
    for (const char* addend : {"accumulator", "separate", "operand"}) {
      const Json method = with("mch", {{"powers", "descending"}, {"addend", addend}, {"order", order}});
      expect_same_bits(method, "bf16", {1, 2, 3, 4, 5, 16, 21},
                       [&](const Matrix& a, const Unit& unit) { return descending(a, unit, addend, first, false); });
    }
    const Json kept = with("mch", {{"powers", "descending"}, {"accumulator", "kept"}, {"order", order}});
    expect_same_bits(kept, "bf16", {2, 4, 16, 21}, [&](const Matrix& a, const Unit& unit) {
      return descending(a, unit, "accumulator", first, true);
    });
  }
}

// Block rows from the top: what the rows above contribute is one product, the rest is substituted.
Matrix solved_block_rows(const Matrix& a, const Unit& unit, int b) {
  const int n = a.rows();
  Matrix x(n, n);
  for (int begin = 0; begin < n; begin += b) {
    Matrix rest = block(identity(n), begin, 0, b, n);
    if (begin > 0) rest = unit.subtract(rest, unit.kept(block(a, begin, 0, b, begin), block(x, 0, 0, begin, n)));
    for (int i = 0; i < b; ++i) {
      for (int j = 0; j < n; ++j) {
        double sum = rest(i, j);
        for (int k = 0; k < i; ++k) sum = unit.multiply_add(sum, -a(begin + i, begin + k), x(begin + k, j));
        x(begin + i, j) = sum;
      }
    }
  }
  return x;
}

TEST(Formulas, block_rows_are_solved_from_the_top) {
  for (const char* format : {"fp32", "bf16"}) {
    for (const Json& method :
         {with("blocked-substitution", {{"merge", "solve"}, {"block", 8}}), with("solve", {{"block", 8}})}) {
      expect_same_bits(method, format, {8, 16, 32},
                       [](const Matrix& a, const Unit& unit) { return solved_block_rows(a, unit, 8); });
    }
  }
}

TEST(Formulas, the_product_form_of_the_neumann_series_is_mch) {
  for (const char* addend : {"accumulator", "separate"}) {
    const Json method = with("neumann", {{"evaluation", "product"}, {"addend", addend}});
    const auto formula = [&](const Matrix& a, const Unit& unit) { return mch(a, unit, addend, false); };
    expect_same_bits(method, "bf16", {1, 2, 8, 16, 21}, formula);
  }
}

Matrix horner(const Matrix& a, const Unit& unit, bool separate_addend) {
  const int n = a.rows();
  Matrix x = n == 1 ? identity(1) : unit.subtract(identity(n), a);
  for (int i = 2; i < n; ++i) {
    if (separate_addend) {
      x = unit.add(identity(n), unit.product(negative(a), x));
    } else {
      x = unit.kept(identity(n), {{negative(a), x}});
      if (i < n - 1) x = unit.fl(x);
    }
  }
  return x;
}

TEST(Formulas, neumann_by_horner_adds_in_or_beside_the_accumulator) {
  for (const bool separate_addend : {false, true}) {
    const Json method = with("neumann", {{"addend", separate_addend ? "separate" : "accumulator"}});
    const auto formula = [&](const Matrix& a, const Unit& unit) { return horner(a, unit, separate_addend); };
    expect_same_bits(method, "bf16", {1, 2, 3, 16}, formula);
  }
}

TEST(Formulas, neumann_by_powers_and_separate_addend_rounds_the_last_power) {
  expect_same_bits(with("neumann", {{"evaluation", "powers"}, {"addend", "separate"}}), "bf16", {3, 16},
                   [](const Matrix& a, const Unit& unit) {
                     Matrix power = negative(a), x = unit.subtract(identity(a.rows()), a);
                     for (int i = 2; i < a.rows(); ++i) {
                       power = unit.product(power, negative(a));
                       x = unit.add(x, power);
                     }
                     return x;
                   });
}

TEST(Formulas, paterson_stockmeyer_of_degree_15_in_four_groups_of_four) {
  for (const bool separate_addend : {false, true}) {
    const Json method = with("paterson-stockmeyer", {{"addend", separate_addend ? "separate" : "accumulator"}});
    expect_same_bits(method, "bf16", {16}, [&](const Matrix& a, const Unit& unit) {
      const Matrix b = negative(a), b2 = unit.product(b, b), b3 = unit.product(b2, b), b4 = unit.product(b3, b);
      const Matrix g = unit.add(unit.add(unit.add(identity(16), b), b2), b3);
      Matrix x = g;
      for (int group = 2; group >= 0; --group) {
        if (separate_addend) {
          x = unit.add(g, unit.product(b4, x));
        } else {
          x = unit.kept(g, {{b4, x}});
          if (group > 0) x = unit.fl(x);
        }
      }
      return x;
    });
  }
}

TEST(Formulas, paterson_stockmeyer_with_short_last_groups) {
  // Degree 4 in groups of 3: G = I + B + B^2, X = fl(G + B^3 (I + B)); degree 3: X = fl(G + B^3).
  const auto three = [](const Matrix& a, const Unit& unit, bool one_term) {
    const Matrix b = negative(a), b2 = unit.product(b, b), b3 = unit.product(b2, b);
    const Matrix two_terms = unit.add(identity(a.rows()), b);
    const Matrix g = unit.add(two_terms, b2);
    return one_term ? unit.add(g, b3) : unit.kept(g, {{b3, two_terms}});
  };
  for (const bool one_term : {false, true}) {
    expect_same_bits(with("paterson-stockmeyer", {{"degree", one_term ? 3 : 4}, {"group", 3}}), "fp16", {9},
                     [&](const Matrix& a, const Unit& unit) { return three(a, unit, one_term); });
  }
}

Matrix newton_schulz_kept(const Matrix& a, const Unit& unit, int steps) {
  const Matrix minus_m = negative(unit.add(identity(a.rows()), a));
  Matrix x = unit.subtract(identity(a.rows()), a);
  for (int step = 0; step < steps; ++step) x = unit.kept(doubled(x), {{unit.product(x, minus_m), x}});
  return x;
}

TEST(Formulas, newton_schulz_with_a_kept_accumulator_rounds_operands_only) {
  for (const int steps : {1, 3, 4}) {
    const Json method =
        with("newton-schulz", {{"start", "identity-minus-a"}, {"steps", steps}, {"accumulator", "kept"}});
    expect_same_bits(method, "bf16", {16},
                     [&](const Matrix& a, const Unit& unit) { return newton_schulz_kept(a, unit, steps); });
  }
}

// X <- X - X S X for block sizes 1, 2, 4, ...
Matrix ladder(const Matrix& a, const Unit& unit, bool left, bool separate_addend) {
  const int n = a.rows();
  Matrix x = identity(n);
  for (int m = 1; m < n; m *= 2) {
    Matrix s(n, n);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < i; ++j) {
        if (i / m != j / m && i / (2 * m) == j / (2 * m)) s(i, j) = a(i, j);
      }
    }
    const Matrix p = left ? unit.product(x, s) : x, q = left ? x : unit.product(s, x);
    if (separate_addend) {
      x = unit.subtract(x, unit.product(p, q));
    } else {
      x = unit.kept(x, {{negative(p), q}});
      if (2 * m < n) x = unit.fl(x);
    }
  }
  return x;
}

TEST(Formulas, ladder_in_both_associations_and_addends) {
  for (const char* association : {"right", "left"}) {
    for (const char* addend : {"separate", "accumulator"}) {
      const Json method = with("ladder", {{"association", association}, {"addend", addend}});
      expect_same_bits(method, "fp16", {1, 2, 16, 32}, [&](const Matrix& a, const Unit& unit) {
        return ladder(a, unit, std::string(association) == "left", std::string(addend) == "separate");
      });
    }
  }
}

TEST(Formulas, bounded_doubling_squares_the_block_nilpotent_part_only) {
  expect_same_bits(with("bounded-doubling", {{"block", 4}}), "fp16", {4, 8, 12, 32},
                   [](const Matrix& a, const Unit& unit) {
                     const int n = a.rows(), index = n / 4;
                     Matrix d(n, n), below = a;
                     for (int i = 0; i < n; i += 4) {
                       const Matrix inverse = mch(block(a, i, i, 4, 4), unit, "accumulator", false);
                       place(d, i, i, index == 1 ? inverse : unit.fl(inverse));
                       place(below, i, i, Matrix(4, 4));
                     }
                     if (index == 1) return d;
                     const Matrix minus_p = unit.product(d, below);
                     Matrix sum = unit.subtract(identity(n), minus_p), y = minus_p;
                     for (int power = 2; power < index; power *= 2) {
                       y = unit.product(y, y);
                       sum = unit.fl(unit.kept(sum, {{sum, y}}));
                     }
                     return unit.kept(sum, d);
                   });
}

// -(X22 A21) X11 for pairs of blocks, b -> 2b -> ...; `halves`: the last product in two rounded halves of k.
Matrix doubling(const Matrix& a, Matrix x, int b, const Unit& unit, bool halves) {
  for (int m = b; m < a.rows(); m *= 2) {
    const bool last = 2 * m >= a.rows();
    for (int i = 0; i < a.rows(); i += 2 * m) {
      const Matrix x11 = block(x, i, i, m, m), x22 = block(x, i + m, i + m, m, m);
      const Matrix inner = unit.product(negative(x22), block(a, i + m, i, m, m));
      Matrix x21 = unit.kept(inner, x11);
      if (!last) x21 = unit.fl(x21);
      if (last && halves) {
        x21 = unit.add(unit.product(block(inner, 0, 0, m, m / 2), block(x11, 0, 0, m / 2, m)),
                       unit.product(block(inner, 0, m / 2, m, m / 2), block(x11, m / 2, 0, m / 2, m)));
      }
      place(x, i + m, i, x21);
    }
  }
  return x;
}

Matrix block_diagonal(const Matrix& a, int b, const std::function<Matrix(const Matrix&)>& inverse) {
  Matrix d(a.rows(), a.rows());
  for (int i = 0; i < a.rows(); i += b) place(d, i, i, inverse(block(a, i, i, b, b)));
  return d;
}

TEST(Formulas, doubling_merge_with_other_diagonal_phases) {
  const struct {
    Json diagonal;
    std::function<Matrix(const Matrix&, const Unit&)> inverse;
  } phases[] = {{"gauss-jordan", gauss_jordan},
                {with("row-substitution", {{"form", "strict"}, {"order", "dot"}}), strict_rows},
                {with("mch", {{"addend", "separate"}}),
                 [](const Matrix& a, const Unit& unit) { return mch(a, unit, "separate", false); }},
                {with("neumann", {{"addend", "separate"}}),
                 [](const Matrix& a, const Unit& unit) { return horner(a, unit, true); }},
                {with("newton-schulz", {{"start", "identity-minus-a"}, {"steps", 3}, {"accumulator", "kept"}}),
                 [](const Matrix& a, const Unit& unit) { return newton_schulz_kept(a, unit, 3); }}};
  for (const auto& phase : phases) {
    for (const char* last_product : {"whole", "halves"}) {
      const Json method =
          with("blocked-substitution",
               {{"block", 8}, {"merge", "doubling"}, {"diagonal", phase.diagonal}, {"last_product", last_product}});
      expect_same_bits(method, "fp16", {8, 16, 64}, [&](const Matrix& a, const Unit& unit) {
        const Matrix d = block_diagonal(a, 8, [&](const Matrix& part) { return phase.inverse(part, unit); });
        return doubling(a, d, 8, unit, std::string(last_product) == "halves");
      });
    }
  }
}

// Two 8-blocks and B - B A21 B with dense 16 x 16 products (flashinfer-kda-bt16) are the doubling merge.
TEST(Formulas, B_minus_B_A21_B_is_the_doubling_merge) {
  const Json method = with("blocked-substitution", {{"block", 8}, {"merge", "doubling"}, {"diagonal", "mch"}});
  expect_same_bits(method, "fp16", {16}, [](const Matrix& a, const Unit& unit) {
    const Matrix b = block_diagonal(a, 8, [&](const Matrix& part) { return mch(part, unit, "accumulator", false); });
    Matrix a21(16, 16);
    place(a21, 8, 0, block(a, 8, 0, 8, 8));
    return unit.kept(b, {{negative(unit.product(b, a21)), b}});
  });
}

// tt-metal: 4-blocks by Horner, pairs of them by B = A + (A L2) A, then (I + M3)(I + M3^2) B with M3 = B L3.
TEST(Formulas, nested_blocks_are_bounded_doubling_of_a_recursion_of_horner) {
  const Json method =
      with("bounded-doubling",
           {{"block", 8},
            {"addend", "operand"},
            {"diagonal",
             {{"method", "recursive"}, {"block", 4}, {"diagonal", {{"method", "neumann"}, {"addend", "separate"}}}}}});
  expect_same_bits(method, "bf16", {32}, [](const Matrix& a, const Unit& unit) {
    Matrix b = block_diagonal(a, 4, [&](const Matrix& part) { return horner(part, unit, true); });
    Matrix l3 = negative(a);
    for (int i = 0; i < 32; i += 8) {
      const Matrix m2 = unit.product(block(b, i + 4, i + 4, 4, 4), negative(block(a, i + 4, i, 4, 4)));
      place(b, i + 4, i, unit.product(m2, block(b, i, i, 4, 4)));
      place(l3, i, i, Matrix(8, 8));
    }
    const Matrix m3 = unit.product(b, l3), m3_squared = unit.product(m3, m3);
    const Matrix factors = unit.product(unit.add(identity(32), m3), unit.add(identity(32), m3_squared));
    return unit.kept(factors, b);
  });
}

// FLA's merges at four blocks: 21, 32, 43 associate left; the others are -Ai_ii times one accumulation chain.
Matrix fla_solve_tril(const Matrix& a, const Unit& unit, const std::function<Matrix(const Matrix&)>& diagonal) {
  const int count = a.rows() / 16;
  Matrix x = block_diagonal(a, 16, diagonal);
  const auto part = [&](const Matrix& of, int i, int j) { return block(of, 16 * i, 16 * j, 16, 16); };
  for (int i = 1; i < count; ++i) {
    place(x, 16 * i, 16 * (i - 1),
          negative(unit.kept(unit.product(part(x, i, i), part(a, i, i - 1)), part(x, i - 1, i - 1))));
  }
  for (int distance = 2; distance < count; ++distance) {
    for (int i = distance; i < count; ++i) {
      const int j = i - distance;
      std::vector<std::pair<Matrix, Matrix>> chain;
      for (int k = j; k < i; ++k) chain.emplace_back(part(a, i, k), part(x, k, j));
      const Matrix sum = unit.fl(unit.kept(Matrix(16, 16), chain));
      place(x, 16 * i, 16 * j, negative(unit.kept(part(x, i, i), sum)));
    }
  }
  return x;
}

TEST(Formulas, fla_solve_tril_with_ieee_merges) {
  const Json method = with("blocked-substitution",
                           {{"diagonal", {{"method", "row-substitution"}, {"form", "strict"}, {"order", "dot"}}}});
  const Unit unit("fp32", true);
  for (const int n : {16, 32, 64}) {
    const Matrix a = strictly_lower(n, 0.6, 9);
    EXPECT_EQ(inverted(method, fused_fp32(), a).x,
              fla_solve_tril(a, unit, [&](const Matrix& part) { return strict_rows(part, unit); }))
        << n;
  }
}

// vLLM: 2 X stays in the accumulator, operands are bf16; the merges are those of FLA.
TEST(Formulas, vllm_gdn_sm100_diagonal_phase_under_fla_merges) {
  const Json method =
      with("blocked-substitution",
           {{"diagonal",
             {{"method", "newton-schulz"}, {"start", "identity-minus-a"}, {"steps", 3}, {"accumulator", "kept"}}}});
  expect_same_bits(method, "bf16", {64}, [](const Matrix& a, const Unit& unit) {
    return fla_solve_tril(a, unit, [&](const Matrix& part) { return newton_schulz_kept(part, unit, 3); });
  });
}

}  // namespace tristab::formulas_test
