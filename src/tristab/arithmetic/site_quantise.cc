#include "tristab/arithmetic/site_quantise.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace tristab {
namespace {

bool outside(const PairTensor& x, const Quantiser& quantiser, int i, int j) {
  return quantiser.identity_outside && j == i + x.diagonal;
}

// x / s, to double-double.
DoubleDouble quotient(DoubleDouble x, double s) {
  const double q = x.high / s;
  if (q - q != 0 || s - s != 0) return {q, 0};
  const DoubleDouble qs = two_product(q, s);
  const DoubleDouble rest = sum(x, {-qs.high, -qs.low});
  return finite_or_high(fast_two_sum(q, rest.high / s));
}

DoubleDouble times(DoubleDouble x, double s) { return product(x, {s, 0}); }

// The whole number nearest to x, ties to even.
double whole(DoubleDouble x) { return std::rint(x.low == 0 ? x.high : force_odd(x.high, x.low)); }

DoubleDouble clamped(DoubleDouble x, double low, double high) {
  return x.high > high || (x.high == high && x.low > 0) ? DoubleDouble{high, 0}
         : x.high < low || (x.high == low && x.low < 0) ? DoubleDouble{low, 0}
                                                        : x;
}

// The code of x as a number; not whole if its rounding is left out.
DoubleDouble code_of_pair(DoubleDouble x, double scale, const Quantiser& quantiser, RoundingKinds on,
                          RoundingKind kind) {
  DoubleDouble code = quotient(x, scale);
  if (on.has(kind)) code = {whole(code), 0};
  if (on.has(RoundingKind::saturation)) code = clamped(code, quantiser.smallest_code(), quantiser.largest_code);
  return code;
}

// What a code stands for.
DoubleDouble value_of(DoubleDouble code, double scale, bool rounds) {
  const DoubleDouble exact = times(code, scale);
  return rounds ? DoubleDouble{static_cast<double>(static_cast<float>(exact.high)), 0} : exact;
}

SiteRounding sums_of(const Format& format, Rounding rounding, RoundingKinds on) {
  return {format, rounding, on, RoundingKind::accumulator};
}

// An operand as codes (or elements) times scales, with its part outside the quantiser.
struct QuantisedPairs {
  PairMatrix codes;
  std::vector<double> scales;  // left: rows x blocks of k; right: blocks of k x columns
  PairMatrix values;           // codes times scales, as the terms of the diagonal take them
  std::vector<DoubleDouble> diagonal;
  int offset = 0;
};

std::size_t index_of(int i, int j, int columns) {
  return static_cast<std::size_t>(i) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(j);
}

double largest_in(const PairTensor& x, const Quantiser& quantiser, int first_row, int last_row, int first_column,
                  int last_column) {
  double largest = 0;
  for (int i = first_row; i < last_row; ++i) {
    for (int j = first_column; j < last_column; ++j) {
      if (outside(x, quantiser, i, j)) continue;
      const double size = std::fabs(x.elements.high[x.elements.at(i, j)]);
      largest = size <= largest ? largest : size;
      if (size - size != 0) return std::numeric_limits<double>::infinity();
    }
  }
  return largest;
}

// Splits x into pieces along k, the columns of a left operand and the rows of a right one; `make(largest)` gives the
// scale of a piece, `code(x, scale)` a code, `value(code, scale)` what it stands for.
struct Piece {
  double divisor, factor;
};
void quantise_operand(const PairTensor& x, Side side, int length, const Quantiser& quantiser,
                      const std::function<Piece(double)>& make,
                      const std::function<DoubleDouble(DoubleDouble, double)>& code,
                      const std::function<DoubleDouble(DoubleDouble, double)>& value, QuantisedPairs& result) {
  const int rows = x.elements.rows, columns = x.elements.columns;
  const int inner = side == Side::left ? columns : rows, blocks = (inner + length - 1) / length;
  result.codes = PairMatrix(rows, columns);
  result.values = PairMatrix(rows, columns);
  result.scales.assign(side == Side::left ? index_of(rows, 0, blocks) : index_of(blocks, 0, columns), 0);
  result.offset = x.diagonal;
  result.diagonal.assign(static_cast<std::size_t>(rows), {0, 0});
  const int lines = side == Side::left ? rows : columns;
  for (int line = 0; line < lines; ++line) {
    for (int block = 0; block < blocks; ++block) {
      const int begin = block * length, end = std::min(begin + length, inner);
      const Piece piece = make(side == Side::left ? largest_in(x, quantiser, line, line + 1, begin, end)
                                                  : largest_in(x, quantiser, begin, end, line, line + 1));
      result.scales[side == Side::left ? index_of(line, block, blocks) : index_of(block, line, columns)] = piece.factor;
      for (int k = begin; k < end; ++k) {
        const int i = side == Side::left ? line : k, j = side == Side::left ? k : line;
        if (outside(x, quantiser, i, j)) {
          result.diagonal[static_cast<std::size_t>(i)] = x.elements(i, j);
          continue;
        }
        const DoubleDouble q = code(x.elements(i, j), piece.divisor);
        result.codes.set(i, j, q);
        result.values.set(i, j, value(q, piece.factor));
      }
    }
  }
}

// c := fl(c + fl(D_A U_B)), c := fl(c + fl(U_A D_B)), c := fl(c + fl(D_A D_B)) (diagonal_terms.h).
void add_diagonal_pairs(PairMatrix& c, const QuantisedPairs& a, const QuantisedPairs& b, const PairMatrix& a_values,
                        const PairMatrix& b_values, const SiteRounding& round) {
  const int rows = c.rows, columns = c.columns, inner = a_values.columns;
  const auto add = [&](int i, int j, DoubleDouble x, DoubleDouble d) {
    c.set(i, j, round(sum(c(i, j), round(product(x, d)))));
  };
  const int first = std::max(0, -b.offset), last = std::min(inner, columns - b.offset);
  for (int i = 0; i < rows; ++i) {
    const DoubleDouble d = a.diagonal[static_cast<std::size_t>(i)];
    const int k = i + a.offset;
    const bool has_left = k >= 0 && k < inner && d.high != 0;
    if (has_left) {
      for (int j = 0; j < columns; ++j) add(i, j, b_values(k, j), d);
    }
    for (int m = first; m < last; ++m) {
      const DoubleDouble right = b.diagonal[static_cast<std::size_t>(m)];
      if (right.high != 0) add(i, m + b.offset, a_values(i, m), right);
    }
    if (has_left && k >= first && k < last) {
      const DoubleDouble right = b.diagonal[static_cast<std::size_t>(k)];
      if (right.high != 0) add(i, k + b.offset, right, d);
    }
  }
}

// Whether every element is the fp32 value of a whole code.
bool holds_codes(const PairTensor& x, const Quantiser& quantiser) {
  for (int i = 0; i < x.elements.rows; ++i) {
    for (int j = 0; j < x.elements.columns; ++j) {
      if (outside(x, quantiser, i, j)) continue;
      const DoubleDouble element = x.elements(i, j);
      const double code = whole(quotient(element, x.scale));
      if (element.low != 0 || value_of({code, 0}, x.scale, true).high != element.high) return false;
    }
  }
  return true;
}

}  // namespace

