#include "tristab/matrix/npy.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <sstream>

#include "test_support.h"
#include "tristab/base/foreign_file.h"

namespace tristab::npy_test {

using testing_support::bytes_of;
using testing_support::message_of;
using testing_support::npy_bytes;
using testing_support::TemporaryDirectory;

class Npy : public ::testing::Test {
 protected:
  std::vector<double> read(const std::string& bytes) {
    const auto file = TensorFile::open(directory_.write("a.npy", bytes));
    const Tensor& tensor = file->tensors().front();
    std::vector<double> values(static_cast<std::size_t>(tensor.elements()));
    file->read(tensor, {0, 1, tensor.elements(), tensor.elements()}, values.data());
    return values;
  }

  // The refusal, which is one line and begins with the file.
  std::string refusal(const std::string& bytes) {
    const std::string path = directory_.write("a.npy", bytes).string();
    std::string message = message_of<InputError>([&] { TensorFile::open(path); });
    EXPECT_TRUE(message.starts_with(path + ": ")) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message.substr(std::min(message.size(), path.size() + 2));
  }

  TemporaryDirectory directory_;
};

std::string dictionary(const std::string& descr, const std::string& order, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

TEST_F(Npy, doubles_floats_and_halves_are_read_exactly) {
  const std::vector<double> doubles = {0.1, -3, 5e-324, 1.7976931348623157e308, -0.0, 2};
  EXPECT_EQ(read(npy_bytes(dictionary("<f8", "False", "(2, 3)"), bytes_of(doubles))), doubles);
  const std::vector<float> floats = {0.1f, -3, 1e-45f, 3e38f};
  EXPECT_EQ(read(npy_bytes(dictionary("<f4", "False", "(4,)"), bytes_of(floats))),
            std::vector<double>(floats.begin(), floats.end()));
}

// Every finite half, by the definition (-1)^s 2^(e - 25) (1024 + f), or 2^-24 f for e = 0.
TEST_F(Npy, every_finite_half_has_its_value) {
  std::vector<std::uint16_t> halves;
  std::vector<double> exact;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
    if (exponent == 31) continue;
    halves.push_back(static_cast<std::uint16_t>(bits));
    const double magnitude = exponent == 0 ? fraction / 16777216.0 : (1024.0 + fraction) * std::pow(2.0, exponent - 25);
    exact.push_back(bits >> 15 != 0 ? -magnitude : magnitude);
  }
  EXPECT_EQ(read(npy_bytes(dictionary("<f2", "False", "(" + std::to_string(halves.size()) + ",)"), bytes_of(halves))),
            exact);
}

TEST_F(Npy, headers_may_have_any_order_quotes_and_version) {
  const std::string data = bytes_of<double>({1, 2});
  EXPECT_EQ(read(npy_bytes("{\"shape\":(1,2),\"fortran_order\":False,\"descr\":\"<f8\"}", data)),
            (std::vector<double>{1, 2}));
  std::string version2 = npy_bytes(dictionary("<f8", "False", "(2,)"), data);
  version2[6] = 2;
  version2.insert(10, 2, '\0');
  EXPECT_EQ(read(version2), (std::vector<double>{1, 2}));
}

TEST_F(Npy, what_the_writer_writes_is_what_the_reader_reads) {
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{3}, {2, 3}, {1, 2, 3}}) {
    std::int64_t count = 1;
    for (const std::int64_t extent : shape) count *= extent;
    std::vector<double> values;
    for (int i = 0; i < count; ++i) values.push_back(0.1 * i - 0.3);
    const std::string header = npy_header(Dtype::f64, shape);
    EXPECT_EQ(header.size() % 64, 0u);
    EXPECT_EQ(read(header + npy_values(Dtype::f64, values)), values);
    EXPECT_EQ(TensorFile::open(directory_.path() / "a.npy")->tensors().front().shape, shape);
  }
  const std::string single =
      npy_header(Dtype::f32, std::vector<std::int64_t>{1}) + npy_values(Dtype::f32, std::vector<double>{0.1});
  EXPECT_EQ(read(single), (std::vector<double>{static_cast<double>(0.1f)}));
}

