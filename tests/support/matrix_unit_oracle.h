// A matrix unit's dot product, one element at a time, in integers: the independent truth for the emulated units. Shares
// no code with src/.
//
// Sources of the model: Khattak and Mikaitis, arXiv 2512.07004; MMA-Sim, arXiv 2511.10909. The lower limit of e*, the
// two paths of fp8 and tf32x3 come from this project's H100 records, tests/data/h100-*.safetensors.
//
// For each group of `terms` products and the incoming accumulator c, with exponents e(a_k) + e(b_k) and e(c), and
// significands not normalised (a product's lies in [0, 4)):
//   e* = max(the exponents of the non-zero terms, min_alignment_exponent)
//   S = sum over the terms of trunc(term / 2^(e* - F)),  c := round(S 2^(e* - F))
// F = fraction_bits; k ascends. A subnormal has the exponent emin of its format.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace tristab::oracle {

struct MatrixUnitModel {
  enum class Rounding { toward_zero, nearest_even };

  int terms = 16;          // products in a group; a last, shorter group counts as padded with zeros
  int fraction_bits = 25;  // F; at most 40
  int result_precision = 24;
  int result_min_exponent = -126;
  int result_max_exponent = 127;
  Rounding rounding = Rounding::toward_zero;  // of the result, after every group
  int kept_fraction_bits = 0;                 // fraction bits of the result's significand that are not zero; 0: all
  bool addend_floor = false;                  // c is aligned by floor; products are still truncated toward zero
  int min_alignment_exponent = -133;          // of the H100; decides only if c = 0 and every product is tiny
};

// emin of the operands' formats: fp32, tf32, bf16 -126; fp16, e5m2 -14; e4m3 -6.
struct OperandMinExponents {
  int a = -126;
  int b = -126;
};

namespace matrix_unit_detail {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

// A finite float is sign * significand * 2^(exponent - 23).
struct Parts {
  bool negative;
  std::int64_t significand;
  int exponent;
};

inline bool is_nan(float x) { return (std::bit_cast<std::uint32_t>(x) & 0x7fffffffU) > 0x7f800000U; }
inline bool is_infinite(float x) { return (std::bit_cast<std::uint32_t>(x) & 0x7fffffffU) == 0x7f800000U; }
inline bool is_negative(float x) { return (std::bit_cast<std::uint32_t>(x) >> 31) != 0; }
inline bool is_zero(float x) { return (std::bit_cast<std::uint32_t>(x) << 1) == 0; }

// Formats narrower than fp32 arrive here as floats. A value below 2^min_exponent was subnormal in its format. Its
// significand loses no bit, since the format's last place is at least 2^(min_exponent - 23).
inline Parts parts_of(float x, int min_exponent) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const int field = static_cast<int>((bits >> 23) & 0xff);
  std::int64_t significand = bits & 0x7fffff;
  if (field != 0) significand += 0x800000;
  int exponent = std::max(field, 1) - 127;
  while (exponent < min_exponent) {
    significand /= 2;
    ++exponent;
  }
  return {is_negative(x), significand, exponent};
}

struct Term {
  bool negative;
  std::int64_t significand;
  int last_place;  // the term is significand * 2^last_place
  int exponent;    // as the unit sees it
};

// trunc or floor of term / 2^place
inline Wide aligned(const Term& term, int place, bool floor) {
  const int shift = term.last_place - place;
  const Wide magnitude = term.significand;
  if (magnitude == 0) return 0;
  Wide result = 0;
  bool exact = true;
  if (shift >= 0) {
    result = magnitude << shift;  // at most 48 + 40 bits, since e* is at least the term's exponent
  } else if (shift > -64) {
    result = magnitude >> -shift;
    exact = (result << -shift) == magnitude;
  } else {
    exact = magnitude == 0;
  }
  if (!term.negative) return result;
  return floor && !exact ? -result - 1 : -result;
}

