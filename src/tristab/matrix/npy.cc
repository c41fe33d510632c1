#include "tristab/matrix/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <mutex>
#include <stdexcept>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

constexpr std::size_t most_axes = 64;
constexpr std::uint64_t longest_header = 1 << 20;  // far more than the description of one array needs

// The header is a Python dictionary literal; this reads the subset that the format's specification allows.
class DictionaryReader {
 public:
  DictionaryReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  void read() {
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") {
        once(has_descr_, key);
        descr = string();
      } else if (key == "fortran_order") {
        once(has_order_, key);
        fortran_order = boolean();
      } else if (key == "shape") {
        once(has_shape_, key);
        tuple();
      } else {
        broken(fmt::format("key {}", name_text(key)), "descr, fortran_order, shape");
      }
      if (!accept(',') && peek() != '}') broken("no comma between keys", "{'descr': ..., ...}");
    }
    if (peek() != '\0') broken("text after the dictionary", "nothing");
    if (!has_descr_ || !has_order_ || !has_shape_) broken("a key missing", "descr, fortran_order and shape");
  }

  std::string descr;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;

 private:
  [[noreturn]] void broken(const std::string& found, std::string_view allowed) const {
    refuse_input(fmt::format("{}: the .npy header is broken at character {}", path_, at_), found, allowed);
  }
  void once(bool& seen, const std::string& key) const {
    if (seen) broken(fmt::format("'{}' twice", key), "each key once");
    seen = true;
  }
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) broken(name_text(text_.substr(at_, 8)), fmt::format("'{}'", c));
  }
  std::string string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"')
      broken(name_text(text_.substr(at_, 8)), "a quoted string (structured dtypes are not)");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) broken("a string without an end", "a quoted string");
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }
  bool boolean() {
    peek();
    for (const std::string_view word : {"True", "False"}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return word == "True";
      }
    }
    broken(name_text(text_.substr(at_, 8)), "True or False");
  }
  void tuple() {
    expect('(');
    while (!accept(')')) {
      peek();
      std::int64_t extent = 0;
      const char* first = text_.data() + at_;
      const auto [end, error] = std::from_chars(first, text_.data() + text_.size(), extent);
      if (error != std::errc{} || extent < 0)
        broken(name_text(text_.substr(at_, 24)), "a whole number from 0 to 2^63 - 1");
      at_ += static_cast<std::size_t>(end - first);
      if (shape.size() == most_axes)
        broken(fmt::format("more than {} axes", most_axes), "at most as many as NumPy has");
      shape.push_back(extent);
      if (!accept(',') && peek() != ')') broken(name_text(text_.substr(at_, 8)), "',' or ')'");
    }
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t at_ = 0;
  bool has_descr_ = false, has_order_ = false, has_shape_ = false;
};

Dtype dtype_of(const std::string& descr, const std::string& path, OtherDtypes others) {
  if (descr == "<f8") return Dtype::f64;
  if (descr == "<f4") return Dtype::f32;
  if (descr == "<f2") return Dtype::f16;
  if (others == OtherDtypes::keep && descr == "<i8") return Dtype::i64;
  if (others == OtherDtypes::keep && descr == "<i4") return Dtype::i32;
  if (others == OtherDtypes::keep && !descr.starts_with('>')) return Dtype::other;
  refuse_input(path, fmt::format("dtype {}{}", name_text(descr), descr.starts_with('>') ? " (big-endian)" : ""),
               "'<f8', '<f4', '<f2'");
}

// Bytes of an element of a numeric dtype, "<i8" or "|u1"; 0 if the dtype does not say ("|O").
int bytes_of_descr(const std::string& descr) {
  int bytes = 0;
  if (descr.size() < 3 || std::string_view("biufc").find(descr[1]) == std::string_view::npos) return 0;
  const auto [end, error] = std::from_chars(descr.data() + 2, descr.data() + descr.size(), bytes);
  return error == std::errc{} && end == descr.data() + descr.size() && bytes > 0 && bytes <= 64 ? bytes : 0;
}

// An array in Fortran order, turned as a whole: a row of it has no two elements beside each other.
class TurnedArray : public ByteSource {
 public:
  TurnedArray(std::unique_ptr<ByteSource> file, const Tensor& tensor)
      : file_(std::move(file)), tensor_(tensor), element_(static_cast<std::size_t>(size_of(tensor.dtype))) {}

  std::uint64_t size() const override { return static_cast<std::uint64_t>(tensor_.elements()) * element_; }
  const std::string& path() const override { return file_->path(); }

  void read(std::uint64_t offset, std::uint64_t bytes, void* out) const override {
    std::call_once(turned_, [this] { turn(); });
    if (offset > bytes_.size() || bytes > bytes_.size() - offset)
      throw std::logic_error("bytes outside the turned array");
    std::memcpy(out, bytes_.data() + offset, bytes);
  }

