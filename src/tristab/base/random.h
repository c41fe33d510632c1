// Counter-based random numbers (Philox 4x32-10, Random123): a value depends only on the stream's identity and its
// index, not on earlier draws or on the thread. J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random
// numbers: as easy as 1, 2, 3, SC 2011.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tristab {

// 64-bit FNV-1a hash. Cases and streams are identified by hashes of their canonical text.
std::uint64_t hash_text(std::string_view text);

// Random123's philox4x32 with 10 rounds.
std::array<std::uint32_t, 4> philox4x32_10(const std::array<std::uint32_t, 4>& counter,
                                           const std::array<std::uint32_t, 2>& key);

class RandomStream {
 public:
  // `identity` is the canonical text of everything that the case depends on.
  explicit RandomStream(std::string_view identity);

  // An independent stream of the same case for one of its parts ("keys", "beta", ...).
  RandomStream part(std::string_view name) const;

  std::uint64_t bits(std::uint64_t index) const;   // 64 uniform bits
  double uniform(std::uint64_t index) const;       // in [0, 1), a multiple of 2^-53
  double open_uniform(std::uint64_t index) const;  // an odd multiple of 2^-54 in (0, 1), rounded within it
  double normal(std::uint64_t index) const;        // standard normal, by the quantile function

  // out[i] = normal(first + i) or uniform(first + i); one Philox block gives two values.
  void fill_normal(std::uint64_t first, std::span<double> out) const;
  void fill_uniform(std::uint64_t first, std::span<double> out) const;

 private:
  explicit RandomStream(std::uint64_t key) : key_(key) {}
  std::array<std::uint64_t, 2> block(std::uint64_t counter) const;  // bits(2 counter), bits(2 counter + 1)
  template <typename Transform>
  void fill(std::uint64_t first, std::span<double> out, Transform transform) const;
  std::uint64_t key_;
};

}  // namespace tristab