// sum * 2^place in the result's format
inline float rounded(const MatrixUnitModel& unit, Wide sum, int place) {
  if (sum == 0) return 0.0F;
  const bool negative = sum < 0;
  UnsignedWide magnitude = negative ? -static_cast<UnsignedWide>(sum) : static_cast<UnsignedWide>(sum);
  int bits = 0;
  while ((magnitude >> bits) != 0) ++bits;
  const int exponent = std::max(bits - 1 + place, unit.result_min_exponent);
  const int kept = unit.kept_fraction_bits == 0 ? unit.result_precision - 1 : unit.kept_fraction_bits;
  const int drop = exponent - kept - place;  // low bits of magnitude below the result's last place
  int last_place = place;
  if (drop > 0) {
    UnsignedWide quotient = drop < 127 ? magnitude >> drop : 0;
    if (unit.rounding == MatrixUnitModel::Rounding::nearest_even && drop < 127) {
      const UnsignedWide half = static_cast<UnsignedWide>(1) << (drop - 1);
      const UnsignedWide rest = magnitude - (quotient << drop);
      if (rest > half || (rest == half && (quotient & 1) != 0)) ++quotient;
    }
    magnitude = quotient;
    last_place = place + drop;
  }
  // magnitude now has at most 24 bits, or is exact with trailing zeros
  while (magnitude != 0 && (magnitude & 1) == 0) {
    magnitude >>= 1;
    ++last_place;
  }
  if (magnitude == 0) return 0.0F;
  bits = 0;
  while ((magnitude >> bits) != 0) ++bits;
  const int top = bits - 1 + last_place;
  const std::uint32_t sign = negative ? 0x80000000U : 0U;
  if (top > unit.result_max_exponent) return std::bit_cast<float>(sign | 0x7f800000U);
  std::uint32_t field = 0;
  if (top < -126) {
    field = static_cast<std::uint32_t>(magnitude) << (last_place + 149);
  } else {
    field = static_cast<std::uint32_t>(magnitude) << (24 - bits);
    field = (field & 0x7fffffU) | (static_cast<std::uint32_t>(top + 127) << 23);
  }
  return std::bit_cast<float>(sign | field);
}

// One group of finite operands.
inline float group(const MatrixUnitModel& unit, const std::vector<Term>& products, const Term& addend) {
  int largest = std::numeric_limits<int>::min();
  for (const Term& term : products) {
    if (term.significand != 0) largest = std::max(largest, term.exponent);
  }
  if (addend.significand != 0) largest = std::max(largest, addend.exponent);
  if (largest == std::numeric_limits<int>::min()) return 0.0F;  // +0, even if every zero is negative
  const int place = std::max(largest, unit.min_alignment_exponent) - unit.fraction_bits;
  Wide sum = aligned(addend, place, unit.addend_floor);
  for (const Term& term : products) sum += aligned(term, place, false);
  return rounded(unit, sum, place);
}

}  // namespace matrix_unit_detail

// c + a . b over k elements as the unit computes it; c and the result are values of the result's format. A NaN, inf *
// 0, and infinities of both signs give NaN (bits 0x7fffffff); otherwise an infinity gives itself. A finite result
// beyond the largest number is infinite.
inline float dot(const MatrixUnitModel& unit, const float* a, const float* b, int k, float c,
                 OperandMinExponents minimum = {}) {
  namespace detail = matrix_unit_detail;
  const float nan = std::bit_cast<float>(0x7fffffffU);
  for (int first = 0; first < k; first += unit.terms) {
    bool invalid = detail::is_nan(c), up = false, down = false;
    if (detail::is_infinite(c)) (detail::is_negative(c) ? down : up) = true;
    std::vector<detail::Term> products;
    for (int i = first; i < std::min(k, first + unit.terms); ++i) {
      const float x = a[i], y = b[i];
      const bool negative = detail::is_negative(x) != detail::is_negative(y);
      if (detail::is_nan(x) || detail::is_nan(y)) {
        invalid = true;
      } else if (detail::is_infinite(x) || detail::is_infinite(y)) {
        if (detail::is_zero(x) || detail::is_zero(y)) invalid = true;
        (negative ? down : up) = true;
      } else {
        const detail::Parts p = detail::parts_of(x, minimum.a), q = detail::parts_of(y, minimum.b);
        products.push_back(
            {negative, p.significand * q.significand, p.exponent + q.exponent - 46, p.exponent + q.exponent});
      }
    }
    if (invalid || (up && down)) {
      c = nan;
    } else if (up || down) {
      c = std::bit_cast<float>(up ? 0x7f800000U : 0xff800000U);
    } else {
      const detail::Parts r = detail::parts_of(c, unit.result_min_exponent);
      c = detail::group(unit, products, {r.negative, r.significand, r.exponent - 23, r.exponent});
    }
  }
  return c;
}

