// Tokens for the tests of this layer.
#pragma once

#include "tristab/base/json.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/source.h"

namespace tristab::testing_support {

inline std::unique_ptr<Source> source_of(const Json& family) {
  return open_source(expand_family(family, "test").front(), 1, 1, {}, "test");
}

// The families that draw each of the rules.
inline std::vector<Json> delta_families() {
  std::vector<Json> families;
  for (const char* name : {"delta-net", "gdn", "kda", "gdn2", "rwkv7", "delta-product", "comba"})
    families.push_back({{"family", name}, {"head_dim", 16}});
  families[2]["gate"] = "fla-init";
  families[6]["feedback"] = 0.6;
  families.push_back({{"family", "delta-product"}, {"head_dim", 16}, {"steps", 3}, {"gate", "hf-init"}});
  families.push_back({{"family", "pgdn"}, {"head_dim", 16}});
  families.push_back({{"family", "pkda"}, {"head_dim", 16}});
  return families;
}

inline TokenInputs sequence_of(const Json& family, int chunk, int chunks) {
  return source_of(family)->sequence(0, chunk, chunks).tokens;
}

// (I + A)^-1 by substitution in long double.
inline Matrix exact_inverse(const Matrix& a) {
  const int n = a.rows();
  Matrix inverse(n, n);
  for (int c = 0; c < n; ++c) {
    std::vector<long double> x(static_cast<std::size_t>(n));
    for (int i = c; i < n; ++i) {
      long double sum = i == c ? 1 : 0;
      for (int j = c; j < i; ++j) sum -= static_cast<long double>(a(i, j)) * x[static_cast<std::size_t>(j)];
      x[static_cast<std::size_t>(i)] = sum;
      inverse(i, c) = static_cast<double>(sum);
    }
  }
  return inverse;
}

}  // namespace tristab::testing_support
