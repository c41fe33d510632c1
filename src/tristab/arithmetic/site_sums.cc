#include "tristab/arithmetic/site_sums.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "tristab/arithmetic/scalar_rows.h"

namespace tristab {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool all_finite(const PairMatrix& x) {
  return std::all_of(x.high.begin(), x.high.end(), [](double value) { return value - value == 0; });
}

DoubleDouble negated(DoubleDouble x) { return {-x.high, -x.low}; }

// The leading parts of a matrix as first + second, for Dekker's product.
struct SplitRows {
  explicit SplitRows(const PairMatrix& b) : first(b.high.size()), second(b.high.size()) {
    for (std::size_t k = 0; k < b.high.size(); ++k) {
      const DoubleDouble halves = split(b.high[k]);
      first[k] = halves.high;
      second[k] = halves.low;
    }
  }
  std::vector<double> first, second;
};

// Calls action(factor, from, to, count) for every element a_ik that is not zero: row k of b is not zero in `count`
// elements from index `from` on, which belong to those of c from `to` on.
template <class Action>
void for_each_multiple(const PairMatrix& a, const PairMatrix& b, const Action& action) {
  for (int k = 0; k < a.columns; ++k) {
    int begin = 0, end = b.columns;
    while (begin < end && b.high[b.at(k, begin)] == 0) ++begin;
    while (begin < end && b.high[b.at(k, end - 1)] == 0) --end;
    if (begin == end) continue;
    for (int i = 0; i < a.rows; ++i) {
      const DoubleDouble factor = a(i, k);
      if (factor.high == 0) continue;
      action(factor, b.at(k, begin),
             static_cast<std::size_t>(i) * static_cast<std::size_t>(b.columns) + static_cast<std::size_t>(begin),
             end - begin);
    }
  }
}

// Compiled for several SIMD levels; each element takes the same operations in all of them. (The sanitizer of threads is
// not yet there when the level is chosen.)
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define TRISTAB_SIMD_LEVELS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define TRISTAB_SIMD_LEVELS
#endif

// c_j := c_j + a b_j for finite numbers.
TRISTAB_SIMD_LEVELS void add_multiple(double* __restrict high, double* __restrict low, DoubleDouble a,
                                      const double* __restrict b_high, const double* __restrict b_low,
                                      const double* __restrict b_first, const double* __restrict b_second, int count) {
  const DoubleDouble parts = split(a.high);
  for (int j = 0; j < count; ++j) {
    const double p = a.high * b_high[j];
    const double error =
        ((parts.high * b_first[j] - p) + parts.high * b_second[j] + parts.low * b_first[j]) + parts.low * b_second[j];
    const double tail = error + (a.high * b_low[j] + a.low * b_high[j]);
    const double s = high[j] + p, part = s - high[j];
    const double rest = ((high[j] - (s - part)) + (p - part)) + (low[j] + tail);
    high[j] = s + rest;
    low[j] = rest - (high[j] - s);
  }
}

// The same where products are exact in double.
TRISTAB_SIMD_LEVELS void add_exact_multiple(double* __restrict high, double* __restrict low, double a,
                                            const double* __restrict b, int count) {
  for (int j = 0; j < count; ++j) {
    const double p = a * b[j];
    const double s = high[j] + p, part = s - high[j];
    const double rest = ((high[j] - (s - part)) + (p - part)) + low[j];
    high[j] = s + rest;
    low[j] = rest - (high[j] - s);
  }
}

// Rounds to nearest even, ties by what is below the double, to formats whose normal numbers hold the result; `outside`
// becomes 1 if one does not. Plain integer code, so that loops over it become vectors.
struct NearestEven {
  std::uint64_t low, half;  // masks of the bits that are dropped: all of them; all but the first
  int dropped;
  double smallest, largest;

  explicit NearestEven(const Format& format)
      : low((std::uint64_t{1} << (53 - format.precision)) - 1),
        half(low >> 1),
        dropped(53 - format.precision),
        smallest(format.smallest_normal()),
        largest(format.largest()) {}

