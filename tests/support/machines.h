// Machines and matrices for the tests of the Machine.
#pragma once

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "support/samples.h"
#include "tristab/arithmetic/machine.h"
#include "tristab/base/json.h"

namespace tristab {

inline Arithmetic arithmetic_of(std::string_view name, const Json& parameters = Json::object()) {
  return make_arithmetic(name, parameters, "test");
}

// A machine that has started a case with one arithmetic.
class TestMachine {
 public:
  explicit TestMachine(std::string_view name, const Json& parameters = Json::object(),
                       std::unique_ptr<Engine> engine = make_float_engine())
      : arithmetic_(arithmetic_of(name, parameters)), machine_(std::move(engine)) {
    restart();
  }
  void restart() { machine_.start({{"*", &arithmetic_}}); }
  Machine& operator*() { return machine_; }
  Machine* operator->() { return &machine_; }

 private:
  Arithmetic arithmetic_;
  Machine machine_;
};

// Whole numbers -limit .. limit: exact in every format with enough bits, in any order of sums.
inline Matrix whole_numbers(int rows, int columns, int limit, std::uint64_t seed) {
  Samples samples(seed);
  Matrix matrix(rows, columns);
  for (double& x : matrix.values()) x = samples.integer(-limit, limit);
  return matrix;
}

inline Matrix random_matrix(int n, const Format& format, int low, int high, std::uint64_t seed) {
  Samples samples(seed);
  Matrix matrix(n, n);
  for (double& x : matrix.values()) x = samples.value(format, low, high);
  return matrix;
}

inline Matrix plain_product(const Matrix& a, const Matrix& b) {
  Matrix c(a.rows(), b.columns());
  for (int i = 0; i < a.rows(); ++i) {
    for (int k = 0; k < a.columns(); ++k) {
      for (int j = 0; j < b.columns(); ++j) c(i, j) += a(i, k) * b(k, j);
    }
  }
  return c;
}

inline Matrix plain_block(const Matrix& a, int row, int column, int rows, int columns) {
  Matrix c(rows, columns);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) c(i, j) = a(row + i, column + j);
  }
  return c;
}

// x(i, j) = f(i, j, a(i, j))
template <class Function>
Matrix mapped(const Matrix& a, const Function& f) {
  Matrix c(a.rows(), a.columns());
  for (int i = 0; i < a.rows(); ++i) {
    for (int j = 0; j < a.columns(); ++j) c(i, j) = f(i, j, a(i, j));
  }
  return c;
}

}  // namespace tristab
