#include "tristab/matrix/tensor_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <stdexcept>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/json.h"
#include "tristab/base/nearest_file.h"
#include "tristab/base/parameters.h"
#include "tristab/matrix/memory_file.h"
#include "tristab/matrix/npy.h"
#include "tristab/matrix/npz.h"
#include "tristab/matrix/pytorch.h"
#include "tristab/matrix/safetensors.h"
#include "tristab/matrix/standard_input.h"

namespace tristab {
namespace {

// Files are little-endian, and so are all machines that this is built for.
static_assert(std::endian::native == std::endian::little);

template <typename Bits>
Bits load(const unsigned char* bytes) {
  Bits bits;
  std::memcpy(&bits, bytes, sizeof bits);
  return bits;
}

double half_value(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  double magnitude = 0;
  if (exponent == 31) {
    magnitude = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = fraction * 0x1p-24;
  } else {
    magnitude = std::ldexp(1024 + fraction, exponent - 25);
  }
  return (bits >> 15) != 0 ? -magnitude : magnitude;
}

double element(Dtype dtype, const unsigned char* bytes) {
  switch (dtype) {
    case Dtype::f64:
      return std::bit_cast<double>(load<std::uint64_t>(bytes));
    case Dtype::f32:
      return static_cast<double>(std::bit_cast<float>(load<std::uint32_t>(bytes)));
    case Dtype::f16:
      return half_value(load<std::uint16_t>(bytes));
    case Dtype::bf16:
      return static_cast<double>(std::bit_cast<float>(std::uint32_t{load<std::uint16_t>(bytes)} << 16));
    case Dtype::i64:
    case Dtype::i32:
    case Dtype::other:
      break;
  }
  throw std::logic_error("an element of no known dtype");
}

// "[3, 0, 17]": the index of the element with this number in row-major order.
std::string index_text(const Tensor& tensor, std::int64_t number) {
  std::vector<std::int64_t> index(tensor.shape.size());
  for (std::size_t axis = index.size(); axis-- > 0;) {
    index[axis] = number % tensor.shape[axis];
    number /= tensor.shape[axis];
  }
  return fmt::format("[{}]", fmt::join(index, ", "));
}

}  // namespace

std::int64_t Tensor::elements() const {
  std::int64_t product = 0;
  return checked_size(shape, 1, product) ? product : 0;
}

std::string Tensor::shape_text() const { return fmt::format("[{}]", fmt::join(shape, ", ")); }

bool checked_size(const std::vector<std::int64_t>& shape, std::int64_t bytes, std::int64_t& product) {
  constexpr std::int64_t limit = std::int64_t{1} << 62;
  product = bytes;
  if (std::ranges::any_of(shape, [](std::int64_t extent) { return extent < 0; })) return false;
  if (std::ranges::find(shape, 0) != shape.end()) {
    product = 0;
    return true;
  }
  for (const std::int64_t extent : shape) {
    if (extent > limit / product) return false;
    product *= extent;
  }
  return true;
}

std::string name_text(std::string_view name) {
  constexpr std::size_t most = 80;
  std::string text(name.substr(0, most));
  if (name.size() > most) text.append("...");
  text = Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
  text.front() = text.back() = '\'';
  return text;
}

RawFile::RawFile(const std::filesystem::path& path, const std::string& name)
    : path_(name.empty() ? path.string() : name) {
  if (name.empty()) note_input(path_);
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) {
    const char* const why = std::strerror(errno);
    throw InputError(fmt::format("{}: cannot be opened: {}{}", path_, why, nearest_file_hint(path_)));
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw InputError(fmt::format("{}: is not a regular file; allowed: a .npy, .npz or .safetensors file", path_));
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

RawFile::~RawFile() { ::close(descriptor_); }

void RawFile::read(std::uint64_t offset, std::uint64_t bytes, void* out) const {
  auto* target = static_cast<unsigned char*>(out);
  while (bytes > 0) {
    const ssize_t got = ::pread(descriptor_, target, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw InputError(fmt::format("{}: reading failed: {}", path_, std::strerror(errno)));
    if (got == 0) throw InputError(fmt::format("{}: ends at byte {}, found no {} bytes more", path_, offset, bytes));
    target += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::uint64_t>(got);
  }
}

std::shared_ptr<const TensorFile> TensorFile::open(const std::filesystem::path& path) {
  if (auto arrays = memory_file(path)) return arrays;
  if (path == "-") return open(buffered_standard_input(), "standard input");
  return open(path, "");
}

std::shared_ptr<const TensorFile> TensorFile::open(const std::filesystem::path& path, const std::string& shown) {
  auto file = std::make_unique<RawFile>(path, shown);
  std::array<char, 6> start{};
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(file->size(), start.size()));
  file->read(0, length, start.data());
  const std::string_view magic(start.data(), length);
  const std::string name = file->path();
  if (magic.starts_with(npz_magic)) {
    Npz npz = read_npz(path, name);
    return std::make_shared<TensorFile>(name, std::move(npz.members), std::move(npz.tensors));
  }
  if (is_pickle(magic)) refuse_pytorch(name);
  for (const char* extension : {".npy", ".npz"}) {
    if (path.extension() != extension || magic == npy_magic) continue;
    throw InputError(fmt::format("{}: is no {} file (its first bytes are {}); allowed: .npy, .npz and .safetensors",
                                 name, extension, name_text(magic)));
  }
  std::vector<Tensor> tensors;
  std::vector<std::unique_ptr<ByteSource>> parts;
  if (magic == npy_magic) {
    tensors.push_back(read_npy_header(*file, OtherDtypes::refuse));
    parts.push_back(in_row_major_order(std::move(file), tensors.front()));
  } else {
    tensors = read_safetensors_header(*file);
    parts.push_back(std::move(file));
  }
  return std::make_shared<TensorFile>(name, std::move(parts), std::move(tensors));
}

TensorFile::TensorFile(std::string path, std::vector<std::unique_ptr<ByteSource>> parts, std::vector<Tensor> tensors)
    : path_(std::move(path)), parts_(std::move(parts)), tensors_(std::move(tensors)) {
  std::ranges::sort(tensors_, {}, &Tensor::name);
}

const Tensor* TensorFile::find(std::string_view name) const {
  const auto found =
      std::ranges::lower_bound(tensors_, name, {}, [](const Tensor& t) { return std::string_view(t.name); });
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

void TensorFile::check_floating(const Tensor& tensor) const {
  if (is_floating(tensor.dtype)) return;
  throw InputError(fmt::format("{}: tensor {} has dtype {}; allowed: F64, F32, F16, BF16", path(),
                               name_text(tensor.name), tensor.dtype_name));
}

void TensorFile::read(const Tensor& tensor, const Slice& slice, double* out) const { read(tensor, slice, out, true); }

void TensorFile::read_results(const Tensor& tensor, const Slice& slice, double* out) const {
  read(tensor, slice, out, false);
}

void TensorFile::read(const Tensor& tensor, const Slice& slice, double* out, bool only_finite) const {
  check_floating(tensor);
  if (slice.rows == 0 || slice.row_length == 0) return;
  const std::int64_t span = (slice.rows - 1) * slice.row_stride + slice.row_length;
  if (slice.first < 0 || slice.row_stride < 0 || slice.first + span > tensor.elements()) {
    throw std::logic_error("a slice outside its tensor");
  }
  const std::int64_t size = size_of(tensor.dtype);
  // One read that includes the gaps if they are small, else one read for each row.
  constexpr std::int64_t largest_read = std::int64_t{1} << 20;
  const bool together = slice.rows == 1 || span * size <= largest_read;
  std::vector<unsigned char> bytes(static_cast<std::size_t>((together ? span : slice.row_length) * size));
  for (std::int64_t row = 0; row < slice.rows; ++row) {
    const std::int64_t start = slice.first + row * slice.row_stride;
    if (row == 0 || !together) {
      parts_.at(tensor.part)
          ->read(tensor.offset + static_cast<std::uint64_t>(start * size), bytes.size(), bytes.data());
    }
    const unsigned char* source = bytes.data() + (together ? row * slice.row_stride * size : 0);
    for (std::int64_t i = 0; i < slice.row_length; ++i) {
      const double value = element(tensor.dtype, source + i * size);
      if (only_finite && !std::isfinite(value)) {
        throw InputError(fmt::format("{}: tensor {} holds {} at index {}; allowed: finite numbers", path(),
                                     name_text(tensor.name), std::isnan(value) ? "NaN" : "infinity",
                                     index_text(tensor, start + i)));
      }
      *out++ = value;
    }
  }
}

void TensorFile::survey(const Tensor& tensor, std::int64_t first, std::int64_t count, ValueRange& range) const {
  check_floating(tensor);
  if (first < 0 || count < 0 || first > tensor.elements() - count)
    throw std::logic_error("elements outside their tensor");
  const std::int64_t size = size_of(tensor.dtype);
  std::vector<unsigned char> bytes(static_cast<std::size_t>(count * size));
  parts_.at(tensor.part)->read(tensor.offset + static_cast<std::uint64_t>(first * size), bytes.size(), bytes.data());
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = element(tensor.dtype, bytes.data() + i * size);
    if (!std::isfinite(value)) {
      ++range.non_finite;
      continue;
    }
    range.minimum = std::min(range.minimum, value);
    range.maximum = std::max(range.maximum, value);
  }
}

std::vector<std::int64_t> TensorFile::read_integers(const Tensor& tensor) const {
  if (tensor.dtype != Dtype::i64 && tensor.dtype != Dtype::i32) {
    throw InputError(fmt::format("{}: tensor {} has dtype {}; allowed: I64, I32", path(), name_text(tensor.name),
                                 tensor.dtype_name));
  }
  const auto count = static_cast<std::size_t>(tensor.elements());
  const auto size = static_cast<std::size_t>(size_of(tensor.dtype));
  std::vector<unsigned char> bytes(count * size);
  parts_.at(tensor.part)->read(tensor.offset, bytes.size(), bytes.data());
  std::vector<std::int64_t> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned char* element = bytes.data() + i * size;
    values.push_back(size == 8 ? std::bit_cast<std::int64_t>(load<std::uint64_t>(element))
                               : std::int64_t{std::bit_cast<std::int32_t>(load<std::uint32_t>(element))});
  }
  return values;
}

}  // namespace tristab
