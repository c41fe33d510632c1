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

constexpr std::size_t text_bytes = std::size_t{1} << 20;

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
  const std::uint64_t offset = size_;
  block_ += bytes;
  size_ += bytes.size();
  if (block_.size() >= block_bytes) write_block();
  return offset;
}

void Spool::write_block() {
  if (file_ < 0) open();
  const std::uint64_t begin = size_ - block_.size();
  for (std::size_t done = 0; done < block_.size();) {
    const ssize_t count = ::pwrite(file_, block_.data() + done, block_.size() - done, static_cast<off_t>(begin + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    done += static_cast<std::size_t>(count);
  }
  block_.clear();
}

void Spool::read(std::uint64_t offset, char* out, std::size_t bytes) const {
  if (offset + bytes > size_) fail(EIO);
  const std::uint64_t written = size_ - block_.size();
  const std::size_t from_file = offset < written ? std::min<std::uint64_t>(bytes, written - offset) : 0;
  for (std::size_t done = 0; done < from_file;) {
    const ssize_t count = ::pread(file_, out + done, from_file - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(count < 0 ? errno : EIO);
    done += static_cast<std::size_t>(count);
  }
  if (from_file < bytes)
    std::memcpy(out + from_file, block_.data() + (offset + from_file - written), bytes - from_file);
}

void Spool::clear() {
  if (size_ > block_.size() && ::ftruncate(file_, 0) != 0) fail(errno);
  block_.clear();
  size_ = 0;
}

void SpooledText::append(std::string_view text) {
  tail_ += text;
  if (tail_.size() < text_bytes) return;
  spool_.append(tail_);
  tail_.clear();
}

void SpooledText::for_each_block(const std::function<void(std::string_view)>& visit) const {
  std::string block(std::min<std::uint64_t>(text_bytes, spool_.size()), '\0');
  for (std::uint64_t offset = 0; offset < spool_.size();) {
    const std::size_t bytes = std::min<std::uint64_t>(block.size(), spool_.size() - offset);
    spool_.read(offset, block.data(), bytes);
    visit(std::string_view(block).substr(0, bytes));
    offset += bytes;
  }
  visit(tail_);
}

void SpooledRows::append(std::span<const double> row, Spool& spool) {
  tail_.insert(tail_.end(), row.begin(), row.end());
  if (tail_.size() < page_rows * width_) return;
  std::vector<double> page;
  page.reserve(tail_.size());
  for (std::size_t at = 0; at < width_; ++at) {
    for (std::size_t k = at; k < tail_.size(); k += width_) page.push_back(tail_[k]);
  }
  pages_.push_back(spool.append({reinterpret_cast<const char*>(page.data()), page.size() * sizeof(double)}));
  tail_.clear();
}

std::vector<double> SpooledRows::column(std::size_t at, const Spool& spool) const {
  constexpr std::size_t bytes = page_rows * sizeof(double);
  std::vector<double> values(pages_.size() * page_rows);
  for (std::size_t k = 0; k < pages_.size(); ++k)
    spool.read(pages_[k] + at * bytes, reinterpret_cast<char*>(values.data() + k * page_rows), bytes);
  for (std::size_t k = at; k < tail_.size(); k += width_) values.push_back(tail_[k]);
  return values;
}

}  // namespace tristab