 private:
  void turn() const {
    std::vector<unsigned char> stored(size());
    file_->read(tensor_.offset, stored.size(), stored.data());
    bytes_.resize(stored.size());
    std::vector<std::int64_t> index(tensor_.shape.size(), 0);
    for (std::size_t to = 0; to < bytes_.size(); to += element_) {
      std::int64_t from = 0;
      for (std::size_t axis = index.size(); axis-- > 0;) from = from * tensor_.shape[axis] + index[axis];
      std::memcpy(bytes_.data() + to, stored.data() + static_cast<std::size_t>(from) * element_, element_);
      for (std::size_t axis = index.size(); axis-- > 0;) {
        if (++index[axis] < tensor_.shape[axis]) break;
        index[axis] = 0;
      }
    }
  }

  std::unique_ptr<ByteSource> file_;
  Tensor tensor_;
  std::size_t element_;
  mutable std::once_flag turned_;
  mutable std::vector<unsigned char> bytes_;
};

std::string_view descr_of(Dtype dtype) {
  if (dtype == Dtype::f64) return "<f8";
  if (dtype == Dtype::f32) return "<f4";
  throw std::logic_error("arrays are written as f64 or f32");
}

}  // namespace

Tensor read_npy_header(const ByteSource& file, OtherDtypes others) {
  const std::string& path = file.path();
  std::array<unsigned char, 12> start{};
  const std::uint64_t known = std::min<std::uint64_t>(start.size(), file.size());
  file.read(0, known, start.data());
  const int version = start[6];
  const std::uint64_t prefix = version == 1 ? 10 : 12;
  if (known < prefix) refuse_input(path, fmt::format("{} bytes", file.size()), "a whole .npy file");
  if (version < 1 || version > 3) refuse_input(path, fmt::format(".npy version {}", version), "1, 2, 3");
  std::uint64_t length = start[8] + 256u * start[9];
  if (version > 1) length += 65536ull * start[10] + 16777216ull * start[11];
  if (length > longest_header || prefix + length > file.size()) {
    throw InputError(
        fmt::format("{}: the .npy header says it has {} bytes; allowed: at most {} (the file has {} bytes)", path,
                    length, std::min(longest_header, file.size() - prefix), file.size()));
  }
  std::string text(length, '\0');
  file.read(prefix, length, text.data());
  DictionaryReader header(text, path);
  header.read();

  Tensor tensor;
  tensor.name = "array";
  tensor.dtype_name = header.descr;
  tensor.dtype = dtype_of(header.descr, path, others);
  tensor.shape = header.shape;
  tensor.offset = prefix + length;
  tensor.column_major = header.fortran_order;
  const int element = tensor.dtype == Dtype::other ? bytes_of_descr(header.descr) : size_of(tensor.dtype);
  if (element == 0) return tensor;  // objects and texts: the data have a separate length
  std::int64_t bytes = 0;
  if (!checked_size(tensor.shape, element, bytes) || (bytes == 0 && others == OtherDtypes::refuse))
    refuse_input(path, fmt::format("shape {}", tensor.shape_text()), "at least one element, below 2^62 bytes");
  if (tensor.offset + static_cast<std::uint64_t>(bytes) != file.size()) {
    refuse_input(path, fmt::format("{} bytes of data", file.size() - tensor.offset),
                 fmt::format("{}, for shape {} of {}", bytes, tensor.shape_text(), tensor.dtype_name));
  }
  return tensor;
}

std::unique_ptr<ByteSource> in_row_major_order(std::unique_ptr<ByteSource> file, Tensor& tensor) {
  if (!tensor.column_major || tensor.dtype == Dtype::other) return file;
  auto turned = std::make_unique<TurnedArray>(std::move(file), tensor);
  tensor.offset = 0;
  return turned;
}

std::string npy_header(Dtype dtype, std::span<const std::int64_t> shape) {
  // A tuple with one element is written (3,).
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", descr_of(dtype),
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  header.append(63 - (10 + header.size()) % 64, ' ');  // data start at a multiple of 64 bytes
  header += '\n';
  std::string text(npy_magic);
  for (const std::size_t byte : {std::size_t{1}, std::size_t{0}, header.size() % 256, header.size() / 256})
    text += static_cast<char>(byte);
  return text + header;
}

std::string npy_values(Dtype dtype, std::span<const double> values) {
  std::string bytes(values.size() * static_cast<std::size_t>(size_of(dtype)), '\0');
  char* target = bytes.data();
  for (const double value : values) {
    if (dtype == Dtype::f64) {
      std::memcpy(target, &value, sizeof value);
    } else {
      const auto single = static_cast<float>(value);
      std::memcpy(target, &single, sizeof single);
    }
    target += size_of(dtype);
  }
  return bytes;
}

NpyFileWriter::NpyFileWriter(const std::string& path, Dtype dtype, std::span<const std::int64_t> shape)
    : file_(path, replaces_no_file()), dtype_(dtype), missing_(1) {
  for (const std::int64_t extent : shape) missing_ *= extent;
  file_.write(npy_header(dtype, shape));
}

void NpyFileWriter::append(std::span<const double> values) {
  missing_ -= static_cast<std::int64_t>(values.size());
  if (missing_ < 0) throw std::logic_error("more values than the shape has");
  file_.write(npy_values(dtype_, values));
}

void NpyFileWriter::commit() {
  if (missing_ != 0) throw std::logic_error("fewer values than the shape has");
  file_.commit();
}

}  // namespace tristab
