// Dot products recorded on real matrix units, D = A B + C, in safetensors files whose tensors are named
// <operand>_<accumulator>.<tile>.<name>.{a,b,c,d}. They hold bit patterns, so that NaN and fp8 survive the reading. If
// the instruction is not the tile's default, the name begins with it: "mma8-special" is mma.sync with k = 8 per
// instruction, "wgmma32-..." wgmma, "mmasat32-..." mma.sync with .satfinite, "scaledmm-fast-..." and
// "scaledmm-promoted-..." torch._scaled_mm with use_fast_accum on and off. A tensor may hold only some rows and columns
// of its tile: m and n are those of the shape. Shares no code with src/.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace tristab {

// One recorded set of tiles: a is batch x m x k, b is batch x k x n, c and d are batch x m x n, row-major.
struct HardwareVectors {
  std::string operand;      // "bf16", "fp16", "fp32tf32", "fp32tf32x3", "e4m3", "e5m2", "e4m3e5m2" (a, then b), "s8"
  std::string accumulator;  // "f32", "f16", "s32"
  std::string tile;         // "m16n16k64"
  std::string name;         // "normal"
  int batch = 0, m = 0, n = 0, k = 0;
  std::vector<std::uint32_t> a, b, c, d;  // bits of each element, in the low end

  std::string label() const {
    std::string text = operand;
    return text.append("_").append(accumulator).append(".").append(tile).append(".").append(name);
  }
  // The part of the name before its first '-', without digits: "mma", "mmasat", "wgmma", "scaledmm", or "".
  std::string path() const {
    const std::size_t end = name.find('-');
    return end == std::string::npos ? "" : name.substr(0, std::min(end, name.find_first_of("0123456789")));
  }
  // k of the named instruction; 0 if the name gives none.
  int instruction_k() const {
    const std::size_t length = path().size();
    return length == 0 || name[length] == '-' ? 0 : std::stoi(name.substr(length));
  }
  std::string a_format() const { return operand == "e4m3e5m2" ? "e4m3" : operand == "e5m2e4m3" ? "e5m2" : operand; }
  std::string b_format() const { return operand == "e4m3e5m2" ? "e5m2" : operand == "e5m2e4m3" ? "e4m3" : operand; }

  std::uint32_t a_at(int t, int i, int l) const { return a[index(t, i, l, m, k)]; }
  std::uint32_t b_at(int t, int l, int j) const { return b[index(t, l, j, k, n)]; }
  std::uint32_t c_at(int t, int i, int j) const { return c[index(t, i, j, m, n)]; }
  std::uint32_t d_at(int t, int i, int j) const { return d[index(t, i, j, m, n)]; }

 private:
  static std::size_t index(int t, int i, int j, int rows, int columns) {
    return (static_cast<std::size_t>(t) * static_cast<std::size_t>(rows) + static_cast<std::size_t>(i)) *
               static_cast<std::size_t>(columns) +
           static_cast<std::size_t>(j);
  }
};

// The value of a bit pattern. Formats: "bf16", "fp16" and "f16", "e4m3" (OCP, 448), "e5m2"; every name that begins with
// "fp32" or "f32" is binary32. A NaN keeps its sign and payload, left-aligned.
inline float value_of_bits(const std::string& format, std::uint32_t bits) {
  if (format == "bf16") return std::bit_cast<float>(bits << 16);
  if (format.starts_with("fp32") || format == "f32") return std::bit_cast<float>(bits);
  int width = 16, fraction = 10, bias = 15;
  if (format == "e4m3") width = 8, fraction = 3, bias = 7;
  if (format == "e5m2") width = 8, fraction = 2, bias = 15;
  if (width == 16 && format != "fp16" && format != "f16") throw std::invalid_argument("no bits of " + format);
  const std::uint32_t sign = (bits >> (width - 1)) << 31;
  const std::uint32_t rest = bits & ((1U << (width - 1)) - 1);
  std::uint32_t field = rest >> fraction, digits = rest & ((1U << fraction) - 1);
  const std::uint32_t last_field = (1U << (width - 1 - fraction)) - 1;
  if (format == "e4m3" ? rest == 0x7f : field == last_field) {
    return std::bit_cast<float>(sign | 0x7f800000U | (digits << (23 - fraction)));
  }
  if (rest == 0) return std::bit_cast<float>(sign);
  int exponent = static_cast<int>(field) - bias;
  if (field == 0) {
    exponent = 1 - bias;
    while ((digits >> fraction) == 0) {
      digits <<= 1;
      --exponent;
    }
    digits -= 1U << fraction;
  }
  return std::bit_cast<float>(sign | (static_cast<std::uint32_t>(exponent + 127) << 23) | (digits << (23 - fraction)));
}