  double operator()(double high, double tail, std::uint64_t& outside) const {
    const auto bits = std::bit_cast<std::uint64_t>(high);
    // Rounded to odd: an inexact high with an even last bit moves by one, to the side of the tail.
    const std::uint64_t inexact = tail != 0 ? ~bits & 1 : 0;
    const std::uint64_t away = (std::bit_cast<std::uint64_t>(tail) ^ bits) >> 63;  // 1: toward zero
    const std::uint64_t odd = bits + inexact - 2 * (inexact & away);
    const std::uint64_t rounded = (odd + half + (odd >> dropped & 1)) & ~low;
    const double result = std::bit_cast<double>(rounded);
    const double size = std::fabs(result);
    outside |= static_cast<std::uint64_t>(!(size <= largest)) |
               (static_cast<std::uint64_t>(size < smallest) & static_cast<std::uint64_t>(high != 0));
    return high == 0 ? high : result;
  }
};

// c_j := fl(c_j + fl(a b_j)), or fused, for numbers in a format, of which `low` are the corrections of the first c_j.
TRISTAB_SIMD_LEVELS std::uint64_t add_rounded_multiple(double* __restrict high, double* __restrict low, DoubleDouble a,
                                                       const double* __restrict b_high, const double* __restrict b_low,
                                                       const double* __restrict b_first,
                                                       const double* __restrict b_second, int count,
                                                       const NearestEven& rounding, bool fused) {
  const DoubleDouble parts = split(a.high);
  const NearestEven round = rounding;
  std::uint64_t outside = 0;
  for (int j = 0; j < count; ++j) {
    const double p = a.high * b_high[j];
    const double error =
        ((parts.high * b_first[j] - p) + parts.high * b_second[j] + parts.low * b_first[j]) + parts.low * b_second[j];
    const double tail = error + (a.high * b_low[j] + a.low * b_high[j]);
    const double product = p + tail, rest = tail - (product - p);  // normalised
    const double term = fused ? product : round(product, rest, outside);
    const double s = high[j] + term, part = s - high[j];
    const double below = ((high[j] - (s - part)) + (term - part)) + (low[j] + (fused ? rest : 0.0));
    const double sum = s + below;
    high[j] = round(sum, below - (sum - s), outside);
    low[j] = 0;
  }
  return outside;
}

bool is_narrow(const PairMatrix& x) {
  for (std::size_t k = 0; k < x.high.size(); ++k) {
    if (x.low[k] != 0 || split(x.high[k]).low != 0) return false;
    if (x.high[k] != 0 && std::fabs(x.high[k]) < 0x1p-500) return false;  // the product would underflow
  }
  return true;
}

// The sums of one element in one model. Operands are given as a row of a and a column of b.
class ElementSum {
 public:
  ElementSum(const Accumulation& accumulation, int operand_min_exponent, RoundingKinds on, std::uint64_t draws)
      : accumulation_(accumulation),
        round_(accumulation.format, accumulation.rounding, on, RoundingKind::accumulator),
        round_unlimited_(accumulation.format, accumulation.rounding, without(on, RoundingKind::saturation),
                         RoundingKind::accumulator),
        on_(on),
        operand_min_exponent_(operand_min_exponent),
        draws_(draws),
        stochastic_(round_.takes_draws()) {}

  // Products are zero and finite but for k in [first, last).
  DoubleDouble operator()(DoubleDouble c, const DoubleDouble* a, const DoubleDouble* b, int inner, int first, int last,
                          int i, int j) {
    i_ = i;
    j_ = j;
    switch (accumulation_.model) {
      case AccumulationModel::sequential:
        return sequential(c, a, b, first, last);
      case AccumulationModel::pairwise:
        return pairwise(c, a, b, inner);
      case AccumulationModel::matrix_unit:
        return matrix_unit(c, a, b, inner, first, last);
      case AccumulationModel::bf16_pairs:
        return bf16_pairs(c, a, b, inner);
      case AccumulationModel::exact:
        return exact(c, a, b, inner);
      case AccumulationModel::lanes:
        return lanes(c, a, b, inner);
    }
    throw std::logic_error("unknown accumulation model");
  }

