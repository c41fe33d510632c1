// Archives of arrays: NumPy's own, and hand-made ones that are wrong in one place.
#include "tristab/matrix/npz.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <optional>
#include <random>
#include <thread>

#include "test_support.h"
#include "tristab/base/interruption.h"
#include "zip_bytes.h"

namespace tristab::npz_test {

using testing_support::bytes_of;
using testing_support::deflated_member;
using testing_support::message_of;
using testing_support::npy_bytes;
using testing_support::stored_member;
using testing_support::TemporaryDirectory;
using testing_support::zip_bytes;
using testing_support::ZipMember;

std::string array_bytes(const std::string& shape, const std::string& data, const std::string& descr = "<f8",
                        const std::string& order = "False") {
  return npy_bytes("{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }", data);
}

std::vector<double> values_of(const TensorFile& file, const std::string& name) {
  const Tensor* tensor = file.find(name);
  if (tensor == nullptr) throw std::runtime_error("no tensor " + name);
  std::vector<double> values(static_cast<std::size_t>(tensor->elements()));
  file.read(*tensor, {0, 1, tensor->elements(), tensor->elements()}, values.data());
  return values;
}

class Npz : public ::testing::Test {
 protected:
  std::shared_ptr<const TensorFile> open(const std::vector<ZipMember>& members) {
    return TensorFile::open(directory_.write("a.npz", zip_bytes(members)));
  }
  // The refusal of opening, one line that begins with the file; without the directory.
  std::string refusal_of_bytes(const std::string& bytes) {
    const std::string path = directory_.write("a.npz", bytes).string();
    std::string message = message_of<InputError>([&] { TensorFile::open(path); });
    EXPECT_TRUE(message.starts_with(path)) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message.substr(std::min(message.size(), path.size() - 5));
  }
  std::string refusal(const std::vector<ZipMember>& members) { return refusal_of_bytes(zip_bytes(members)); }

  TemporaryDirectory directory_;
  const std::string good_ = array_bytes("(2,)", bytes_of<double>({1, 2}));
};

// Written by numpy.savez and numpy.savez_compressed 1.24:
//   layer0.k = arange(24) / 8 as <f4 [2, 3, 4], layer0.beta = linspace(-1, 1, 6) as <f2 [3, 2],
//   cu_seqlens = [0, 3, 7] as <i8, and a lambda = tile(arange(8), (100, 1)) as <f8.
TEST_F(Npz, archives_of_numpy_are_read_stored_and_deflated) {
  for (const char* name : {"numpy-stored.npz", "numpy-deflated.npz"}) {
    const auto file = TensorFile::open(std::filesystem::path(TRISTAB_TEST_DATA) / name);
    ASSERT_EQ(file->tensors().size(), 4u);
    const std::vector<double> k = values_of(*file, "layer0.k"), beta = values_of(*file, "layer0.beta");
    EXPECT_EQ(file->find("layer0.k")->shape_text(), "[2, 3, 4]");
    for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(k[i], static_cast<double>(i) / 8);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(beta[i], -1 + 0.4 * static_cast<double>(i), 0x1p-12);
    EXPECT_EQ(beta[5], 1.0);
    const std::vector<double> long_one = values_of(*file, "\xce\xbb");
    for (std::size_t i = 0; i < 800; ++i) EXPECT_EQ(long_one[i], static_cast<double>(i % 8));
    EXPECT_EQ(file->read_integers(*file->find("cu_seqlens")), (std::vector<std::int64_t>{0, 3, 7}));
    EXPECT_NE(message_of<InputError>([&] {
                values_of(*file, "cu_seqlens");
              }).find("tensor 'cu_seqlens' has dtype <i8; allowed: F64, F32, F16, BF16"),
              std::string::npos);
  }
}

// Rows 3 to 5 of 1000 x 3, values 17 i: before, across and behind what is kept of a deflated member's beginning.
TEST_F(Npz, slices_read_the_rows_they_name) {
  std::vector<double> numbers(3000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 17.0 * static_cast<double>(i);
  const std::string bytes = array_bytes("(1000, 3)", bytes_of(numbers));
  const auto file = open({stored_member("s.npy", bytes), deflated_member("d.npy", bytes)});
  for (const char* name : {"s", "d"}) {
    for (const std::int64_t row : {0, 3, 150, 168, 169, 170, 171, 997, 2}) {
      std::array<double, 6> got{};
      file->read(*file->find(name), {row * 3, 3, 2, 3}, got.data());
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 2; ++j) {
          EXPECT_EQ(got[static_cast<std::size_t>(2 * i + j)], 17.0 * static_cast<double>((row + i) * 3 + j)) << name;
        }
      }
    }
  }
}

