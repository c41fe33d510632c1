#include "tristab/selftest/recorded_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tristab/base/errors.h"
#include "tristab/matrix/safetensors.h"

namespace tristab::selftest {
namespace {

constexpr std::int64_t kLargestGroup = std::int64_t{1} << 28;  // elements of one tensor

const std::map<std::string, int, std::less<>>& sizes() {
  static const std::map<std::string, int, std::less<>> bytes{{"U8", 1},      {"I8", 1},   {"F8_E4M3", 1},
                                                             {"F8_E5M2", 1}, {"BF16", 2}, {"F16", 2},
                                                             {"F32", 4},     {"I32", 4},  {"U32", 4}};
  return bytes;
}

class GroupReader {
 public:
  explicit GroupReader(const std::filesystem::path& path) : file_(path) {
    for (Tensor& tensor : read_safetensors_header(file_)) tensors_.emplace(tensor.name, tensor);
  }

  std::vector<RecordedProducts> read() const {
    std::vector<RecordedProducts> groups;
    std::size_t used = 0;
    for (const auto& [name, tensor] : tensors_) {
      if (!name.ends_with(".a")) continue;
      groups.push_back(group(name.substr(0, name.size() - 2)));
      used += 4;
    }
    if (groups.empty()) fail("found no tensor whose name ends in .a");
    if (used != tensors_.size()) {
      for (const auto& [name, tensor] : tensors_) check_belongs(name);
    }
    return groups;
  }

 private:
  [[noreturn]] void fail(const std::string& found) const {
    throw InputError(fmt::format("{}: {}; allowed: tensors <operand>_<accumulator>.<tile>.<name>.a, .b, .c and .d",
                                 file_.path(), found));
  }

  void check_belongs(const std::string& name) const {
    const std::size_t dot = name.rfind('.');
    const std::string last = dot == std::string::npos ? "" : name.substr(dot + 1);
    if (last.size() == 1 && last.find_first_of("abcd") == 0 && tensors_.contains(name.substr(0, dot) + ".a")) return;
    fail(fmt::format("tensor {} belongs to no group", name_text(name)));
  }

  const Tensor& tensor(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) fail(fmt::format("tensor {} is missing", name_text(name)));
    const Tensor& tensor = found->second;
    if (tensor.shape.size() != 3) {
      fail(fmt::format("tensor {} has shape {}, not three dimensions", name_text(name), tensor.shape_text()));
    }
    if (!sizes().contains(tensor.dtype_name)) {
      throw InputError(fmt::format("{}: tensor {} has dtype {}; allowed: U8, I8, BF16, F16, F32, I32, U32",
                                   file_.path(), name_text(name), tensor.dtype_name));
    }
    if (tensor.elements() <= 0 || tensor.elements() > kLargestGroup) {
      throw InputError(fmt::format("{}: tensor {} has {} elements; allowed: 1 to 2^28", file_.path(), name_text(name),
                                   tensor.elements()));
    }
    return tensor;
  }

  std::vector<std::uint32_t> bits(const Tensor& tensor) const {
    const auto size = static_cast<std::size_t>(sizes().find(tensor.dtype_name)->second);
    const auto count = static_cast<std::size_t>(tensor.elements());
    std::vector<unsigned char> bytes(count * size);
    file_.read(tensor.offset, bytes.size(), bytes.data());
    std::vector<std::uint32_t> elements(count);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      elements[i / size] |= static_cast<std::uint32_t>(bytes[i]) << (8 * (i % size));
    return elements;
  }

  RecordedProducts group(const std::string& name) const {
    RecordedProducts group;
    group.name = name;
    const std::size_t dot = name.find('.'), second = dot == std::string::npos ? dot : name.find('.', dot + 1);
    const std::size_t underscore = name.substr(0, dot).rfind('_');
    if (second == std::string::npos || underscore == std::string::npos)
      fail(fmt::format("tensor {} has another name", name_text(name + ".a")));
    group.operand = name.substr(0, underscore);
    group.accumulator = name.substr(underscore + 1, dot - underscore - 1);
    group.tile = name.substr(dot + 1, second - dot - 1);
    group.distribution = name.substr(second + 1);
    const Tensor &a = tensor(name + ".a"), &b = tensor(name + ".b"), &c = tensor(name + ".c"), &d = tensor(name + ".d");
    const auto expect = [&](const Tensor& one, const std::vector<std::int64_t>& shape) {
      if (one.shape != shape) {
        throw InputError(fmt::format("{}: tensor {} has shape {}; allowed: [{}], by the tensors .a and .b of its group",
                                     file_.path(), name_text(one.name), one.shape_text(), fmt::join(shape, ", ")));
      }
    };
    expect(b, {a.shape[0], a.shape[2], b.shape[2]});
    expect(c, {a.shape[0], a.shape[1], b.shape[2]});
    expect(d, c.shape);
    group.batch = static_cast<int>(a.shape[0]);
    group.m = static_cast<int>(a.shape[1]);
    group.k = static_cast<int>(a.shape[2]);
    group.n = static_cast<int>(b.shape[2]);
    group.a = bits(a);
    group.b = bits(b);
    group.c = bits(c);
    group.d = bits(d);
    return group;
  }

  RawFile file_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace

std::vector<RecordedProducts> read_recorded_products(const std::filesystem::path& path) {
  return GroupReader(path).read();
}

}  // namespace tristab::selftest
