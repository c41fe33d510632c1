#include "npy_output.h"

#include <array>
#include <iostream>

#include "tristab/base/errors.h"

namespace tristab {

NpyOutput::NpyOutput(const std::string& path, Dtype dtype, int batch, int n) : dtype_(dtype) {
  const std::array<std::int64_t, 3> shape{batch, n, n};
  if (path == "-") {
    write_npy_header(std::cout, dtype, shape);
  } else {
    file_ = std::make_unique<NpyFileWriter>(path, dtype, shape);
  }
}

void NpyOutput::append(const Matrix& matrix) {
  if (file_) {
    file_->append(matrix.values());
  } else {
    write_npy_values(std::cout, dtype_, matrix.values());
  }
}

void NpyOutput::commit() {
  if (file_) return file_->commit();
  if (!std::cout.flush()) throw InputError("standard output: cannot write; allowed: an open pipe or file");
}

}  // namespace tristab
