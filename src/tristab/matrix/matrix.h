// Dense row-major matrices of doubles: they hold inputs, the leading parts of references, and results.
#pragma once

#include <cstddef>
#include <vector>

namespace tristab {

class Matrix {
 public:
  Matrix() = default;
  Matrix(int rows, int columns) : rows_(rows), columns_(columns) {
    values_.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  }

  int rows() const { return rows_; }
  int columns() const { return columns_; }
  double& operator()(int i, int j) { return values_[index(i, j)]; }
  double operator()(int i, int j) const { return values_[index(i, j)]; }
  double* row(int i) { return values_.data() + index(i, 0); }
  const double* row(int i) const { return values_.data() + index(i, 0); }
  const std::vector<double>& values() const { return values_; }
  std::vector<double>& values() { return values_; }
  bool operator==(const Matrix&) const = default;

 private:
  std::size_t index(int i, int j) const {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(j);
  }
  int rows_ = 0, columns_ = 0;
  std::vector<double> values_;
};

}  // namespace tristab
