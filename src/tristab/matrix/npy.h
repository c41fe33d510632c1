// NumPy's .npy format, versions 1.0 to 3.0: little-endian f2, f4, f8, C order.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <filesystem>
#include <fstream>
#include <iosfwd>
#include <span>
#include <string_view>

#include "tristab/matrix/tensor_file.h"

namespace tristab {

inline constexpr std::string_view npy_magic = "\x93NUMPY";

// Whether an array may have a dtype that cannot be read, or be empty. An archive may hold such arrays beside others.
enum class OtherDtypes { refuse, keep };

// The array of the file as a tensor named "array". Throws InputError with what was found and what is allowed if the
// header is broken, big-endian or in Fortran order, or if the file's length differs from the header's. With `keep`, <i8
// and <i4 are Dtype::i64 and i32, other little-endian dtypes Dtype::other.
Tensor read_npy_header(const ByteSource& file, OtherDtypes others);

// Writes an array of f64 or f32 (other dtypes are a bug) to a stream: first the header, then values in row-major order.
void write_npy_header(std::ostream& out, Dtype dtype, std::span<const std::int64_t> shape);
void write_npy_values(std::ostream& out, Dtype dtype, std::span<const double> values);

// Whether output to this path must be written directly: it is a device or a pipe (/dev/null, /dev/stdout, a FIFO),
// which a rename would replace by a plain file.
bool is_written_through(const std::filesystem::path& path);

// Writes an array to a file. The file appears under its name only when commit() has all of it; before that it has a
// temporary name in the same directory, and after a failure nothing is left. Devices and pipes are written directly.
class NpyFileWriter {
 public:
  // Throws InputError if the file cannot be created.
  NpyFileWriter(std::filesystem::path path, Dtype dtype, std::span<const std::int64_t> shape);
  ~NpyFileWriter();
  NpyFileWriter(const NpyFileWriter&) = delete;
  NpyFileWriter& operator=(const NpyFileWriter&) = delete;

  // Throws InputError if writing failed.
  void append(std::span<const double> values);
  // Throws InputError if writing failed (disk full), std::logic_error if the shape is not filled.
  void commit();

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_, partial_;  // partial_ is empty if the file is written directly
  Dtype dtype_;
  std::int64_t missing_;  // elements still to come
  std::ofstream out_;
  bool committed_ = false;
};

}  // namespace tristab