TEST_F(Npz, names_lose_npy_and_may_lack_it) {
  const auto file =
      open({stored_member("a.npy", good_), deflated_member("b", good_), stored_member("c.npy.npy", good_)});
  for (const char* name : {"a", "b", "c.npy"}) EXPECT_EQ(values_of(*file, name), (std::vector<double>{1, 2})) << name;
}

TEST_F(Npz, threads_read_the_same_values) {
  std::vector<double> numbers(40000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(i);
  const std::string bytes = array_bytes("(40000,)", bytes_of(numbers));
  const auto file = open({stored_member("s", bytes), deflated_member("d", bytes)});
  std::vector<std::thread> threads;
  std::array<int, 4> wrong{};
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int i = 0; i < 200; ++i) {
        const auto first = static_cast<std::int64_t>(random() % 39900);
        std::array<double, 100> got{};
        file->read(*file->find(i % 2 == 0 ? "s" : "d"), {first, 1, 100, 100}, got.data());
        for (int j = 0; j < 100; ++j) wrong[t] += got[static_cast<std::size_t>(j)] != static_cast<double>(first + j);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, (std::array<int, 4>{}));
}

// TMPDIR for as long as the object lives.
class TemporaryDirectoryIs {
 public:
  explicit TemporaryDirectoryIs(const std::filesystem::path& path) {
    if (const char* before = std::getenv("TMPDIR"); before != nullptr) before_ = before;
    ::setenv("TMPDIR", path.c_str(), 1);
  }
  ~TemporaryDirectoryIs() {
    if (before_.has_value()) {
      ::setenv("TMPDIR", before_->c_str(), 1);
    } else {
      ::unsetenv("TMPDIR");
    }
  }
  TemporaryDirectoryIs(const TemporaryDirectoryIs&) = delete;
  TemporaryDirectoryIs& operator=(const TemporaryDirectoryIs&) = delete;

 private:
  std::optional<std::string> before_;
};

TEST_F(Npz, what_inflates_leaves_no_file_behind) {
  const std::filesystem::path temporary = directory_.path() / "tmp";
  std::filesystem::create_directory(temporary);
  const TemporaryDirectoryIs there(temporary);
  const std::vector<double> numbers(1000, 1.0);
  const auto file = open({deflated_member("d", array_bytes("(1000,)", bytes_of(numbers)))});
  EXPECT_EQ(values_of(*file, "d"), numbers);
  EXPECT_TRUE(std::filesystem::is_empty(temporary));
}

TEST_F(Npz, a_signal_stops_the_check_of_a_member) {
  const auto file = open({deflated_member("d", array_bytes("(1000,)", bytes_of(std::vector<double>(1000, 1.0)))),
                          stored_member("s", array_bytes("(1000,)", bytes_of(std::vector<double>(1000, 1.0))))});
  interruption() = true;
  EXPECT_THROW(values_of(*file, "d"), Stopped);
  EXPECT_THROW(values_of(*file, "s"), Stopped);
  interruption() = false;
  EXPECT_EQ(values_of(*file, "d"), values_of(*file, "s"));
}

TEST_F(Npz, a_temporary_directory_that_is_none_is_named) {
  const TemporaryDirectoryIs nowhere(directory_.path() / "none");
  const auto file = open({deflated_member("d", array_bytes("(100000,)", bytes_of(std::vector<double>(100000, 1.0))))});
  const std::string message = message_of<InputError>([&] { values_of(*file, "d"); });
  EXPECT_NE(message.find("a.npz: member 'd': its inflated bytes: cannot be kept in "), std::string::npos) << message;
}

