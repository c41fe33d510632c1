#include "tristab/base/input_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <system_error>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/nearest_file.h"

namespace tristab {

namespace fs = std::filesystem;

namespace {

std::string read_standard_input(std::string_view what, std::string_view allowed) {
  note_input("-");
  std::string text;
  char block[1 << 16];
  while (const std::size_t got = std::fread(block, 1, sizeof block, stdin)) text.append(block, got);
  if (std::ferror(stdin) == 0) return text;
  throw InputError(fmt::format("standard input: cannot read{}: {}; allowed: {}", what, std::strerror(errno), allowed));
}

}  // namespace

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
  if (path == "-") return read_standard_input(what, allowed);
  std::ifstream stream = open_input(path, what, allowed);
  std::string text(std::istreambuf_iterator<char>(stream), {});
  if (!stream.bad()) return text;
  throw InputError(fmt::format("{}: cannot read{}: reading failed; allowed: {}", path.string(), what, allowed));
}

bool is_read_again(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return path != "-" && !(fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status));
}

}  // namespace tristab
