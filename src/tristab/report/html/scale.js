// Scales and their marks. A logarithmic scale cannot show zeros and what is not finite: they stand on rails, apart at the ends of the
// axis. So do errors beyond these bounds: above 100 the size of an error means nothing, and below 1e-20 it is zero but for rounding;
// both would flatten all others.
const errorBounds = {cap: 100, floor: 1e-20};

// Numbers of the page are null where there is none, and infinite where a result is not finite.
function shortNumber(value, digits = 3) {
  if (value === null || value === undefined) return "none";
  if (value === Infinity) return "not finite";
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

// Round numbers that cover the values, about `most` marks.
function linearScale(values, from, to, most = 6) {
  const finite = values.filter(Number.isFinite), least = finite.length ? Math.min(...finite) : 0, largest = finite.length ? Math.max(...finite) : 1;
  const span = largest > least ? largest - least : Math.abs(least) || 1, rough = span / Math.max(1, most - 1), decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * [1, 2, 5, 10].find((each) => each * decade >= rough * 0.999);
  const low = Math.floor(least / step) * step, high = Math.max(low + step, Math.ceil(largest / step) * step), marks = [];
  for (let k = 0; low + k * step <= high + step / 2; ++k) marks.push({at: low + k * step, label: String(Number((low + k * step).toPrecision(6)))});
  return {place: (value) => from + (value - low) / (high - low) * (to - from), marks, low, high};
}

// The rail of a value on an axis with these bounds; null between them.
const railOf = (value, {cap = Infinity, floor = 0, linear = false}) => linear ? (value === Infinity ? "infinite" : value === -Infinity ? "below" : null) : value === Infinity ? "infinite" : value > cap ? "above" : value <= floor ? "below" : null;

// A logarithmic axis between two places, or a linear one for numbers of which larger is better, with a rail for each kind of value that it cannot show. `room` gives the width of a rail, from
// its name and label, `most` the number of marks that fit a length.
function railedAxis(values, from, to, {cap, floor, linear = false, room = () => 16, most = () => 6} = {}) {
  const rail = (value) => railOf(value, {cap, floor, linear}), present = new Set(values.map(rail)), sign = Math.sign(to - from), rails = {};
  const labels = linear ? {infinite: "exact", below: "not finite"} : {infinite: "not finite", above: cap ? ">" + powerOfTen(Math.log10(cap)) : "",
    below: values.some((value) => value > 0 && value <= floor) ? "<" + powerOfTen(Math.log10(floor)) : "0"};
  let low = from, high = to;
  for (const name of ["infinite", "above", "below"]) {
    if (!present.has(name)) continue;
    const width = room(name, labels[name]), edge = name === "below" ? low : high, inner = name === "below" ? low += sign * width : high -= sign * width;
    rails[name] = {label: labels[name], at: (edge + inner) / 2, edge: inner};
  }
  const scale = (linear ? linearScale : logScale)(values.filter((value) => rail(value) === null), low + sign * 6, high - sign * 6, most(Math.abs(high - low)));
  return {...scale, place: (value) => rails[rail(value)]?.at ?? scale.place(value), rails: Object.values(rails), rail};
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
