// Files of many times the memory that a run may use: sparse ones of 4 to 8 GB, holes but for their header and last
// chunk.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "run_program.h"

namespace tristab::large_file_test {

constexpr std::int64_t tokens = 4'000'000, heads = 4, dim = 128, n = 64;
constexpr long largest_kilobytes = 500'000;

template <typename Number>
std::string number(Number value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string joined(std::initializer_list<std::string> parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

class LargeFile : public ::testing::Test {
 protected:
  // A hole of this size.
  void make(const std::string& name, std::uint64_t size) {
    name_ = name;
    const int file = ::open(place_.file(name).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    const bool made = ::ftruncate(file, static_cast<off_t>(size)) == 0;
    struct stat status {};
    ::fstat(file, &status);
    ::close(file);
    if (!made || status.st_blocks > 1000) GTEST_SKIP() << "no sparse files in " << place_.file("");
  }
  void put(std::uint64_t offset, const std::string& bytes) const {
    const int file = ::open(place_.file(name_).c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset)),
              static_cast<ssize_t>(bytes.size()));
    ::close(file);
  }

  long memory_of(const std::string& arguments) const { return tristab::memory_of(arguments, place_); }

  // The one matrix that `generate` writes of the last chunk of head 3: `value` below the diagonal.
  void expect_last_chunk(const std::string& family, double value) const {
    const long memory =
        memory_of(fmt::format("generate {} heads=3 tokens=[3999936,4000000] --chunk 64 -o a.npy", family));
    EXPECT_LT(memory, largest_kilobytes);
    const NpyContents a = parse_npy(place_.read("a.npy"));
    ASSERT_EQ(a.shape, "(1, 64, 64)");
    for (std::size_t i = 0; i < 64; ++i) {
      for (std::size_t j = 0; j < 64; ++j) ASSERT_EQ(a.values[64 * i + j], i > j ? value : 0) << i << " " << j;
    }
  }

  const Workplace place_;
  std::string name_;
};

// Keys (1, 0, 0, ...) and betas 0.5 in the last chunk of head 3: A_ij = 0.5 there, 0 elsewhere.
TEST_F(LargeFile, layers_of_a_safetensors_file_are_read_by_chunks) {
  const std::int64_t k_bytes = tokens * heads * dim * 4, gate_bytes = tokens * heads * 4;
  const auto entry = [](const std::string& tensor, const std::string& shape, std::int64_t begin, std::int64_t end) {
    return fmt::format(R"("l.{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})", tensor, shape, begin, end);
  };
  std::string header = fmt::format("{{{},{},{}}}", entry("k", "4000000,4,128", 0, k_bytes),
                                   entry("beta", "4000000,4", k_bytes, k_bytes + gate_bytes),
                                   entry("g", "4000000,4", k_bytes + gate_bytes, k_bytes + 2 * gate_bytes));
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::uint64_t data = 8 + header.size();
  make("large.safetensors", data + static_cast<std::uint64_t>(k_bytes + 2 * gate_bytes));
  if (IsSkipped()) return;
  put(0, joined({number<std::uint64_t>(header.size()), header}));
  for (std::int64_t t = tokens - n; t < tokens; ++t) {
    put(data + static_cast<std::uint64_t>(4 * (t * heads + 3) * dim), number(1.0f));
    put(data + static_cast<std::uint64_t>(k_bytes + 4 * (t * heads + 3)), number(0.5f));
  }
  expect_last_chunk("file path=large.safetensors", 0.5);
  EXPECT_LT(memory_of("invert large.safetensors --layer l --chunk 64 --tokens 3936000:4000000 --method mxr "
                      "--arithmetic fp16 -o /dev/null"),
            largest_kilobytes);
  place_.write("c.json", R"({"chunks": [64], "methods": ["mxr"], "arithmetics": ["fp16"],
    "families": [{"family": "file", "path": "large.safetensors", "tokens": [3936000, 4000000]}]})");
  EXPECT_LT(memory_of("sweep c.json -o r.json --jobs 2"), largest_kilobytes);
}

std::string npy_header() { return npy_bytes("<f4", "(4200000, 4, 64)", ""); }

constexpr std::uint64_t npy_data = std::uint64_t{4'200'000} * 4 * 64 * 4;  // beyond 2^32

// A itself, [tokens, heads, n]: 0.25 below the diagonal of the chunk of head 3 that starts at this token.
std::string row_of_quarters(std::int64_t length) {
  std::string row;
  for (std::int64_t j = 0; j < length; ++j) row += number(0.25f);
  return row;
}

TEST_F(LargeFile, matrices_of_a_npy_file_are_read_by_chunks) {
  const std::string header = npy_header();
  make("large.npy", header.size() + npy_data);
  if (IsSkipped()) return;
  put(0, header);
  for (std::int64_t i = 1; i < n; ++i) {
    put(header.size() + static_cast<std::uint64_t>(4 * ((3'999'936 + i) * heads + 3) * n), row_of_quarters(i));
  }
  expect_last_chunk("file path=large.npy", 0.25);
}

// 50,000 records, 160 MB of text: what stands behind `run` in a JSON result waits on disk until `run` is known.
TEST_F(LargeFile, a_json_result_of_many_records_is_not_held_in_memory) {
  const std::string header = npy_bytes("<f4", "(25000, 16, 16)", "");
  make("many.npy", header.size() + std::uint64_t{25'000} * 16 * 16 * 4);
  if (IsSkipped()) return;
  put(0, header);
  place_.write("c.json", R"({"chunks": [16], "methods": ["mbh", "row-substitution"], "arithmetics": ["fp16"],
    "families": [{"family": "file", "path": "many.npy"}]})");
  EXPECT_LT(memory_of("sweep c.json -o r.json --jobs 2"), 100'000);
  EXPECT_EQ(place_.files(), (std::vector<std::string>{"c.json", "many.npy", "r.json"}));
  EXPECT_GT(std::filesystem::file_size(place_.file("r.json")), 100'000'000u);
  const std::string text = place_.read("r.json");
  std::size_t records = 0;
  for (std::size_t at = text.find("\n{\"case\": "); at != std::string::npos; at = text.find("\n{\"case\": ", at + 1))
    ++records;
  EXPECT_EQ(records, 50'000u);
  EXPECT_TRUE(text.ends_with("\n]\n}\n"));
}

// The same array stored in an archive beyond 4 GiB (zip64: APPNOTE 6.3.3, sections 4.3.14, 4.3.15 and 4.5.3).
// The checksum of bytes and of long runs of zeros: a zero bit multiplies by x modulo the polynomial.
class Crc32 {
 public:
  void bytes(const std::string& bytes) {
    for (const char c : bytes) {
      crc_ ^= static_cast<unsigned char>(c);
      for (int bit = 0; bit < 8; ++bit) crc_ = by_x(crc_);
    }
  }
  void zeros(std::uint64_t count) {
    std::uint32_t power = by_x(one);
    for (std::uint64_t bits = 8 * count; bits > 0; bits /= 2) {
      if (bits % 2 == 1) crc_ = product(power, crc_);
      power = product(power, power);
    }
  }
  std::uint32_t value() const { return ~crc_; }

 private:
  static constexpr std::uint32_t one = 0x80000000;  // the highest power is the lowest bit
  static std::uint32_t by_x(std::uint32_t a) { return (a >> 1) ^ ((a & 1) != 0 ? 0xedb88320U : 0U); }
  static std::uint32_t product(std::uint32_t a, std::uint32_t b) {
    std::uint32_t sum = 0;
    for (; a != 0; a <<= 1, b = by_x(b)) sum ^= (a & one) != 0 ? b : 0U;
    return sum;
  }

  std::uint32_t crc_ = 0xffffffff;
};

TEST_F(LargeFile, matrices_of_a_npz_file_are_read_by_chunks) {
  const std::string header = npy_header(), member = "A.npy";
  const std::uint64_t size = header.size() + npy_data;
  const auto place_of = [](std::int64_t i) {
    return static_cast<std::uint64_t>(4 * ((3'999'936 + i) * heads + 3) * n);
  };
  Crc32 crc;
  crc.bytes(header);
  std::uint64_t done = 0;
  for (std::int64_t i = 1; i < n; ++i) {
    crc.zeros(place_of(i) - done);
    crc.bytes(row_of_quarters(i));
    done = place_of(i) + static_cast<std::uint64_t>(4 * i);
  }
  crc.zeros(npy_data - done);
  const auto two = [](std::uint16_t value) { return number(value); };
  const auto four = [](std::uint32_t value) { return number(value); };
  const auto eight = [](std::uint64_t value) { return number(value); };
  const std::string extra = joined({two(1), two(16), eight(size), eight(size)});
  const std::string common =
      joined({two(45), two(0), two(0), two(0), two(0x21), four(crc.value()), four(0xffffffff), four(0xffffffff),
              two(static_cast<std::uint16_t>(member.size())), two(static_cast<std::uint16_t>(extra.size()))});
  const std::string local = joined({four(0x04034b50), common, member, extra});
  const std::string directory =
      joined({four(0x02014b50), two(45), common, two(0), two(0), two(0), four(0), four(0), member, extra});
  const std::uint64_t start = local.size() + size, end = start + directory.size();
  const std::string tail = joined({directory,
                                   four(0x06064b50),
                                   eight(44),
                                   two(45),
                                   two(45),
                                   four(0),
                                   four(0),
                                   eight(1),
                                   eight(1),
                                   eight(directory.size()),
                                   eight(start),
                                   four(0x07064b50),
                                   four(0),
                                   eight(end),
                                   four(1),
                                   four(0x06054b50),
                                   two(0),
                                   two(0),
                                   two(1),
                                   two(1),
                                   four(static_cast<std::uint32_t>(directory.size())),
                                   four(0xffffffff),
                                   two(0)});
  make("large.npz", start + tail.size());
  if (IsSkipped()) return;
  put(0, joined({local, header}));
  put(start, tail);
  for (std::int64_t i = 1; i < n; ++i) {
    put(local.size() + header.size() + place_of(i), row_of_quarters(i));
  }
  expect_last_chunk("file path=large.npz", 0.25);
}

}  // namespace tristab::large_file_test
