#include "tristab/matrix/safetensors.h"

#include <gtest/gtest.h>

#include "test_support.h"

namespace tristab::safetensors_test {

using testing_support::bytes_of;
using testing_support::message_of;
using testing_support::safetensors_bytes;
using testing_support::TemporaryDirectory;

class Safetensors : public ::testing::Test {
 protected:
  std::shared_ptr<const TensorFile> open(const std::string& header, const std::string& data) {
    return TensorFile::open(directory_.write("a.safetensors", safetensors_bytes(header, data)));
  }
  std::string refusal(const std::string& header, const std::string& data) {
    const std::string start = (directory_.path() / "a.safetensors").string() + ": broken .safetensors file: ";
    const std::string message = message_of<InputError>([&] { open(header, data); });
    EXPECT_TRUE(message.starts_with(start)) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message.substr(std::min(message.size(), start.size()));
  }
  TemporaryDirectory directory_;
};

const std::string eight(8, '\0');

TEST_F(Safetensors, tensors_are_read_by_name_in_every_dtype) {
  const std::string data = bytes_of<double>({1.5, -2}) + bytes_of<float>({0.25f}) +
                           std::string("\x00\x3c\x80\x3f", 4);  // half 1, bfloat16 1
  const auto file = open(
      R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},"a":{"dtype":"F64","shape":[2,1],"data_offsets":[0,16]},)"
      R"("__metadata__":{"model":"x"},"c":{"dtype":"F16","shape":[],"data_offsets":[20,22]},)"
      R"("d":{"dtype":"BF16","shape":[1,1],"data_offsets":[22,24]}}  )",
      data);
  ASSERT_EQ(file->tensors().size(), 4u);
  double values[2];
  file->read(*file->find("a"), {0, 1, 2, 2}, values);
  EXPECT_EQ(values[0], 1.5);
  EXPECT_EQ(values[1], -2);
  for (const auto& [name, value] : {std::pair("b", 0.25), std::pair("c", 1.0), std::pair("d", 1.0)}) {
    file->read(*file->find(name), {0, 1, 1, 1}, values);
    EXPECT_EQ(values[0], value) << name;
  }
  EXPECT_EQ(file->find("e"), nullptr);
  EXPECT_EQ(file->find("a")->shape_text(), "[2, 1]");
}

TEST_F(Safetensors, slices_read_the_rows_they_name_and_no_more) {
  std::vector<float> numbers;
  for (int i = 0; i < 600000; ++i) numbers.push_back(static_cast<float>(i));
  const auto file = open(R"({"x":{"dtype":"F32","shape":[600000],"data_offsets":[0,2400000]}})", bytes_of(numbers));
  for (const std::int64_t stride : {std::int64_t{7}, std::int64_t{290000}}) {  // one read over the gaps, and one a row
    double values[6];
    file->read(file->tensors().front(), {3, 3, 2, stride}, values);
    for (int row = 0; row < 3; ++row) {
      EXPECT_EQ(values[2 * row], static_cast<double>(3 + row * stride));
      EXPECT_EQ(values[2 * row + 1], static_cast<double>(4 + row * stride));
    }
  }
  double value;
  EXPECT_THROW(file->read(file->tensors().front(), {599999, 1, 2, 2}, &value), std::logic_error);
}

TEST_F(Safetensors, a_file_that_shrinks_after_opening_is_noticed) {
  const auto file = open(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight);
  std::filesystem::resize_file(directory_.path() / "a.safetensors", 66);
  double values[2];
  EXPECT_NE(message_of<InputError>([&] {
              file->read(file->tensors().front(), {0, 1, 2, 2}, values);
            }).find("ends at byte"),
            std::string::npos);
}

TEST_F(Safetensors, a_header_longer_than_the_file_or_absurdly_long_is_refused) {
  const auto length = [&](std::uint64_t claimed) {
    const auto path = directory_.write("a.safetensors", bytes_of<std::uint64_t>({claimed}) + "{}");
    return message_of<InputError>([&] { TensorFile::open(path); });
  };
  for (const std::uint64_t claimed : {std::uint64_t{0}, std::uint64_t{3}, ~std::uint64_t{0}, std::uint64_t{1} << 40}) {
    EXPECT_NE(length(claimed).find("the header says it has " + std::to_string(claimed) + " bytes; allowed: 2 to 2"),
              std::string::npos);
  }
  const auto tiny = directory_.write("b.safetensors", "1234567");
  EXPECT_NE(message_of<InputError>([&] { TensorFile::open(tiny); }).find("found 7 bytes"), std::string::npos);
}

TEST_F(Safetensors, a_header_that_is_no_json_object_is_refused) {
  for (const char* wrong : {"[]", "{]", "\"text\"", "{}{}", "{\"a\":}", "\xff\xfe", "null"}) {
    EXPECT_EQ(refusal(wrong, ""), "the header is no JSON object in UTF-8") << wrong;
  }
  EXPECT_NE(refusal(std::string(200000, '['), "").find("no JSON object"), std::string::npos);
}

TEST_F(Safetensors, names_given_twice_are_refused_at_every_depth) {
  EXPECT_EQ(
      refusal(
          R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
          eight),
      "the header has 'a' twice; allowed: each name once");
  EXPECT_EQ(refusal(R"({"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}})", eight),
            "the header has 'shape' twice; allowed: each name once");
}

