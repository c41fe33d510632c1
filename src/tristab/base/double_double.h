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

// The same for |a| >= |b| or a = 0. Dekker.
constexpr DoubleDouble fast_two_sum(double a, double b) {
  const double high = a + b;
  return {high, b - (high - a)};
}

// a + b and a b with a relative error of a few 2^-106 (Joldes, Muller and Popescu, ACM TOMS 44(2), 2017, algorithms 6
// and 11). What is not finite has no correction.
constexpr DoubleDouble finite_or_high(DoubleDouble x) { return {x.high, x.low - x.low == 0 ? x.low : 0}; }
constexpr DoubleDouble sum(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble high = finite_or_high(two_sum(a.high, b.high)), low = two_sum(a.low, b.low);
  const DoubleDouble first = fast_two_sum(high.high, high.low + low.high);
  return finite_or_high(fast_two_sum(first.high, finite_or_high(first).low + low.low));
}
constexpr DoubleDouble product(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble high = finite_or_high(two_product(a.high, b.high));
  return finite_or_high(fast_two_sum(high.high, high.low + (a.high * b.low + a.low * b.high)));
}

}  // namespace tristab
