// A batch of matrices as .npy: in a file that appears when it is complete, or on standard output.
#pragma once

#include <memory>
#include <string>

#include "tristab/matrix/matrix.h"
#include "tristab/matrix/npy.h"

namespace tristab {

class NpyOutput {
 public:
  // [batch, n, n]; path "-" is standard output. Throws InputError when the file cannot be created.
  NpyOutput(const std::string& path, Dtype dtype, int batch, int n);
  void append(const Matrix& matrix);
  void commit();  // throws InputError when writing failed

 private:
  Dtype dtype_;
  std::unique_ptr<NpyFileWriter> file_;  // null: standard output
};

}  // namespace tristab