double largest_pair(const PairTensor& x, const Quantiser& quantiser) {
  return largest_in(x, quantiser, 0, x.elements.rows, 0, x.elements.columns);
}

double pair_scale(double largest, const Quantiser& quantiser, RoundingKinds on) {
  if (on.has(RoundingKind::scale)) return static_cast<double>(quantiser_scale(largest, quantiser));
  const double amax = quantiser.rule == Quantiser::Rule::static_amax ? quantiser.static_amax : largest;
  return amax == 0 ? 1 : amax / quantiser.largest_code;
}

void quantise_pairs(PairTensor& x, double scale, const Quantiser& quantiser, RoundingKinds on, RoundingKind kind) {
  if (!on.has(kind) && !on.has(RoundingKind::saturation)) return;
  for (int i = 0; i < x.elements.rows; ++i) {
    for (int j = 0; j < x.elements.columns; ++j) {
      if (outside(x, quantiser, i, j)) continue;
      const DoubleDouble code = code_of_pair(x.elements(i, j), scale, quantiser, on, kind);
      x.elements.set(i, j, value_of(code, scale, on.has(kind)));
    }
  }
}

void quantise_pairs_by_rows(PairTensor& x, const Quantiser& quantiser, RoundingKinds on, RoundingKind kind) {
  if (!on.has(kind) && !on.has(RoundingKind::saturation)) return;
  const int columns = x.elements.columns;
  const int length = quantiser.scale == Quantiser::Scale::block ? std::min(quantiser.block_size, columns) : columns;
  QuantisedPairs result;
  quantise_operand(
      x, Side::left, length, quantiser,
      [&](double largest) {
        const double scale = pair_scale(largest, quantiser, on);
        return Piece{scale, scale};
      },
      [&](DoubleDouble value, double scale) { return code_of_pair(value, scale, quantiser, on, kind); },
      [&](DoubleDouble code, double scale) { return value_of(code, scale, on.has(kind)); }, result);
  for (int i = 0; i < x.elements.rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      if (!outside(x, quantiser, i, j)) x.elements.set(i, j, result.values(i, j));
    }
  }
}

