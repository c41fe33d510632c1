// A registry entry for a family: a description, and either a generator or a way to open files.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "tristab/base/random.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/source.h"

namespace tristab {

struct Family {
  Description description;
  bool random = false;  // false: one trial

  // A of size n from complete settings; `random` is the stream of this
  // trial, the same at every n. Null for families that read files.
  Matrix (*generate)(const Settings& settings, int n, const RandomStream& random) = nullptr;

  // Instead of generate, for families that draw the inputs of a layer: `rows` rows of one head, from which A is formed
  // chunk by chunk. Queries and values are drawn only if `with_outputs` is set (they have separate streams).
  std::function<TokenInputs(const Settings& settings, int rows, const RandomStream& random, bool with_outputs)>
      generate_tokens = nullptr;

  // Fills in or refuses what the parameter table cannot express; null if there is nothing. Throws UsageError naming
  // `place`.
  std::function<void(Json& settings, std::string_view place)> settle = nullptr;

  // For families that read files; null otherwise.
  std::unique_ptr<Source> (*open)(const FamilySpec& spec, const std::filesystem::path& directory,
                                  std::string_view place) = nullptr;

  // For families made from the matrices of another family; null otherwise.
  std::unique_ptr<Source> (*derive)(const FamilySpec& spec, std::uint64_t seed, int trials,
                                    const std::filesystem::path& directory, std::string_view place) = nullptr;

  // Parameters whose value may be a list that is not an axis ("heads": [0, 2]).
  std::vector<std::string> list_valued = {};
};

// Every family, in listing order.
std::span<const Family> families();

// Sets a(i, j) for i > j, row by row, from value(i, j); zero elsewhere.
template <typename Value>
Matrix strictly_lower(int n, Value value) {
  Matrix a(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = value(i, j);
  }
  return a;
}

// 1, x, x^2, ..., x^(count - 1); each is the previous one times x, so the m-th has an error of at most m ulp.
inline std::vector<double> powers_of(double x, int count) {
  std::vector<double> powers(static_cast<std::size_t>(count), 1.0);
  for (std::size_t m = 1; m < powers.size(); ++m) powers[m] = powers[m - 1] * x;
  return powers;
}

// Position of (i, j), i > j, in the strictly lower triangle counted row by row: the index of its random number.
constexpr std::uint64_t triangle_index(int i, int j) {
  return static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(i - 1) / 2 + static_cast<std::uint64_t>(j);
}

}  // namespace tristab
