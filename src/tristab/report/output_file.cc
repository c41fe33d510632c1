#include "tristab/report/output_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "tristab/base/errors.h"
#include "tristab/matrix/npy.h"

namespace tristab {

OutputFile::OutputFile(const std::string& path, Appearance appearance) : path_(path) {
  if (path == "-") {
    file_ = stdout;
    return;
  }
  const std::filesystem::path target(path);
  if (std::filesystem::is_directory(target)) {
    throw InputError(fmt::format("{}: cannot write: it is a directory; allowed: a file's name", path));
  }
  std::error_code error;
  if (target.has_parent_path()) std::filesystem::create_directories(target.parent_path(), error);
  if (error) fail(error.value());  // opening the file would only report that its directory is missing
  if (appearance == Appearance::when_complete && !is_written_through(target)) partial_ = path + ".partial";
  file_ = std::fopen(partial_.empty() ? path.c_str() : partial_.c_str(), "wb");
  if (file_ == nullptr) fail(errno);
}

OutputFile::~OutputFile() {
  if (committed_ || file_ == nullptr) return;
  if (file_ != stdout) std::fclose(file_);
  std::error_code ignored;
  if (!partial_.empty()) std::filesystem::remove(partial_, ignored);
}

void OutputFile::fail(int error) const {
  throw InputError(fmt::format("{}: cannot write: {}; allowed: a file in a directory that can be written",
                               path_ == "-" ? "standard output" : path_, std::strerror(error)));
}

std::filesystem::path OutputFile::directory() const {
  if (partial_.empty()) return {};
  const std::filesystem::path parent = partial_.parent_path();
  return parent.empty() ? "." : parent;
}

void OutputFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail(errno);
}

void OutputFile::flush() {
  if (std::fflush(file_) != 0) fail(errno);
}

void OutputFile::commit() {
  flush();
  if (file_ != stdout) {
    std::FILE* file = file_;
    file_ = nullptr;
    if (!partial_.empty()) static_cast<void>(fsync(fileno(file)));  // the name must not appear before the contents
    if (std::fclose(file) != 0) {
      const int error = errno;
      std::error_code ignored;
      if (!partial_.empty()) std::filesystem::remove(partial_, ignored);
      fail(error);
    }
    if (!partial_.empty()) {
      std::error_code error;
      std::filesystem::rename(partial_, path_, error);
      if (error) fail(error.value());
    }
  }
  committed_ = true;
}

}  // namespace tristab
