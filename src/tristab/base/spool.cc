#include "tristab/base/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20;

// Returns -1 if no file can be made there.
int make_unnamed_file(const std::filesystem::path& directory) {
  std::string name = (directory / "tristab-XXXXXX").string();
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file >= 0) ::unlink(name.c_str());
  return file;
}

}  // namespace

Spool::~Spool() {
  if (file_ >= 0) ::close(file_);
}

void Spool::fail(int error) const {
  throw InputError(
      fmt::format("{}: cannot be kept in {}: {}; allowed: a directory with room, beside the output or named by TMPDIR",
                  what_, directory_.string(), std::strerror(error)));
}

void Spool::open() {
  if (!directory_.empty()) file_ = make_unnamed_file(directory_);
  if (file_ >= 0) return;
  std::error_code error;
  const std::filesystem::path temporary = std::filesystem::temp_directory_path(error);
  if (error) {
    const char* named = std::getenv("TMPDIR");
    directory_ = named != nullptr ? named : "TMPDIR";
    fail(error.value());
  }
  directory_ = temporary;
  file_ = make_unnamed_file(directory_);
  if (file_ < 0) fail(errno);
}

std::uint64_t Spool::append(std::string_view bytes) {
  if (file_ < 0) open();
  const std::uint64_t offset = size_;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::pwrite(file_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(size_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    done += static_cast<std::size_t>(count);
    size_ += static_cast<std::uint64_t>(count);
  }
  return offset;
}

void Spool::read(std::uint64_t offset, char* out, std::size_t bytes) const {
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t count = ::pread(file_, out + done, bytes - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(count < 0 ? errno : EIO);
    done += static_cast<std::size_t>(count);
  }
}

void Spool::clear() {
  if (size_ > 0 && ::ftruncate(file_, 0) != 0) fail(errno);
  size_ = 0;
}

void SpooledText::append(std::string_view text) {
  tail_ += text;
  if (tail_.size() < block_bytes) return;
  spool_.append(tail_);
  tail_.clear();
}

void SpooledText::for_each_block(const std::function<void(std::string_view)>& visit) const {
  std::string block(std::min<std::uint64_t>(block_bytes, spool_.size()), '\0');
  for (std::uint64_t offset = 0; offset < spool_.size();) {
    const std::size_t bytes = std::min<std::uint64_t>(block.size(), spool_.size() - offset);
    spool_.read(offset, block.data(), bytes);
    visit(std::string_view(block).substr(0, bytes));
    offset += bytes;
  }
  visit(tail_);
}

void SpooledNumbers::append(double value, Spool& spool) {
  tail_.push_back(value);
  if (tail_.size() < page_numbers) return;
  std::string page(page_numbers * sizeof(double), '\0');
  std::memcpy(page.data(), tail_.data(), page.size());
  pages_.push_back(spool.append(page));
  tail_.clear();
}

std::vector<double> SpooledNumbers::all(const Spool& spool) const {
  std::vector<double> values(size());
  std::string page(page_numbers * sizeof(double), '\0');
  for (std::size_t k = 0; k < pages_.size(); ++k) {
    spool.read(pages_[k], page.data(), page.size());
    std::memcpy(values.data() + k * page_numbers, page.data(), page.size());
  }
  std::copy(tail_.begin(), tail_.end(), values.end() - static_cast<std::ptrdiff_t>(tail_.size()));
  return values;
}

}  // namespace tristab
