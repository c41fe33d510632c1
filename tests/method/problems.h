// What the method tests share: matrices of the families, and one inversion in one call.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tristab/base/json.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/metric/measure.h"
#include "tristab/reference/inverse.h"

namespace tristab {

inline std::vector<Matrix> matrices(const Json& family, int n, int trials, std::uint64_t seed = 1) {
  const std::vector<FamilySpec> specs = expand_family(family, "test");
  const auto source = open_source(specs.at(0), seed, trials, TRISTAB_TEST_DATA, "test");
  std::vector<Matrix> list;
  for (int i = 0; i < source->count(n); ++i) list.push_back(source->problem(n, i).a);
  return list;
}

inline MethodSpec method_of(const Json& given) {
  const std::vector<MethodSpec> specs = expand_method(given, "test");
  EXPECT_EQ(specs.size(), 1U);
  return specs.at(0);
}

inline Arithmetic arithmetic_of(const Json& given) { return expand_arithmetic(given, "test").at(0); }

inline Inversion inverted(const Json& method, const Json& arithmetic, const Matrix& a) {
  static Machines machines;
  const Arithmetic used = arithmetic_of(arithmetic);
  return invert(method_of(method), used, round_input(a, used), machines.machine_for(used));
}

// Relative Frobenius error against the inverse of the matrix that the method was given; NaN if not finite.
inline double error_of(const Json& method, const Json& arithmetic, const Matrix& a) {
  const Arithmetic used = arithmetic_of(arithmetic);
  return relative_frobenius(inverted(method, arithmetic, a).x, invert_reference(round_input(a, used)));
}

// The median error; non-finite results count as the largest.
inline double median_error(const Json& method, const Json& arithmetic, const std::vector<Matrix>& list) {
  std::vector<double> errors;
  for (const Matrix& a : list) {
    const double error = error_of(method, arithmetic, a);
    errors.push_back(error == error ? error : 1e300);
  }
  std::sort(errors.begin(), errors.end());
  return errors[errors.size() / 2];
}

inline Json with(const char* method, Json parameters) {
  parameters["method"] = method;
  return parameters;
}

}  // namespace tristab