 private:
  DoubleDouble rounded(DoubleDouble x, int k, ProductDraw which) const {
    return round_(x, stochastic_ ? product_draw(draws_, i_, j_, k, which) : 0);
  }
  static bool is_zero(DoubleDouble a, DoubleDouble b) {
    return (a.high == 0 || b.high == 0) && a.high - a.high == 0 && b.high - b.high == 0;
  }

  DoubleDouble sequential(DoubleDouble c, const DoubleDouble* a, const DoubleDouble* b, int first, int last) const {
    bool settled = c.high == 0 || round_.keeps();  // adding a zero cannot change c
    if (!settled && (first > 0 || first >= last)) {
      c = rounded(c, 0, ProductDraw::sum);
      settled = true;
    }
    for (int k = first; k < last; ++k) {
      if (settled && is_zero(a[k], b[k])) continue;
      settled = true;
      const DoubleDouble exact = product(a[k], b[k]);
      const DoubleDouble term = accumulation_.fma ? exact : rounded(exact, k, ProductDraw::product);
      c = rounded(sum(c, term), k, ProductDraw::sum);
    }
    return c;
  }

  DoubleDouble exact(DoubleDouble c, const DoubleDouble* a, const DoubleDouble* b, int inner) const {
    DoubleDouble s = c;
    for (int k = 0; k < inner; ++k) s = sum(s, product(a[k], b[k]));
    return rounded(s, 0, ProductDraw::sum);
  }

  DoubleDouble pairwise(DoubleDouble c, const DoubleDouble* a, const DoubleDouble* b, int inner) {
    terms_.resize(static_cast<std::size_t>(inner));
    for (int k = 0; k < inner; ++k) terms_[static_cast<std::size_t>(k)] = round_(product(a[k], b[k]));
    for (std::size_t count = terms_.size(); count > 1; count = (count + 1) / 2) {
      for (std::size_t pair = 0; 2 * pair < count; ++pair) {
        terms_[pair] = 2 * pair + 1 == count ? terms_[2 * pair] : round_(sum(terms_[2 * pair], terms_[2 * pair + 1]));
      }
    }
    return round_(sum(c, terms_.front()));
  }

  DoubleDouble lanes(DoubleDouble c, const DoubleDouble* a, const DoubleDouble* b, int inner) {
    const LaneTree& tree = accumulation_.lanes;
    const int lanes = 1 << tree.order.size(), first = tree.order.front();
    terms_.assign(static_cast<std::size_t>(lanes), {0, 0});
    const auto lane = [&](int t) -> DoubleDouble& { return terms_[static_cast<std::size_t>(t)]; };
    const auto add = [&](int k, int to) {
      if (k >= inner) return;
      const DoubleDouble exact = product(a[k], b[k]);
      lane(to) = round_(sum(lane(to), tree.fused ? exact : round_(exact)));
    };
    for (int t = 0; t < lanes; ++t) {
      if ((t & first) != 0) continue;
      add(t | first, t);
      add(t, t);
    }
    for (std::size_t level = 1; level < tree.order.size(); ++level) {
      const int bit = tree.order[level];
      for (int t = 0; t < lanes; ++t) {
        if ((t & bit) == 0 && (t & first) == 0) lane(t) = round_(sum(lane(t), lane(t | bit)));
      }
    }
    return round_(sum(c, lane(0)));
  }