void add_coded_pairs(PairMatrix& c, const PairTensor& a, const PairTensor& b, const Quantiser& quantiser,
                     RoundingKinds on) {
  const int inner = a.elements.columns;
  const int length = quantiser.scale == Quantiser::Scale::block ? std::min(quantiser.block_size, inner) : inner;
  const int blocks = (inner + length - 1) / length;
  const bool by_tensor = quantiser.scale == Quantiser::Scale::tensor;
  const auto operand = [&](const PairTensor& x, Side side) {
    QuantisedPairs result;
    const bool has_codes = by_tensor && x.scale != 0;  // no rounding on entry
    const bool whole_codes = has_codes && holds_codes(x, quantiser);
    const double shared = has_codes ? x.scale : by_tensor ? pair_scale(largest_pair(x, quantiser), quantiser, on) : 0;
    const bool rounds = has_codes ? whole_codes : on.has(RoundingKind::operand);
    quantise_operand(
        x, side, length, quantiser,
        [&](double largest) {
          const double scale = by_tensor ? shared : pair_scale(largest, quantiser, on);
          return Piece{scale, scale};
        },
        [&](DoubleDouble value, double scale) -> DoubleDouble {
          if (!has_codes) return code_of_pair(value, scale, quantiser, on, RoundingKind::operand);
          const DoubleDouble code = quotient(value, scale);
          return whole_codes ? DoubleDouble{whole(code), 0} : code;
        },
        [&](DoubleDouble code, double scale) { return value_of(code, scale, rounds); }, result);
    return result;
  };
  const QuantisedPairs left = operand(a, Side::left), right = operand(b, Side::right);
  const SiteRounding round = sums_of(fp32_format(), Rounding::nearest_even, on);
  for (int block = 0; block < blocks; ++block) {
    const int begin = block * length, end = std::min(begin + length, inner);
    PairMatrix sums(c.rows, c.columns), first(c.rows, end - begin), second(end - begin, c.columns);
    for (int i = 0; i < c.rows; ++i) {
      for (int k = begin; k < end; ++k) first.set(i, k - begin, left.codes(i, k));
    }
    for (int k = begin; k < end; ++k) {
      for (int j = 0; j < c.columns; ++j) second.set(k - begin, j, right.codes(k, j));
    }
    add_exact_product(sums, first, second);
    for (int i = 0; i < c.rows; ++i) {
      for (int j = 0; j < c.columns; ++j) {
        DoubleDouble codes = sums(i, j);
        if (quantiser.accumulator_bits == 32 && on.has(RoundingKind::saturation) && std::fabs(codes.high) > 0x1p31 - 1)
          codes = sum(codes, {-0x1p32 * std::floor((codes.high + 0x1p31) * 0x1p-32), 0});
        const DoubleDouble scales =
            round(two_product(left.scales[index_of(i, block, blocks)], right.scales[index_of(block, j, c.columns)]));
        c.set(i, j, round(sum(c(i, j), round(product(scales, round(codes))))));
      }
    }
  }
  if (quantiser.identity_outside) add_diagonal_pairs(c, left, right, left.values, right.values, round);
}

