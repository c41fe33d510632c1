// Whole methods in fp16-h200 and bf16-h200 against what an H200 returned, bit for bit: Triton kernels of mbh, mch, mxr
// and newton-schulz on A of a trained layer, chunks of 16 to 128 tokens. Unlike recorded products these chain, and
// some overflow.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "support/shared_data.h"
#include "tristab/base/json.h"
#include "tristab/matrix/tensor_file.h"
#include "tristab/method/method.h"

namespace tristab::h200_methods_test {

constexpr const char* kFile = "h200/methods.safetensors";

struct Returned {
  std::string a, inverses;  // tensors [matrices, n, n]
  std::string format;
  Json method;
};

// "gdn.64.fp16.mxr16": of "gdn.64.A".
std::vector<Returned> all_in(const TensorFile& file) {
  std::vector<Returned> all;
  for (const Tensor& tensor : file.tensors()) {
    if (tensor.name.ends_with(".A")) continue;
    const std::size_t method = tensor.name.rfind('.') + 1, format = tensor.name.rfind('.', method - 2) + 1;
    const std::string name = tensor.name.substr(method);
    const Json given = name.starts_with("mxr")     ? Json{{"method", "mxr"}, {"block", std::stoi(name.substr(3))}}
                       : name == "newton-schulz12" ? Json{{"method", "newton-schulz"}, {"steps", 12}}
                                                   : Json{{"method", name}};
    all.push_back(
        {tensor.name.substr(0, format) + "A", tensor.name, tensor.name.substr(format, method - 1 - format), given});
  }
  return all;
}

// As stored: overflows leave infinities and NaN.
std::vector<float> values_of(const TensorFile& file, const std::string& name) {
  const Tensor* const tensor = file.find(name);
  if (tensor == nullptr || tensor->dtype != Dtype::f32) throw std::runtime_error("no float32 tensor " + name);
  std::vector<float> values(static_cast<std::size_t>(tensor->elements()));
  RawFile(file.path()).read(tensor->offset, values.size() * sizeof(float), values.data());
  return values;
}

bool same(float x, float y) {
  return (std::isnan(x) && std::isnan(y)) || std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
}

struct Compared {
  std::int64_t elements = 0, different = 0, nonfinite = 0;
};

Compared compare(const TensorFile& file, const Returned& returned, const std::string& arithmetic_name) {
  const Arithmetic arithmetic = make_arithmetic(arithmetic_name, Json::object(), "test");
  const MethodSpec method = expand_method(returned.method, "test").front();
  Machines machines;
  const int n = static_cast<int>(file.find(returned.a)->shape.back());
  const std::vector<float> given = values_of(file, returned.a), wanted = values_of(file, returned.inverses);
  Compared compared;
  const auto size = static_cast<std::size_t>(n) * static_cast<std::size_t>(n);
  for (std::size_t first = 0; first < wanted.size(); first += size) {
    Matrix a(n, n);
    for (std::size_t k = 0; k < size; ++k) a.values()[k] = given[first + k];
    a = rounded_input(method, a, arithmetic);
    const Matrix x = invert(method, arithmetic, a, machines.machine_for(arithmetic)).x;
    for (std::size_t k = 0; k < size; ++k) {
      ++compared.elements;
      compared.different += !same(static_cast<float>(x.values()[k]), wanted[first + k]);
      compared.nonfinite += !std::isfinite(wanted[first + k]);
    }
  }
  return compared;
}

TEST(H200Methods, are_predicted_in_every_bit) {
  const std::filesystem::path data = shared_data(kFile);
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with " << kFile;
  const auto file = TensorFile::open(data / kFile);
  std::int64_t elements = 0, nonfinite = 0;
  for (const Returned& returned : all_in(*file)) {
    const Compared compared = compare(*file, returned, returned.format + "-h200");
    EXPECT_EQ(compared.different, 0) << returned.inverses << ", of " << compared.elements;
    elements += compared.elements;
    nonfinite += compared.nonfinite;
  }
  EXPECT_EQ(elements, 434176);
  EXPECT_GT(nonfinite, 0);
}

TEST(H200Methods, are_not_what_other_sums_give) {
  const std::filesystem::path data = shared_data(kFile);
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with " << kFile;
  const auto file = TensorFile::open(data / kFile);
  for (const Returned& returned : all_in(*file)) {
    if (returned.a != "gdn.32.A") continue;
    for (const char* other : {"", "-a100"})
      EXPECT_GT(compare(*file, returned, returned.format + other).different, 0) << returned.inverses << other;
  }
}

}  // namespace tristab::h200_methods_test
