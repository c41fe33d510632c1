#include "tristab/base/input_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <iterator>
#include <system_error>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/nearest_file.h"

namespace tristab {

namespace fs = std::filesystem;

std::ifstream open_input(const fs::path& path, std::string_view what, std::string_view allowed) {
  const auto fail = [&](const std::string& why) {
    throw InputError(fmt::format("{}: cannot read{}: {}{}; allowed: {}", path.string(), what, why,
                                 nearest_file_hint(path), allowed));
  };
  note_input(path.string());
  std::error_code error;
  if (fs::is_directory(path, error)) fail("it is a directory");
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail(errno != 0 ? std::strerror(errno) : "not a file");
  return stream;
}

std::string read_input(const fs::path& path, std::string_view what, std::string_view allowed) {
  std::ifstream file;
  if (path == "-") {
    note_input("-");
  } else {
    file = open_input(path, what, allowed);
  }
  std::istream& stream = path == "-" ? std::cin : static_cast<std::istream&>(file);
  std::string text(std::istreambuf_iterator<char>(stream), {});
  if (!stream.bad()) return text;
  throw InputError(fmt::format("{}: cannot read{}: reading failed; allowed: {}",
                               path == "-" ? "standard input" : path.string(), what, allowed));
}

bool is_read_again(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return path != "-" && !(fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status));
}

}  // namespace tristab