TEST_F(Safetensors, offsets_that_leave_the_file_are_refused) {
  EXPECT_EQ(refusal(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", eight),
            "tensor 'a' has data_offsets [0, 16]; allowed: [begin, end) inside the 8 bytes of data");
  EXPECT_NE(refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}})", eight).find("data_offsets [8, 4]"),
            std::string::npos);
  for (const char* offsets : {"[-4,4]", "[0.5,8]", "[0]", "[0,4,8]", "\"0,8\"", "[0,18446744073709551615]", "null"}) {
    EXPECT_NE(refusal(std::string(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)") + offsets + "}}", eight)
                  .find("data_offsets"),
              std::string::npos)
        << offsets;
  }
}

TEST_F(Safetensors, overlaps_holes_and_trailing_bytes_are_refused) {
  EXPECT_EQ(
      refusal(
          R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
          eight),
      "tensors 'a' and 'b' overlap");
  EXPECT_EQ(refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight),
            "bytes 0 to 4 of the data belong to no tensor");
  EXPECT_EQ(refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", eight),
            "found 8 bytes of data; allowed: 4, the end of the last tensor");
}

TEST_F(Safetensors, shapes_that_do_not_fit_their_bytes_are_refused) {
  EXPECT_EQ(refusal(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", eight),
            "tensor 'a' of F32 and shape [3] has 8 bytes; allowed: the product of both");
  for (const char* shape : {"[-2]", "[2.0]", "[4503599627370496,4503599627370496,2]", "2", "[\"2\"]"}) {
    EXPECT_NE(refusal(std::string(R"({"a":{"dtype":"F32","data_offsets":[0,8],"shape":)") + shape + "}}", eight)
                  .find("tensor 'a'"),
              std::string::npos)
        << shape;
  }
}

// The reference implementation writes wide dtypes first, so that each tensor begins at a multiple of its element.
TEST_F(Safetensors, metadata_given_twice_are_refused) {
  EXPECT_EQ(refusal(R"({"__metadata__":{},"__metadata__":{}})", ""),
            "the header has '__metadata__' twice; allowed: each name once");
}

TEST_F(Safetensors, unknown_members_of_a_description_are_ignored_unless_absurd) {
  const auto with = [](const std::string& extra) {
    return R"({"a":{"x":)" + extra + R"(,"dtype":"F64","shape":[1],"data_offsets":[0,8]}})";
  };
  for (const char* extra : {"null", "true", "-1", "2.5", "\"text\"", "{\"y\":[{\"z\":1},[2]]}", "[]"}) {
    EXPECT_EQ(open(with(extra), eight)->tensors().size(), 1u) << extra;
  }
  EXPECT_NE(refusal(with(std::string(9, '[') + std::string(9, ']')), eight).find("nested deeper than 8 levels"),
            std::string::npos);
  EXPECT_NE(refusal(with(std::string(100000, '[')), eight).find("nested deeper than 8 levels"), std::string::npos);
  std::string list = "[0";
  for (int i = 0; i < 1024; ++i) list += ",0";
  EXPECT_NE(refusal(with(list + "]"), eight).find("a list of more than 1024 values"), std::string::npos);
}

// A document whose members are watched by a callback takes nlohmann's parser minutes at this size.
TEST_F(Safetensors, many_tensors_are_read) {
  constexpr std::size_t count = 200000;
  std::string header = "{";
  for (std::size_t i = 0; i < count; ++i) {
    header += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) + R"(":{"dtype":"U8","shape":[1],"data_offsets":[)" +
              std::to_string(i) + "," + std::to_string(i + 1) + "]}";
  }
  const auto file = open(header + "}", std::string(count, 'x'));
  EXPECT_EQ(file->tensors().size(), count);
  EXPECT_EQ(file->find("t199999")->offset - file->find("t0")->offset, count - 1);
}

TEST_F(Safetensors, tensors_may_begin_at_any_byte) {
  const auto file = open(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                         R"("b":{"dtype":"F64","shape":[1],"data_offsets":[3,11]}})",
                         "abc" + bytes_of<double>({0.1}));
  double value = 0;
  file->read(*file->find("b"), {0, 1, 1, 1}, &value);
  EXPECT_EQ(value, 0.1);
}

TEST_F(Safetensors, names_that_are_no_utf8_are_refused) {
  for (const char* name : {"\xff", "\xc3", "\xed\xa0\x80", "\\ud800"}) {
    EXPECT_EQ(refusal(std::string(R"({")") + name + R"(":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", eight),
              "the header is no JSON object in UTF-8")
        << name;
  }
}

TEST_F(Safetensors, descriptions_and_metadata_of_other_types_are_refused) {
  EXPECT_NE(refusal(R"({"a":1})", "").find("tensor 'a' is no object"), std::string::npos);
  EXPECT_NE(refusal(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", eight).find("has no dtype"), std::string::npos);
  EXPECT_NE(refusal(R"({"__metadata__":{"x":1}})", "").find("__metadata__"), std::string::npos);
}

TEST_F(Safetensors, dtypes_that_cannot_be_read_are_refused_only_when_read) {
  const auto file = open(
      R"({"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F4_NEW","shape":[3],"data_offsets":[8,10]}})",
      eight + "12");
  double value;
  for (const char* name : {"a", "b"}) {
    EXPECT_NE(message_of<InputError>([&] {
                file->read(*file->find(name), {0, 1, 1, 1}, &value);
              }).find("allowed: F64, F32, F16, BF16"),
              std::string::npos);
  }
}

TEST_F(Safetensors, a_file_cut_anywhere_is_refused) {
  const std::string whole = safetensors_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto path = directory_.write("cut.safetensors", whole.substr(0, size));
    EXPECT_NE(message_of<InputError>([&] { TensorFile::open(path); }), "no exception") << size;
  }
}

}  // namespace tristab::safetensors_test