  DoubleDouble bf16_pairs(DoubleDouble c, const DoubleDouble* a, const DoubleDouble* b, int inner) const {
    const bool flushes = on_.has(RoundingKind::flush);
    const auto flushed = [&](DoubleDouble x) {
      return flushes && std::fabs(x.high) < 0x1p-126 ? DoubleDouble{std::copysign(0.0, x.high), 0} : x;
    };
    const auto round = [&](DoubleDouble x) {
      const DoubleDouble y = round_(x);
      return flushes && on_.has(RoundingKind::accumulator) ? flushed(y) : y;
    };
    for (int k = 0; k < inner; ++k) {
      int from = k ^ 1;
      if (from >= inner && k % 2 == 0) {
        c = round(flushed(c));
        from = k;
      }
      c = round(sum(flushed(c), product(flushed(a[from]), flushed(b[from]))));
    }
    return c;
  }

  static int exponent_of(double x, int min_exponent) { return std::max(std::ilogb(x), min_exponent); }

  // Truncated toward zero (or `floor`) to a multiple of 2^unit.
  static DoubleDouble aligned(DoubleDouble x, int unit, bool floor) {
    if (x.high == 0) return x;
    if (x.high < 0 && !floor) return negated(aligned(negated(x), unit, true));
    const double scale = power_of_two(-unit / 2), rest = power_of_two(-unit - -unit / 2);
    const double high = x.high * scale * rest, low = x.low * scale * rest;  // exact, but for what is far below the unit
    const double whole = std::floor(high);
    // The fraction of high, plus low, can be negative, or 1 and more only if high is whole.
    const double remainder = (high - whole) + low;
    double value = whole + std::floor(remainder);
    if (std::fabs(high) >= 0x1p52) return {high / scale / rest, std::floor(low) / scale / rest};
    if (high == whole && low < 0) value = whole - 1;  // low alone may be lost beside nothing
    if (x.high < 0 && high == 0) value = -1;
    return {value / scale / rest, 0};
  }

  DoubleDouble matrix_unit(DoubleDouble c, const DoubleDouble* a, const DoubleDouble* b, int inner, int first,
                           int last) const {
    const MatrixUnit& unit = accumulation_.unit;
    // The first group rounds c, also if its products are zero; others of zeros change nothing more.
    if (c.high == 0 && first >= last) return {0, 0};
    const int skipped = std::min(first, last) / unit.terms * unit.terms;
    const bool aligns = on_.has(RoundingKind::alignment), cuts = on_.has(RoundingKind::saturation);
    const int addend_min_exponent = accumulation_.format.min_exponent;
    for (int begin = c.high == 0 ? skipped : 0; begin < inner; begin = std::max(begin + unit.terms, skipped)) {
      if (begin > 0 && begin >= last) break;
      const int end = std::min(begin + unit.terms, inner);
      double special = c.high - c.high;  // NaN if anything is not finite
      int largest = c.high != 0 && std::isfinite(c.high) ? exponent_of(c.high, addend_min_exponent) : kNone;
      for (int k = begin; k < end; ++k) {
        const double p = a[k].high * b[k].high;
        special += (a[k].high - a[k].high) + (b[k].high - b[k].high);
        if (p != 0 && special == 0)
          largest = std::max(
              largest, exponent_of(a[k].high, operand_min_exponent_) + exponent_of(b[k].high, operand_min_exponent_));
      }
      if (special != 0) {
        double s = c.high;
        for (int k = begin; k < end; ++k) s += a[k].high * b[k].high;
        c = {s, 0};
        continue;
      }
      if (largest == kNone) {
        c = {0, 0};
        continue;
      }
      const int lowest = std::max(largest, unit.lowest_exponent) - unit.fraction_bits;
      DoubleDouble s = aligns ? aligned(c, lowest, unit.addend_floor) : c;
      for (int k = begin; k < end; ++k) {
        if (a[k].high == 0 || b[k].high == 0) continue;
        const DoubleDouble p = product(a[k], b[k]);
        s = sum(s, aligns ? aligned(p, lowest, false) : p);
      }
      c = round_unlimited_(s);  // a unit overflows in every rounding
      if (cuts && std::fabs(c.high) > accumulation_.format.largest()) {
        const double beyond = accumulation_.format.overflow == Overflow::infinity ? kInfinity
                              : accumulation_.format.overflow == Overflow::nan
                                  ? std::numeric_limits<double>::quiet_NaN()
                                  : accumulation_.format.largest();
        c = {std::copysign(beyond, c.high), 0};
      }
      if (c.high == 0) c = {0, 0};
    }
    return c;
  }

