#include "run_program.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tristab {
namespace {

constexpr const char* out_name = ".out";
constexpr const char* err_name = ".err";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

ProgramResult run_program(const std::string& arguments, const std::filesystem::path& directory,
                          const std::string& input, const std::string& launcher) {
  const std::string command = "cd '" + directory.string() + "' && DATA='" TRISTAB_TEST_DATA "' && " + launcher +
                              " '" TRISTAB_PROGRAM "' " + arguments + " >" + out_name + " 2>" + err_name + " <" +
                              (input.empty() ? "/dev/null" : "'" + input + "'");
  const int status = std::system(command.c_str());
  ProgramResult result;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_file(directory / out_name);
  result.err = read_file(directory / err_name);
  return result;
}

Workplace::Workplace() {
  std::string name = (std::filesystem::temp_directory_path() / "tristab-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

Workplace::~Workplace() { std::filesystem::remove_all(path_); }

long memory_of(const std::string& arguments, const Workplace& place) {
  const std::string command = fmt::format("cd '{}' && exec '" TRISTAB_PROGRAM "' {} 2>{} </dev/null",
                                          place.file("").string(), arguments, err_name);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  struct rusage usage {};
  if (::wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    ADD_FAILURE() << arguments << ": " << place.read(err_name);
    return -1;
  }
  return usage.ru_maxrss;
}

void Workplace::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
}

std::string Workplace::read(const std::string& name) const { return read_file(path_ / name); }

std::vector<std::string> Workplace::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
    const std::string name = entry.path().lexically_relative(path_).string();
    if (entry.is_regular_file() && name != out_name && name != err_name) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string npy_bytes(const std::string& descr, const std::string& shape, const std::string& values) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + values;
}

std::string ones_bytes(int n, int row, int column, double value) {
  std::string bytes;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const double x = i == row && j == column ? value : (i > j ? 1 : 0);
      char raw[sizeof x];
      std::memcpy(raw, &x, sizeof x);
      bytes.append(raw, sizeof x);
    }
  }
  return bytes;
}

NpyContents parse_npy(const std::string& bytes) {
  NpyContents contents;
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bytes.at(8))) +
                      256 * static_cast<std::size_t>(static_cast<unsigned char>(bytes.at(9)));
  const std::string header = bytes.substr(10, length);
  const std::size_t descr = header.find("'<") + 1;
  contents.descr = header.substr(descr, 3);
  const std::size_t shape = header.find('(');
  contents.shape = header.substr(shape, header.find(')') - shape + 1);
  const std::size_t size = contents.descr == "<f4" ? 4 : 8;
  for (std::size_t at = 10 + length; at < bytes.size(); at += size) {
    if (size == 4) {
      float x = 0;
      std::memcpy(&x, bytes.data() + at, 4);
      contents.values.push_back(static_cast<double>(x));
    } else {
      double x = 0;
      std::memcpy(&x, bytes.data() + at, 8);
      contents.values.push_back(x);
    }
  }
  return contents;
}

}  // namespace tristab
