// Scales and their marks. A logarithmic scale cannot show zeros and results that are not finite: zeros are drawn on a rail at the
// bottom, the others on a rail at the top. So are errors beyond these bounds: above 100 the size of an error means nothing, and
// below 1e-20 it is zero but for rounding; both would flatten all others.
const errorCap = 100, errorFloor = 1e-20;

function shortNumber(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "not finite";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-2 && size < 1e5) return String(Number(value.toPrecision(digits)));
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return String(Number(mantissa)) + "e" + Number(exponent);
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
function powerOfTen(exponent) {
  const digits = String(Math.abs(exponent)).split("").map((digit) => superscripts[digit]).join("");
  return "10" + (exponent < 0 ? "⁻" : "") + digits;
}

// Decades that cover the positive values, at least one, at most `most` marks.
function logScale(values, from, to, most = 6) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (!(value > 0) || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) { low = 1; high = 10; }
  let first = Math.floor(Math.log10(low) + 1e-9), last = Math.ceil(Math.log10(high) - 1e-9);
  if (first === last) last = first + 1;
  const step = Math.max(1, Math.ceil((last - first) / most));
  const marks = [];
  for (let exponent = Math.ceil(first / step) * step; exponent <= last; exponent += step) marks.push({at: 10 ** exponent, label: powerOfTen(exponent)});
  const place = (value) => from + (Math.log10(value) - first) / (last - first) * (to - from);
  return {place, marks, low: 10 ** first, high: 10 ** last};
}

// A logarithmic axis with rails from `bottom` up to `top`; null is not finite. `cap` and `floor` are the bounds of the values between the rails.
function railedAxis(values, bottom, top, cap = Infinity, floor = 0) {
  const isAbove = (value) => value === null || value > cap, isBelow = (value) => value !== null && value <= floor;
  const above = values.some(isAbove), below = values.some(isBelow), tiny = values.some((value) => isBelow(value) && value > 0);
  const between = values.filter((value) => !isAbove(value) && !isBelow(value));
  const scale = logScale(between, bottom - (below ? 20 : 6), top + (above ? 22 : 6));
  const place = (value) => isAbove(value) ? top + 10 : isBelow(value) ? bottom - 8 : scale.place(value);
  const rails = [];
  if (above) rails.push({at: top + 10, label: cap < Infinity ? ">" + powerOfTen(Math.log10(cap)) : "n.f."});
  if (below) rails.push({at: bottom - 8, label: tiny ? "<" + powerOfTen(Math.log10(floor)) : "0"});
  return {...scale, place, rails, isAbove, isBelow};
}

// A logarithmic scale for sizes, with a mark at each of them, or at some if there are many.
function sizeScale(values, from, to) {
  const sizes = [...new Set(values)].sort((a, b) => a - b);
  const low = Math.log2(sizes[0] || 1) - 0.35, high = Math.log2(sizes[sizes.length - 1] || 2) + 0.35;
  const place = (value) => from + (Math.log2(value) - low) / (high - low) * (to - from);
  let marks = sizes.map((size) => ({at: size, label: String(size)}));
  for (const keep of [2, 4, 8]) {
    if (marks.length > 8) marks = sizes.filter((_, k) => k % keep === 0).map((size) => ({at: size, label: String(size)}));
  }
  return {place, marks};
}