  static RoundingKinds without(RoundingKinds kinds, RoundingKind kind) {
    kinds.set(kind, false);
    return kinds;
  }

  static constexpr int kNone = std::numeric_limits<int>::min();
  const Accumulation& accumulation_;
  SiteRounding round_, round_unlimited_;
  RoundingKinds on_;
  int operand_min_exponent_;
  std::uint64_t draws_;
  bool stochastic_;
  int i_ = 0, j_ = 0;
  std::vector<DoubleDouble> terms_;
};

}  // namespace

namespace {

// Does `action` on the rows of a, columns of b and elements of c that are finite; all other elements of the product are
// infinite or NaN, as plain double arithmetic has them.
template <class Action>
void on_finite_part(PairMatrix& c, const PairMatrix& a, const PairMatrix& b, const Action& action) {
  if (all_finite(a) && all_finite(b) && all_finite(c)) return action(c, a, b);
  const auto finite = [](double x) { return x - x == 0; };
  PairMatrix sums = c, left = a, right = b;
  std::vector<bool> lost_row(static_cast<std::size_t>(a.rows)), lost_column(static_cast<std::size_t>(b.columns));
  for (int i = 0; i < a.rows; ++i) {
    for (int k = 0; k < a.columns; ++k) {
      if (!finite(a.high[a.at(i, k)])) lost_row[static_cast<std::size_t>(i)] = true;
    }
    for (int k = 0; k < a.columns && lost_row[static_cast<std::size_t>(i)]; ++k) left.set(i, k, {0, 0});
  }
  for (int j = 0; j < b.columns; ++j) {
    for (int k = 0; k < b.rows; ++k) {
      if (!finite(b.high[b.at(k, j)])) lost_column[static_cast<std::size_t>(j)] = true;
    }
    for (int k = 0; k < b.rows && lost_column[static_cast<std::size_t>(j)]; ++k) right.set(k, j, {0, 0});
  }
  for (std::size_t k = 0; k < c.high.size(); ++k) {
    if (!finite(c.high[k])) sums.high[k] = sums.low[k] = 0;
  }
  action(sums, left, right);
  for (int i = 0; i < c.rows; ++i) {
    for (int j = 0; j < c.columns; ++j) {
      if (!lost_row[static_cast<std::size_t>(i)] && !lost_column[static_cast<std::size_t>(j)] &&
          finite(c.high[c.at(i, j)]))
        continue;
      double s = c.high[c.at(i, j)];
      for (int k = 0; k < a.columns; ++k) s += a.high[a.at(i, k)] * b.high[b.at(k, j)];
      sums.set(i, j, {s, 0});
    }
  }
  c = std::move(sums);
}

void add_exact_finite_product(PairMatrix& c, const PairMatrix& a, const PairMatrix& b) {
  if (is_narrow(a) && is_narrow(b)) {
    for_each_multiple(a, b, [&](DoubleDouble factor, std::size_t from, std::size_t to, int count) {
      add_exact_multiple(&c.high[to], &c.low[to], factor.high, &b.high[from], count);
    });
    return;
  }
  const SplitRows parts(b);
  for_each_multiple(a, b, [&](DoubleDouble factor, std::size_t from, std::size_t to, int count) {
    add_multiple(&c.high[to], &c.low[to], factor, &b.high[from], &b.low[from], &parts.first[from], &parts.second[from],
                 count);
  });
}

// The rows of a sequential product to nearest even, all columns at once. False, with c as it was, where c is not in the
// format, a number leaves its normal range, or one is not finite.
bool add_sequential_product(PairMatrix& c, const PairMatrix& a, const PairMatrix& b, const Accumulation& accumulation) {
  const NearestEven round(accumulation.format);
  PairMatrix sums = c;
  std::uint64_t outside = 0;
  for (std::size_t k = 0; k < c.high.size(); ++k) {
    if (c.low[k] != 0 || round(c.high[k], 0, outside) != c.high[k]) return false;
  }
  const SplitRows parts(b);
  for_each_multiple(a, b, [&](DoubleDouble factor, std::size_t from, std::size_t to, int count) {
    if (outside != 0) return;
    outside |= add_rounded_multiple(&sums.high[to], &sums.low[to], factor, &b.high[from], &b.low[from],
                                    &parts.first[from], &parts.second[from], count, round, accumulation.fma);
  });
  if (outside != 0) return false;
  c = std::move(sums);
  return true;
}

void add_rounded_finite_product(PairMatrix& c, const PairMatrix& a, const PairMatrix& b,
                                const Accumulation& accumulation, int operand_min_exponent, RoundingKinds on,
                                std::uint64_t draws) {
  if (accumulation.model == AccumulationModel::sequential && accumulation.rounding == Rounding::nearest_even &&
      on.has(RoundingKind::accumulator) && accumulation.format.precision <= 50 &&
      add_sequential_product(c, a, b, accumulation))
    return;
  ElementSum element(accumulation, operand_min_exponent, on, draws);
  const int inner = a.columns;
  // A unit's group of zero products still truncates a c of more than F bits (dot_models.cc).
  const MatrixUnit& unit = accumulation.unit;
  const bool skips = accumulation.model != AccumulationModel::matrix_unit ||
                     (accumulation.format.precision - 1 <= unit.fraction_bits &&
                      unit.lowest_exponent - unit.fraction_bits <= accumulation.format.lsb_min());
  std::vector<DoubleDouble> left(static_cast<std::size_t>(a.rows) * static_cast<std::size_t>(inner)),
      right(static_cast<std::size_t>(inner));
  std::vector<int> first(static_cast<std::size_t>(a.rows), 0), last(first.size(), inner);
  for (int i = 0; i < a.rows; ++i) {
    for (int k = 0; k < inner; ++k) left[a.at(i, k)] = a(i, k);
    int &begin = first[static_cast<std::size_t>(i)], &end = last[static_cast<std::size_t>(i)];
    while (skips && begin < end && a.high[a.at(i, begin)] == 0) ++begin;
    while (skips && begin < end && a.high[a.at(i, end - 1)] == 0) --end;
  }
  for (int j = 0; j < b.columns; ++j) {
    for (int k = 0; k < inner; ++k) right[static_cast<std::size_t>(k)] = b(k, j);
    int begin = 0, end = inner;
    while (skips && begin < end && right[static_cast<std::size_t>(begin)].high == 0) ++begin;
    while (skips && begin < end && right[static_cast<std::size_t>(end - 1)].high == 0) --end;
    for (int i = 0; i < a.rows; ++i) {
      const auto row = static_cast<std::size_t>(i);
      c.set(i, j,
            element(c(i, j), &left[a.at(i, 0)], right.data(), inner, std::max(begin, first[row]),
                    std::min(end, last[row]), i, j));
    }
  }
}

}  // namespace

void add_exact_product(PairMatrix& c, const PairMatrix& a, const PairMatrix& b) {
  on_finite_part(c, a, b, &add_exact_finite_product);
}

void add_rounded_product(PairMatrix& c, const PairMatrix& a, const PairMatrix& b, const Accumulation& accumulation,
                         int operand_min_exponent, RoundingKinds on, std::uint64_t draws) {
  on_finite_part(c, a, b, [&](PairMatrix& sums, const PairMatrix& left, const PairMatrix& right) {
    add_rounded_finite_product(sums, left, right, accumulation, operand_min_exponent, on, draws);
  });
}

}  // namespace tristab
