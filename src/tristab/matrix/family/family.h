// What a family is to the registry: a description, and either a generator or a way to open files.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "tristab/base/random.h"
#include "tristab/matrix/source.h"

namespace tristab {

struct Family {
  Description description;
  bool random = false;  // false: one trial

  // A of size n from complete settings; `random` is the stream of this matrix alone. Null for families that
  // read files.
  Matrix (*generate)(const Settings& settings, int n, const RandomStream& random) = nullptr;

  // Fills in or refuses what the parameter table alone cannot say; null where the table says it all. Throws
  // UsageError naming `place`.
  void (*settle)(Json& settings, std::string_view place) = nullptr;

  // For families that read files; null otherwise.
  std::unique_ptr<Source> (*open)(const FamilySpec& spec, const std::filesystem::path& directory,
                                  std::string_view place) = nullptr;

  // For families made from the matrices of another one; null otherwise.
  std::unique_ptr<Source> (*derive)(const FamilySpec& spec, std::uint64_t seed, int trials,
                                    const std::filesystem::path& directory, std::string_view place) = nullptr;

  // A parameter value that is a list by itself and not an axis ("heads": [0, 2]).
  std::vector<std::string> list_valued = {};
};

// Every family, in listing order.
std::span<const Family> families();

Family uniform_family();
Family uniform_signed_family();
Family ones_family();
Family block_ones_family();
Family zeros_family();
Family normal_family();
Family delta_net_family();
Family gdn_family();
Family target_norm_family();
Family file_family();

// Sets a(i, j) for i > j, row by row, from value(i, j); zero elsewhere.
template <typename Value>
Matrix strictly_lower(int n, Value value) {
  Matrix a(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = value(i, j);
  }
  return a;
}

// Position of (i, j), i > j, in the strictly lower triangle counted row by row: the index of its random
// number.
constexpr std::uint64_t triangle_index(int i, int j) {
  return static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(i - 1) / 2 +
         static_cast<std::uint64_t>(j);
}

}  // namespace tristab