TEST_F(Npy, a_written_file_appears_only_when_complete) {
  const std::filesystem::path path = directory_.path() / "x.npy";
  const auto entries = [&] {
    return std::distance(std::filesystem::directory_iterator(directory_.path()), std::filesystem::directory_iterator());
  };
  {
    NpyFileWriter abandoned(path, Dtype::f32, std::vector<std::int64_t>{2, 2});
    abandoned.append(std::vector<double>{1, 2});
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_THROW(abandoned.commit(), std::logic_error);
  }
  EXPECT_EQ(entries(), 0);
  NpyFileWriter writer(path, Dtype::f32, std::vector<std::int64_t>{2});
  writer.append(std::vector<double>{1, 2});
  EXPECT_THROW(writer.append(std::vector<double>{3}), std::logic_error);
  NpyFileWriter whole(directory_.path() / "y.npy", Dtype::f64, std::vector<std::int64_t>{2});
  whole.append(std::vector<double>{1, 2});
  whole.commit();
  EXPECT_EQ(TensorFile::open(directory_.path() / "y.npy")->tensors().front().elements(), 2);
  EXPECT_NE(message_of<InputError>([] {
              NpyFileWriter("/dev/null/x.npy", Dtype::f64, std::vector<std::int64_t>{1});
            }).find("cannot write"),
            std::string::npos);
}

TEST_F(Npy, devices_and_pipes_are_written_through) {
  const std::filesystem::path full = directory_.path() / "full";
  std::filesystem::create_symlink("/dev/full", full);
  const std::vector<std::int64_t> shape{1};
  EXPECT_NE(message_of<InputError>([&] {
              NpyFileWriter writer(full, Dtype::f64, shape);
              writer.append(std::vector<double>{1});
              writer.commit();
            }).find("cannot write: No space left on device"),
            std::string::npos);
  EXPECT_TRUE(std::filesystem::is_symlink(full));

  const std::filesystem::path pipe = directory_.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  NpyFileWriter writer(pipe, Dtype::f64, shape);
  writer.append(std::vector<double>{2});
  writer.commit();
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  std::array<char, 4096> bytes{};
  EXPECT_EQ(::read(reader, bytes.data(), bytes.size()), 128 + 8);
  ::close(reader);
}

