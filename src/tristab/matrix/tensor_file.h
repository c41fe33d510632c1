// A file of named tensors that is read in slices: the header when the file is opened, values when they are needed.
// Files many times larger than the memory are fine. Reading is thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/dtype.h"

namespace tristab {

struct Tensor {
  std::string name;
  std::string dtype_name;  // as the file spells it
  Dtype dtype = Dtype::other;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;   // of the first byte, from the start of its byte source
  std::size_t part = 0;       // which byte source of its file: the file itself, or a member of an archive
  bool column_major = false;  // as the file stores it; a TensorFile has its values in row-major order

  std::int64_t elements() const;   // product of the shape
  std::string shape_text() const;  // "[512, 4, 128]"
};

// Bytes that are read at given offsets: a file, or a member of an archive.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  virtual const std::string& path() const = 0;  // for messages: the file, and the member if there is one
  // Throws InputError if the bytes end before offset + bytes. Thread-safe.
  virtual void read(std::uint64_t offset, std::uint64_t bytes, void* out) const = 0;
};

// An open regular file.
class RawFile : public ByteSource {
 public:
  // `name` stands for the path in messages. Throws InputError if it cannot be opened or is not a regular file.
  explicit RawFile(const std::filesystem::path& path, const std::string& name = "");
  ~RawFile() override;
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  std::uint64_t size() const override { return size_; }
  const std::string& path() const override { return path_; }
  void read(std::uint64_t offset, std::uint64_t bytes, void* out) const override;

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// Rows of equal length at equal distances, in elements from the tensor's first one.
struct Slice {
  std::int64_t first = 0, rows = 1, row_length = 0, row_stride = 0;
};

// Statistics of a tensor's values.
struct ValueRange {
  double minimum = std::numeric_limits<double>::infinity();  // of the finite values; above maximum if there was none
  double maximum = -std::numeric_limits<double>::infinity();
  std::int64_t non_finite = 0;  // NaN and infinities
};

class TensorFile {
 public:
  // A .npy or .npz (recognised by their first bytes) or .safetensors file, or a MemoryFile; "-" is standard input.
  // Throws InputError if it is missing, truncated or broken, ForeignFile if PyTorch wrote it.
  static std::shared_ptr<const TensorFile> open(const std::filesystem::path& path);

  // Tensors stored in `parts`. Offsets and shapes must lie within the parts.
  TensorFile(std::string path, std::vector<std::unique_ptr<ByteSource>> parts, std::vector<Tensor> tensors);

  const std::string& path() const { return path_; }
  const std::vector<Tensor>& tensors() const { return tensors_; }  // in order of name
  const Tensor* find(std::string_view name) const;                 // null: the file has no such tensor

  // Reads rows x row_length values as doubles (exact), row after row. Throws InputError with tensor and index if one is
  // NaN or infinite, and if the tensor's dtype is not F64, F32, F16 or BF16. A slice outside the tensor is a bug.
  void read(const Tensor& tensor, const Slice& slice, double* out) const;
  // The same with NaN and infinities as they are: the results of a kernel.
  void read_results(const Tensor& tensor, const Slice& slice, double* out) const;

  // Includes `count` elements from `first` on, in row-major order, in `range`; NaN and infinity are not errors here.
  // Throws InputError if the dtype is not F64, F32, F16 or BF16.
  void survey(const Tensor& tensor, std::int64_t first, std::int64_t count, ValueRange& range) const;

  // All elements of a tensor of dtype I64 or I32 (any other: InputError).
  std::vector<std::int64_t> read_integers(const Tensor& tensor) const;

 private:
  static std::shared_ptr<const TensorFile> open(const std::filesystem::path& path, const std::string& shown);
  void check_floating(const Tensor& tensor) const;
  void read(const Tensor& tensor, const Slice& slice, double* out, bool only_finite) const;

  std::string path_;
  std::vector<std::unique_ptr<ByteSource>> parts_;
  std::vector<Tensor> tensors_;
};

// Computes the product of a shape times bytes an element; returns false if it is negative or exceeds 2^62.
bool checked_size(const std::vector<std::int64_t>& shape, std::int64_t bytes, std::int64_t& product);

// A name for use in a message: quoted, control characters escaped, shortened to 80 characters.
std::string name_text(std::string_view name);

}  // namespace tristab