// The bits of a value of the accumulator format "f32" or "f16"; every NaN is 0x7fffffff or 0x7fff, as the units write
// it. Throws if "f16" cannot hold x.
inline std::uint32_t bits_of_value(const std::string& accumulator, float x) {
  const std::uint32_t wide = std::bit_cast<std::uint32_t>(x);
  const bool nan = (wide & 0x7fffffffU) > 0x7f800000U;
  if (accumulator == "f32") return nan ? 0x7fffffffU : wide;
  if (nan) return 0x7fffU;
  const std::uint32_t sign = (wide >> 31) << 15, magnitude = wide & 0x7fffffffU;
  if (magnitude == 0) return sign;
  if (magnitude == 0x7f800000U) return sign | 0x7c00U;
  std::uint32_t bits = 0;
  bool exact = false;
  if (magnitude >= 0x38800000U) {  // 2^-14
    bits = (magnitude - 0x38000000U) >> 13;
    exact = (magnitude & 0x1fffU) == 0 && bits <= 0x7bffU;
  } else if (magnitude >= 0x33800000U) {  // 2^-24
    const std::uint32_t significand = (magnitude & 0x7fffffU) | 0x800000U, shift = 126 - (magnitude >> 23);
    bits = significand >> shift;
    exact = (bits << shift) == significand;
  }
  if (!exact) throw std::invalid_argument("not a value of fp16");
  return sign | bits;
}

namespace hardware_vectors_detail {

inline std::vector<std::uint32_t> elements(const nlohmann::json& tensor, const std::string& buffer) {
  const std::string dtype = tensor.at("dtype");
  const std::map<std::string, std::size_t> sizes = {{"U8", 1},  {"I8", 1},  {"F16", 2}, {"BF16", 2},
                                                    {"F32", 4}, {"I32", 4}, {"U32", 4}};
  const std::size_t size = sizes.at(dtype);
  const std::size_t first = tensor.at("data_offsets").at(0), last = tensor.at("data_offsets").at(1);
  if (first > last || last > buffer.size()) throw std::runtime_error("tensor outside the file's buffer");
  std::vector<std::uint32_t> bits;
  for (std::size_t at = first; at < last; at += size) {
    std::uint32_t element = 0;
    for (std::size_t byte = size; byte-- > 0;) element = (element << 8) | static_cast<unsigned char>(buffer[at + byte]);
    bits.push_back(element);
  }
  return bits;
}

}  // namespace hardware_vectors_detail

// Every set of the file, in order of name. Throws std::exception if the file cannot be read, or if a tensor is missing
// or its shape does not fit the others of its set.
inline std::vector<HardwareVectors> read_hardware_vectors(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::size_t length = 0;
  for (std::size_t byte = 8; byte-- > 0;) length = (length << 8) | static_cast<unsigned char>(bytes.at(byte));
  const nlohmann::json header = nlohmann::json::parse(bytes.substr(8, length));
  const std::string buffer = bytes.substr(8 + length);

  std::vector<HardwareVectors> sets;
  for (const auto& [key, tensor] : header.items()) {
    if (!key.ends_with(".a")) continue;
    const std::string stem = key.substr(0, key.size() - 2);
    const std::size_t underscore = stem.find('_'), dot = stem.find('.'), second = stem.find('.', dot + 1);
    if (underscore > dot || second == std::string::npos) throw std::runtime_error("tensor name " + key);
    HardwareVectors set;
    set.operand = stem.substr(0, underscore);
    set.accumulator = stem.substr(underscore + 1, dot - underscore - 1);
    set.tile = stem.substr(dot + 1, second - dot - 1);
    set.name = stem.substr(second + 1);
    const std::vector<int> a = tensor.at("shape"), b = header.at(stem + ".b").at("shape");
    set.batch = a.at(0), set.m = a.at(1), set.k = a.at(2), set.n = b.at(2);
    const std::vector<int> c = {set.batch, set.m, set.n};
    if (b != std::vector<int>{set.batch, set.k, set.n} || header.at(stem + ".c").at("shape") != c ||
        header.at(stem + ".d").at("shape") != c) {
      throw std::runtime_error("shapes of " + stem);
    }
    set.a = hardware_vectors_detail::elements(tensor, buffer);
    set.b = hardware_vectors_detail::elements(header.at(stem + ".b"), buffer);
    set.c = hardware_vectors_detail::elements(header.at(stem + ".c"), buffer);
    set.d = hardware_vectors_detail::elements(header.at(stem + ".d"), buffer);
    sets.push_back(std::move(set));
  }
  return sets;
}

}  // namespace tristab
