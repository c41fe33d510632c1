// Error-free transformations in plain IEEE operations (no fused multiply-add: slow where the hardware has none).
// Dekker 1971; Ogita, Rump and Oishi, Accurate Sum and Dot Product, 2005.
#pragma once

namespace tristab {

// The unevaluated sum of a leading part and a correction.
struct DoubleDouble {
  double high, low;
};

// high + low = a + b exactly, high = fl(a + b). Knuth.
constexpr DoubleDouble two_sum(double a, double b) {
  const double high = a + b;
  const double part = high - a;
  return {high, (a - (high - part)) + (b - part)};
}

// a = high + low, each of at most 26 bits. Veltkamp; |a| < 2^995.
constexpr DoubleDouble split(double a) {
  const double shifted = 134217729.0 * a;  // 2^27 + 1
  const double high = shifted - (shifted - a);
  return {high, a - high};
}

// high + low = a b exactly, high = fl(a b), barring underflow and overflow. Dekker.
constexpr DoubleDouble two_product(double a, double b) {
  const double high = a * b;
  const DoubleDouble x = split(a), y = split(b);
  return {high, ((x.high * y.high - high) + x.high * y.low + x.low * y.high) + x.low * y.low};
}

}  // namespace tristab
