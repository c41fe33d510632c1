// NumPy's .npy format, versions 1.0 to 3.0: little-endian f2, f4, f8, in C or Fortran order.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tristab/base/output_file.h"
#include "tristab/matrix/tensor_file.h"

namespace tristab {

inline constexpr std::string_view npy_magic = "\x93NUMPY";

// Whether an array may have a dtype that cannot be read, or be empty. An archive may hold such arrays beside others.
enum class OtherDtypes { refuse, keep };

// The array of the file as a tensor named "array". Throws InputError with what was found and what is allowed if the
// header is broken or big-endian, or if the file's length differs from the header's. With `keep`, <i8 and <i4 are
// Dtype::i64 and i32, other little-endian dtypes Dtype::other.
Tensor read_npy_header(const ByteSource& file, OtherDtypes others);

// The source of a tensor of `file` in row-major order: `file` itself, or for an array in Fortran order a copy in
// memory, made when its values are first read. `tensor` then says where it begins in that copy.
std::unique_ptr<ByteSource> in_row_major_order(std::unique_ptr<ByteSource> file, Tensor& tensor);

// An array of f64 or f32 (other dtypes are a bug) as bytes: the header, and values in row-major order.
std::string npy_header(Dtype dtype, std::span<const std::int64_t> shape);
std::string npy_values(Dtype dtype, std::span<const double> values);

// Writes an array to an OutputFile, which replaces no file.
class NpyFileWriter {
 public:
  // Throws InputError if the file cannot be created.
  NpyFileWriter(const std::string& path, Dtype dtype, std::span<const std::int64_t> shape);

  // Throws InputError if writing failed.
  void append(std::span<const double> values);
  // Throws InputError if writing failed (disk full), std::logic_error if the shape is not filled.
  void commit();

 private:
  OutputFile file_;
  Dtype dtype_;
  std::int64_t missing_;  // elements still to come
};

}  // namespace tristab