TEST_F(Npy, fortran_order_is_read_in_c_order) {
  // x[i][j][k] = 100 i + 10 j + k of shape (2, 3, 2), the first axis fastest.
  std::vector<double> stored, rows;
  for (const int k : {0, 1})
    for (const int j : {0, 1, 2})
      for (const int i : {0, 1}) stored.push_back(100 * i + 10 * j + k);
  for (const int i : {0, 1})
    for (const int j : {0, 1, 2})
      for (const int k : {0, 1}) rows.push_back(100 * i + 10 * j + k);
  EXPECT_EQ(read(npy_bytes(dictionary("<f8", "True", "(2, 3, 2)"), bytes_of(stored))), rows);
  EXPECT_EQ(read(npy_bytes(dictionary("<f8", "True", "(3,)"), bytes_of<double>({1, 2, 3}))),
            (std::vector<double>{1, 2, 3}));
  const std::vector<float> floats{1, 4, 2, 5, 3, 6};
  EXPECT_EQ(read(npy_bytes(dictionary("<f4", "True", "(2, 3)"), bytes_of(floats))),
            (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST_F(Npy, slices_and_nan_of_fortran_order_have_their_indices) {
  const auto file = TensorFile::open(directory_.write(
      "a.npy", npy_bytes(dictionary("<f8", "True", "(2, 3)"), bytes_of<double>({1, 4, 2, std::nan(""), 3, 6}))));
  std::vector<double> column(2);
  file->read(file->tensors().front(), {2, 2, 1, 3}, column.data());
  std::vector<double> all(6);
  EXPECT_EQ(column, (std::vector<double>{3, 6}));
  EXPECT_NE(message_of<InputError>([&] {
              file->read(file->tensors().front(), {0, 1, 6, 6}, all.data());
            }).find("holds NaN at index [1, 1]"),
            std::string::npos);
}

TEST_F(Npy, a_pickle_is_recognised_and_a_header_of_640_bytes_is_none) {
  const std::string path = directory_.write("m.pt", std::string("\x80\x02\x8a\nl\xfc", 6)).string();
  try {
    TensorFile::open(path);
    FAIL() << "no error";
  } catch (const ForeignFile& error) {
    EXPECT_NE(std::string(error.what()).find("a PyTorch file"), std::string::npos) << error.what();
    ASSERT_EQ(error.lines().size(), 2u);
    EXPECT_NE(error.lines()[0].find("torch.load(\"" + path), std::string::npos) << error.lines()[0];
    EXPECT_NE(error.lines()[1].find("m.safetensors"), std::string::npos) << error.lines()[1];
  }
  std::string header = R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})";
  header.resize(640, ' ');
  const std::string safetensors = std::string("\x80\x02\0\0\0\0\0\0", 8) + header + bytes_of<double>({7});
  EXPECT_EQ(TensorFile::open(directory_.write("m.safetensors", safetensors))->tensors().size(), 1u);
}

TEST_F(Npy, big_endian_and_other_dtypes_are_refused) {
  EXPECT_EQ(refusal(npy_bytes(dictionary(">f8", "False", "(1,)"), bytes_of<double>({1}))),
            "found dtype '>f8' (big-endian); allowed: '<f8', '<f4', '<f2'");
  EXPECT_EQ(refusal(npy_bytes(dictionary("<i4", "False", "(2,)"), bytes_of<double>({1}))),
            "found dtype '<i4'; allowed: '<f8', '<f4', '<f2'");
}

TEST_F(Npy, data_of_another_length_than_the_header_says_are_refused) {
  EXPECT_EQ(refusal(npy_bytes(dictionary("<f8", "False", "(3,)"), bytes_of<double>({1, 2}))),
            "found 16 bytes of data; allowed: 24, for shape [3] of <f8");
  EXPECT_NE(refusal(npy_bytes(dictionary("<f8", "False", "(1,)"), bytes_of<double>({1, 2}))).find("allowed: 8"),
            std::string::npos);
}

TEST_F(Npy, empty_and_overflowing_shapes_are_refused) {
  for (const char* shape : {"(0,)", "(4, 0)", "(4611686018427387904, 4)", "(9223372036854775807, 0, 9)"}) {
    EXPECT_NE(refusal(npy_bytes(dictionary("<f8", "False", shape), "")).find("allowed: at least one element"),
              std::string::npos)
        << shape;
  }
}

TEST_F(Npy, broken_headers_are_refused) {
  for (const char* wrong :
       {"", "{", "[]", "{'descr': '<f8'}", "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f8 'fortran_order': False, 'shape': (1,)}"}) {
    EXPECT_NE(refusal(npy_bytes(wrong, bytes_of<double>({1}))).find("allowed"), std::string::npos) << wrong;
  }
}

TEST_F(Npy, a_header_cut_anywhere_is_refused) {
  const std::string whole = npy_bytes(dictionary("<f8", "False", "(2,)"), bytes_of<double>({1, 2}));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal(whole.substr(0, size)), "no exception") << size;
  }
  std::string lying = whole;
  lying[9] = '\x7f';
  EXPECT_NE(refusal(lying).find("the .npy header says it has"), std::string::npos);
  lying = whole;
  lying[6] = 4;
  EXPECT_EQ(refusal(lying), "found .npy version 4; allowed: 1, 2, 3");
}

TEST_F(Npy, nan_and_infinity_are_refused_with_their_index) {
  const std::string path =
      directory_
          .write("a.npy", npy_bytes(dictionary("<f8", "False", "(2, 2)"),
                                    bytes_of<double>({1, 2, std::numeric_limits<double>::quiet_NaN(), 4})))
          .string();
  EXPECT_EQ(message_of<InputError>([&] {
              read(npy_bytes(dictionary("<f8", "False", "(2, 2)"), bytes_of<double>({1, 2, std::nan(""), 4})));
            }),
            path + ": tensor 'array' holds NaN at index [1, 0]; allowed: finite numbers");
  EXPECT_NE(message_of<InputError>([&] {
              read(npy_bytes(dictionary("<f2", "False", "(1,)"), std::string("\x00\x7c", 2)));
            }).find("holds infinity at index [0]"),
            std::string::npos);
}

TEST_F(Npy, missing_files_and_directories_are_refused) {
  EXPECT_NE(message_of<InputError>([&] { TensorFile::open(directory_.path() / "none.npy"); }).find("cannot be opened"),
            std::string::npos);
  EXPECT_NE(message_of<InputError>([&] { TensorFile::open(directory_.path()); }).find("is not a regular file"),
            std::string::npos);
  const auto zip = directory_.write("a.npz", std::string("PK\x03\x04 and more", 13));
  EXPECT_NE(message_of<InputError>([&] { TensorFile::open(zip); }).find("broken .npz file"), std::string::npos);
}

}  // namespace tristab::npy_test