// What an NVIDIA unit reads of an fp32 operand given as tf32. A NaN whose payload lies only in the dropped bits is read
// as an infinity.
inline float dropped_to_tf32(float x) { return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0xffffe000U); }

// PTX cvt.rna.tf32.f32: nearest, ties away from zero; a NaN passes unchanged.
inline float nearest_away_tf32(float x) {
  if (matrix_unit_detail::is_nan(x)) return x;
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) + 0x1000U) & 0xffffe000U);
}

// tf32 operands given as fp32.
inline float dot_tf32(const MatrixUnitModel& unit, const float* a, const float* b, int k, float c) {
  std::vector<float> x(a, a + k), y(b, b + k);
  for (float& element : x) element = dropped_to_tf32(element);
  for (float& element : y) element = dropped_to_tf32(element);
  return dot(unit, x.data(), y.data(), k, c);
}

// Triton's tf32x3 (input_precision "tf32x3", lib/Dialect/TritonGPU/Transforms/F32DotTC.cpp), matched bit for bit: hi =
// cvt.rna(x), lo = x - hi in fp32;
//   s = lo_a . hi_b;  s = s + hi_a . lo_b;  NaN in s becomes 0;  s = s + hi_a . hi_b;  result fl(s + c)
// Each is a chain over all of k on the unit, which drops lo's low bits; c comes last, in one fp32 addition.
inline float dot_tf32x3(const MatrixUnitModel& unit, const float* a, const float* b, int k, float c) {
  std::vector<float> a_high, a_low, b_high, b_low;
  for (int i = 0; i < k; ++i) {
    a_high.push_back(nearest_away_tf32(a[i]));
    a_low.push_back(a[i] - a_high.back());  // exact if finite: hi is within half a unit of tf32
    b_high.push_back(nearest_away_tf32(b[i]));
    b_low.push_back(b[i] - b_high.back());
  }
  float s = dot_tf32(unit, a_low.data(), b_high.data(), k, 0.0F);
  s = dot_tf32(unit, a_high.data(), b_low.data(), k, s);
  if (matrix_unit_detail::is_nan(s)) s = 0.0F;
  s = dot_tf32(unit, a_high.data(), b_high.data(), k, s);
  return s + c;
}

// cuBLAS's fp8 product with use_fast_accum off: every `interval` of k is a chain from 0; the chains are added in fp32,
// to nearest, in ascending order.
inline float promoted_dot(const MatrixUnitModel& unit, const float* a, const float* b, int k, float c, int interval,
                          OperandMinExponents minimum) {
  for (int first = 0; first < k; first += interval) {
    c += dot(unit, a + first, b + first, std::min(interval, k - first), 0.0F, minimum);
  }
  return c;
}

// fp8 mma.sync on Hopper, which has no such instruction. The compiler widens the operands to fp16, issues two fp16
// products of half the length from 0, first over the k with k mod 4 in {0, 1}, then over the rest (F2FP.UNPACK_B takes
// the low and then the high half of each word), and adds c at the end. `unit` is the fp16 unit with `terms` half of
// `instruction_k`, the k of the mma.sync; `add` is the accumulator format's addition, to nearest.
template <class Add>
float widened_fp8_dot(const MatrixUnitModel& unit, const float* a, const float* b, int k, float c, int instruction_k,
                      Add add) {
  for (int first = 0; first < k; first += instruction_k) {
    float s = 0.0F;
    for (const int half : {0, 2}) {
      std::vector<float> x, y;
      for (int i = first + half; i < first + instruction_k; i += 4) {
        x.insert(x.end(), {a[i], a[i + 1]});
        y.insert(y.end(), {b[i], b[i + 1]});
      }
      s = dot(unit, x.data(), y.data(), instruction_k / 2, s, {-14, -14});
    }
    c = add(c, s);
  }
  return c;
}

}  // namespace tristab::oracle