void add_block_scaled_pairs(PairMatrix& c, const PairTensor& a, const PairTensor& b, const Quantiser& quantiser,
                            const Accumulation& accumulation, RoundingKinds on) {
  const bool nvfp4 = quantiser.kind == Quantiser::Kind::nvfp4;
  const SiteRounding element(quantiser.element, Rounding::nearest_even, on, RoundingKind::operand);
  const bool exact_scale = !on.has(RoundingKind::scale);
  const bool as_given = !on.has(RoundingKind::operand) && !on.has(RoundingKind::saturation);
  const auto operand = [&](const PairTensor& x, Side side, double& tensor_scale) {
    if (nvfp4 && !as_given) {
      tensor_scale = x.scale != 0 ? x.scale : static_cast<double>(nvfp4_tensor_scale(largest_pair(x, quantiser)));
    }
    QuantisedPairs result;
    quantise_operand(
        x, side, quantiser.block_size, quantiser,
        [&](double largest) -> Piece {
          if (as_given) return {1, 1};
          if (largest - largest != 0)
            return {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()};
          if (!nvfp4) {
            const double scale = exact_scale ? (largest == 0 ? 1 : largest / quantiser.element.largest())
                                             : power_of_two(shared_exponent(largest, quantiser));
            return {scale, scale};
          }
          const double block = exact_scale
                                   ? (largest == 0 ? 1 : largest / quantiser.element.largest() / tensor_scale)
                                   : static_cast<double>(nvfp4_block_scale(largest, static_cast<float>(tensor_scale)));
          return {block == 0 ? std::numeric_limits<double>::infinity() : block * tensor_scale, block};
        },
        [&](DoubleDouble value, double divisor) { return element(quotient(value, divisor)); },
        [&](DoubleDouble q, double factor) { return times(q, factor); }, result);
    return result;
  };
  double left_scale = 1, right_scale = 1;
  const QuantisedPairs left = operand(a, Side::left, left_scale), right = operand(b, Side::right, right_scale);
  const SiteRounding round = sums_of(accumulation.format, accumulation.rounding, on);
  const bool sums_rounded = on.has(RoundingKind::accumulator) || on.has(RoundingKind::alignment) ||
                            on.has(RoundingKind::saturation) || on.has(RoundingKind::flush);
  const auto add = [&](PairMatrix& to, int min_exponent) {
    if (sums_rounded) {
      add_rounded_product(to, left.values, right.values, accumulation, min_exponent, on, 0);
    } else {
      add_exact_product(to, left.values, right.values);
    }
  };
  if (!nvfp4) {
    add(c, fp32_format().min_exponent);
    if (quantiser.identity_outside) add_diagonal_pairs(c, left, right, left.values, right.values, round);
    return;
  }
  PairMatrix sums(c.rows, c.columns);
  add(sums, -10);  // the operands' smallest exponent (block_scale.cc)
  const DoubleDouble exact = two_product(left_scale, right_scale);
  const double scale = on.has(RoundingKind::accumulator)
                           ? static_cast<double>(static_cast<float>(left_scale) * static_cast<float>(right_scale))
                           : exact.high;
  for (std::size_t k = 0; k < c.high.size(); ++k) {
    const DoubleDouble y = round(sum({c.high[k], c.low[k]}, round(times({sums.high[k], sums.low[k]}, scale))));
    c.high[k] = y.high;
    c.low[k] = y.low;
  }
  if (!quantiser.identity_outside) return;
  const auto in_tensor = [&](const QuantisedPairs& x, double tensor_scale) {
    PairMatrix values = x.values;
    for (std::size_t k = 0; k < values.high.size(); ++k) {
      const DoubleDouble y = times({values.high[k], values.low[k]}, tensor_scale);
      values.high[k] = on.has(RoundingKind::operand) ? static_cast<double>(static_cast<float>(y.high)) : y.high;
      values.low[k] = on.has(RoundingKind::operand) ? 0 : y.low;
    }
    return values;
  };
  add_diagonal_pairs(c, left, right, in_tensor(left, left_scale), in_tensor(right, right_scale), round);
}

}  // namespace tristab