TEST_F(Npz, members_that_are_no_arrays_are_refused_by_name) {
  EXPECT_EQ(refusal({stored_member("k", good_), stored_member("readme.txt", "hello, world")}),
            "a.npz: member 'readme.txt' is no .npy file (its first bytes are 'hello,'); allowed: .npy files");
  EXPECT_NE(refusal({stored_member("empty", "")}).find("member 'empty' is no .npy file"), std::string::npos);
  EXPECT_NE(refusal({stored_member("folder/", "")}).find("member 'folder/' is no .npy file"), std::string::npos);
  EXPECT_EQ(refusal({}), "a.npz: found no member; allowed: one array or more");
}

TEST_F(Npz, the_archive_of_torch_save_is_recognised) {
  EXPECT_NE(refusal({stored_member("archive/data.pkl", "x"), stored_member("archive/data/0", "y")})
                .find("a.npz: a PyTorch file; allowed: .npy, .npz and .safetensors"),
            std::string::npos);
}

TEST_F(Npz, wrong_arrays_are_refused_by_the_name_of_their_member) {
  const std::string pair = bytes_of<double>({1, 2});
  EXPECT_EQ(refusal({stored_member("k.npy", array_bytes("(2,)", pair, ">f8"))}),
            "a.npz: member 'k.npy': found dtype '>f8' (big-endian); allowed: '<f8', '<f4', '<f2'");
  for (const bool deflate : {false, true}) {
    const auto member = [&](const std::string& bytes) {
      return deflate ? deflated_member("k", bytes) : stored_member("k", bytes);
    };
    EXPECT_EQ(refusal({member(array_bytes("(3,)", pair))}),
              "a.npz: member 'k': found 16 bytes of data; allowed: 24, for shape [3] of <f8");
    EXPECT_NE(refusal({member(array_bytes("(-2,)", pair))}).find("broken"), std::string::npos);
    EXPECT_NE(refusal({member(array_bytes("(4611686018427387904, 4)", pair))}).find("below 2^62 bytes"),
              std::string::npos);
    EXPECT_NE(refusal({member(array_bytes("(3,)", pair, "<i8"))}).find("allowed: 24"), std::string::npos);
    for (std::size_t size = 0; size < good_.size(); ++size) {
      EXPECT_NE(refusal({member(good_.substr(0, size))}), "no exception") << size;
    }
  }
  const auto nan = open({stored_member("k", array_bytes("(2,)", bytes_of<double>({1, std::nan("")})))});
  EXPECT_NE(message_of<InputError>([&] { values_of(*nan, "k"); }).find("tensor 'k' holds NaN at index [1]"),
            std::string::npos);
}

TEST_F(Npz, names_given_twice_or_not_utf8_are_refused) {
  EXPECT_EQ(refusal({stored_member("k.npy", good_), stored_member("k", good_)}),
            "a.npz: found two arrays called 'k'; allowed: each name once");
  EXPECT_EQ(refusal({stored_member("k", good_), stored_member("\xff\xfe", good_)}),
            "a.npz: the name of member 1 is no UTF-8: '\\ufffd\\ufffd'; allowed: UTF-8");
}

TEST_F(Npz, encryption_and_other_compressions_are_refused) {
  ZipMember encrypted = stored_member("k", good_);
  encrypted.flags = 1;
  EXPECT_NE(refusal({encrypted}).find("encrypt"), std::string::npos);
  ZipMember bzip2 = stored_member("k", good_);
  bzip2.method = 12;
  EXPECT_EQ(refusal({bzip2}), "a.npz: member 'k' has compression method 12; allowed: 0 (stored), 8 (deflated)");
}

TEST_F(Npz, a_stored_member_whose_sizes_differ_is_refused) {
  ZipMember lying = stored_member("k", good_);
  lying.size += 8;
  EXPECT_NE(refusal({lying}).find("is stored in"), std::string::npos);
}

