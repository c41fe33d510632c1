// The GPU's base-2 exponential, bit for bit. |x| is truncated to 23 fraction bits. For negative x the fraction is the
// ONE'S complement, so that 2^x = 2^n 2^(f 2^-23) with 0 <= f < 2^23. The power of the fraction comes from a table of
// 64 segments and a quadratic in the low 17 bits y of f,
//   2^23 2^(f 2^-23) = (2^13 c0 + c1 y + c2 S(y) + 6114) >> 15,
// where S(y) is y^2 / 2^19 from a squarer that drops every single partial product below 2^19.
// Source of the form: S. F. Oberman and M. Y. Siu, A High-Performance Area-Efficient Multifunction Interpolator, ARITH
// 2005 (widths 26, 16, 10). Coefficients, bias and squarer were recovered from the recorded results of all 2^23
// fractions on an H100 and reproduce them without exception. The rest of the range was recorded too (2 * 255 * 2^23
// inputs).
#include "tristab/layer/ex2_approx.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tristab {
namespace {

struct Segment {
  std::int64_t c0, c1, c2;
};

constexpr int segment_bits = 17;     // of f below the segment's number
constexpr int dropped_columns = 19;  // of the squarer
constexpr std::int64_t bias = 6114;

constexpr std::array<Segment, 64> segments{
    {{33554435, 22713, 494}, {33919818, 22960, 501}, {34289182, 23210, 506}, {34662565, 23463, 511},
     {35040018, 23718, 518}, {35421577, 23977, 521}, {35807292, 24238, 527}, {36197209, 24502, 532},
     {36591372, 24768, 541}, {36989825, 25038, 546}, {37392616, 25311, 551}, {37799797, 25586, 559},
     {38211409, 25865, 564}, {38627504, 26147, 568}, {39048131, 26431, 577}, {39473337, 26719, 583},
     {39903173, 27010, 589}, {40337690, 27304, 596}, {40776937, 27602, 600}, {41220970, 27902, 609},
     {41669836, 28206, 615}, {42123592, 28513, 622}, {42582286, 28824, 627}, {43045977, 29138, 633},
     {43514717, 29455, 641}, {43988561, 29776, 647}, {44467565, 30100, 655}, {44951786, 30428, 661},
     {45441278, 30759, 670}, {45936101, 31094, 677}, {46436314, 31432, 686}, {46941971, 31775, 691},
     {47453135, 32121, 699}, {47969867, 32471, 705}, {48492225, 32824, 715}, {49020269, 33182, 721},
     {49554065, 33543, 730}, {50093674, 33908, 739}, {50639159, 34277, 748}, {51190582, 34651, 753},
     {51748011, 35028, 763}, {52311510, 35409, 773}, {52881146, 35795, 779}, {53456983, 36185, 787},
     {54039091, 36579, 796}, {54627538, 36977, 806}, {55222393, 37380, 813}, {55823725, 37787, 822},
     {56431607, 38198, 833}, {57046106, 38614, 842}, {57667297, 39035, 849}, {58295254, 39460, 858},
     {58930048, 39889, 870}, {59571754, 40324, 877}, {60220447, 40763, 887}, {60876205, 41207, 896},
     {61539104, 41655, 909}, {62209220, 42109, 917}, {62886634, 42568, 925}, {63571424, 43031, 938},
     {64263672, 43500, 946}, {64963458, 43973, 959}, {65670863, 44452, 969}, {66385972, 44936, 980}}};

// 2^-19 (sum_i y_i 2^(2i) + sum_{j < i} y_i y_j 2^(i + j + 1)) over the partial products at or above 2^19.
std::int64_t truncated_square(std::int64_t y) {
  std::int64_t sum = 0;
  for (int i = 0; i < segment_bits; ++i) {
    if (((y >> i) & 1) == 0) continue;
    if (2 * i >= dropped_columns) sum += std::int64_t{1} << (2 * i);
    // The products with the lower bits j >= 19 - 1 - i of y, all at once.
    const int first = std::max(0, dropped_columns - 1 - i);
    if (first < i) {
      const std::int64_t lower = (y & ((std::int64_t{1} << i) - 1)) >> first << first;
      sum += lower << (i + 1);
    }
  }
  return sum >> dropped_columns;
}

}  // namespace

float ex2_approx(float x) {
  if (std::isnan(x)) return x;
  const float magnitude = std::fabs(x);
  if (magnitude < std::numeric_limits<float>::min()) return 1.0F;
  const bool negative = std::signbit(x);
  if (magnitude >= 512.0F) return negative ? 0.0F : std::numeric_limits<float>::infinity();
  const auto t = static_cast<std::int64_t>(static_cast<double>(magnitude) * 0x1p23);
  const std::int64_t fraction_mask = (std::int64_t{1} << 23) - 1;
  const std::int64_t q = !negative ? t : (t & fraction_mask) == 0 ? -t : -1 - t;
  const auto n = static_cast<int>(q >> 23);
  const std::int64_t f = q & fraction_mask, y = f & ((std::int64_t{1} << segment_bits) - 1);
  const Segment& segment = segments[static_cast<std::size_t>(f >> segment_bits)];
  const std::int64_t significand = (segment.c0 * 8192 + segment.c1 * y + segment.c2 * truncated_square(y) + bias) >> 15;
  const float result = std::ldexp(static_cast<float>(significand), n - 23);
  return result < std::numeric_limits<float>::min() ? 0.0F : result;
}

}  // namespace tristab
