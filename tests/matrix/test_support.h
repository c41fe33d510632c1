// What the tests of this layer share: files written byte by byte, messages of errors, generated matrices.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/source.h"

namespace tristab::testing_support {

// A directory of the test's own, removed at its end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tristab-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

template <typename Number>
std::string bytes_of(const std::vector<Number>& values) {
  std::string bytes(values.size() * sizeof(Number), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// A .npy file of version 1.0 with this dictionary and these data.
inline std::string npy_bytes(std::string dictionary, const std::string& data) {
  dictionary += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(dictionary.size() % 256);
  bytes += static_cast<char>(dictionary.size() / 256);
  return bytes + dictionary + data;
}

// A .safetensors file of this header and these data.
inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  return bytes_of<std::uint64_t>({length}) + header + data;
}

// The message of the Error that `action` throws, or a text that says it did not.
template <typename Error>
std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& other) {
    return std::string("another exception: ") + other.what();
  }
  return "no exception";
}

inline std::unique_ptr<Source> open(const Json& given, std::uint64_t seed = 1, int trials = 1,
                                    const std::filesystem::path& directory = {}) {
  const std::vector<FamilySpec> specs = expand_family(given, "families[0]");
  if (specs.size() != 1) throw std::logic_error("more than one specification");
  return open_source(specs.front(), seed, trials, directory, "families[0]");
}

inline Matrix matrix_of(const Json& given, int n, int trial = 0, std::uint64_t seed = 1) {
  return open(given, seed, trial + 1)->problem(n, trial).a;
}

}  // namespace tristab::testing_support
