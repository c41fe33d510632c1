#include "tristab/base/random.h"

#include <Random123/philox.h>

#include <algorithm>

#include "tristab/base/elementary.h"

namespace tristab {
namespace {

constexpr std::uint64_t fnv_offset = 0xcbf29ce484222325;
constexpr std::uint64_t fnv_prime = 0x100000001b3;

std::uint64_t hash_on(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * fnv_prime;
  return hash;
}

// FNV-1a mixes its last bytes badly into the high half, so keys of streams also go through the finaliser of
// MurmurHash3.
std::uint64_t mixed(std::uint64_t hash) {
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}

double uniform_of(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

// An odd multiple of 2^-54 is a double below one half. Above one half it lies midway between two doubles, and the
// subtraction rounds it to the even one, the largest downwards.
double open_uniform_of(std::uint64_t bits) {
  const std::uint64_t odd = (bits >> 11) * 2 + 1;
  constexpr std::uint64_t one = std::uint64_t{1} << 54;
  if (odd < one / 2) return static_cast<double>(odd) * 0x1p-54;
  return std::min(1.0 - static_cast<double>(one - odd) * 0x1p-54, 1.0 - 0x1p-53);
}

// The quantile at the odd multiple of 2^-54. Above one half it is taken by symmetry from the lower half, where the
// argument is exact.
double normal_of(std::uint64_t bits) {
  const std::uint64_t odd = (bits >> 11) * 2 + 1;
  constexpr std::uint64_t one = std::uint64_t{1} << 54;
  if (odd < one / 2) return normal_quantile(static_cast<double>(odd) * 0x1p-54);
  return -normal_quantile(static_cast<double>(one - odd) * 0x1p-54);
}

}  // namespace

std::uint64_t hash_text(std::string_view text) { return hash_on(fnv_offset, text); }

std::array<std::uint32_t, 4> philox4x32_10(const std::array<std::uint32_t, 4>& counter,
                                           const std::array<std::uint32_t, 2>& key) {
  const r123::Philox4x32 philox;
  const r123::Philox4x32::ctr_type c{{counter[0], counter[1], counter[2], counter[3]}};
  const r123::Philox4x32::key_type k{{key[0], key[1]}};
  const r123::Philox4x32::ctr_type r = philox(c, k);
  return {r[0], r[1], r[2], r[3]};
}

RandomStream::RandomStream(std::string_view identity) : key_(mixed(hash_text(identity))) {}

RandomStream RandomStream::part(std::string_view name) const {
  return RandomStream(mixed(hash_on(key_ ^ fnv_offset, name)));
}

std::array<std::uint64_t, 2> RandomStream::block(std::uint64_t counter) const {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto r = philox4x32_10({low(counter), low(counter >> 32), 0, 0}, {low(key_), low(key_ >> 32)});
  return {r[0] | std::uint64_t{r[1]} << 32, r[2] | std::uint64_t{r[3]} << 32};
}

std::uint64_t RandomStream::bits(std::uint64_t index) const { return block(index / 2)[index % 2]; }
double RandomStream::uniform(std::uint64_t index) const { return uniform_of(bits(index)); }
double RandomStream::open_uniform(std::uint64_t index) const { return open_uniform_of(bits(index)); }
double RandomStream::normal(std::uint64_t index) const { return normal_of(bits(index)); }

template <typename Transform>
void RandomStream::fill(std::uint64_t first, std::span<double> out, Transform transform) const {
  std::size_t i = 0;
  if (first % 2 == 1 && !out.empty()) out[i++] = transform(bits(first));
  for (; i + 1 < out.size(); i += 2) {
    const std::array<std::uint64_t, 2> pair = block((first + i) / 2);
    out[i] = transform(pair[0]);
    out[i + 1] = transform(pair[1]);
  }
  if (i < out.size()) out[i] = transform(bits(first + i));
}

void RandomStream::fill_normal(std::uint64_t first, std::span<double> out) const { fill(first, out, normal_of); }
void RandomStream::fill_uniform(std::uint64_t first, std::span<double> out) const { fill(first, out, uniform_of); }

}  // namespace tristab