// The directory says 16 bytes of data, and the stream inflates to more, to fewer, or to nothing sensible.
TEST_F(Npz, a_member_that_inflates_to_other_data_is_refused_when_read) {
  const std::vector<double> numbers(1000, 0.5);
  const std::string bytes = array_bytes("(1000,)", bytes_of(numbers));
  const auto wrong = [&](ZipMember member) {
    member.size = static_cast<std::uint32_t>(bytes.size());
    const std::string path = directory_.write("w.npz", zip_bytes({member})).string();
    return message_of<InputError>([&] { values_of(*TensorFile::open(path), "k"); });
  };
  const ZipMember right = deflated_member("k", bytes);
  EXPECT_EQ(wrong(right), "no exception");
  EXPECT_NE(wrong(deflated_member("k", bytes + "more")).find("w.npz: member 'k'"), std::string::npos);
  EXPECT_NE(wrong(deflated_member("k", bytes.substr(0, 6000))).find("w.npz: member 'k'"), std::string::npos);
  EXPECT_TRUE(wrong(deflated_member("k", bytes + std::string(1 << 20, 'x')))
                  .ends_with("w.npz: member 'k' inflates to more than the " + std::to_string(bytes.size()) +
                             " bytes of its directory entry"));
  ZipMember garbage = right;
  garbage.bytes[garbage.bytes.size() / 2] ^= 1;  // the checksum tells
  EXPECT_NE(wrong(garbage).find("w.npz: member 'k' cannot be read: "), std::string::npos);
  garbage.bytes = garbage.bytes.substr(0, 5000);
  EXPECT_NE(wrong(garbage).find("w.npz: member 'k' "), std::string::npos);
}

// Small members are checked at once, large ones when their data are read, wherever the reading begins.
TEST_F(Npz, one_flipped_bit_is_noticed_in_every_kind_of_member) {
  for (const int count : {2, 1000, 100000}) {
    const std::string bytes = array_bytes("(" + std::to_string(count) + ",)",
                                          bytes_of(std::vector<double>(static_cast<std::size_t>(count), 0.5)));
    for (ZipMember member : {stored_member("k", bytes), deflated_member("k", bytes)}) {
      const std::string path = directory_.write("f.npz", zip_bytes({member})).string();
      EXPECT_EQ(values_of(*TensorFile::open(path), "k").back(), 0.5);
      member.bytes[member.bytes.size() - 20] ^= 1;
      directory_.write("f.npz", zip_bytes({member}));
      const std::string message = message_of<InputError>([&] {
        const auto file = TensorFile::open(path);
        double first = 0;
        file->read(file->tensors().front(), {0, 1, 1, 1}, &first);
      });
      EXPECT_NE(message.find("f.npz: member 'k' cannot be read: CRC error"), std::string::npos) << count << message;
    }
  }
}

TEST_F(Npz, an_archive_cut_anywhere_or_with_bytes_behind_it_is_refused) {
  const std::string whole = zip_bytes({stored_member("k.npy", good_), deflated_member("beta.npy", good_)});
  EXPECT_NE(TensorFile::open(directory_.write("whole.npz", whole)), nullptr);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal_of_bytes(whole.substr(0, size)), "no exception") << size;
  }
  EXPECT_NE(refusal_of_bytes(whole + "and more").find("broken .npz file"), std::string::npos);
}

// Any one byte changed: the archive is refused, or what it gives is read without a crash.
TEST_F(Npz, an_archive_with_any_byte_changed_is_read_or_refused) {
  const std::string whole = zip_bytes({stored_member("k.npy", good_), deflated_member("beta.npy", good_)});
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {1, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      const auto path = directory_.write("changed.npz", bytes);
      try {
        const auto file = TensorFile::open(path);
        for (const Tensor& tensor : file->tensors()) values_of(*file, tensor.name);
      } catch (const InputError& error) {
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 300);
}

TEST_F(Npz, a_file_called_npz_that_is_none_is_refused) {
  EXPECT_EQ(refusal_of_bytes("PK\x03\x04 and more").substr(0, 24), "a.npz: broken .npz file:");
  EXPECT_EQ(refusal_of_bytes("something else"),
            "a.npz: is no .npz file (its first bytes are 'someth'); allowed: .npy, .npz and .safetensors");
}

}  // namespace tristab::npz_test
