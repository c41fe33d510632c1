// Temporary files for what a run collects and needs only at its end: text, and lists of numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tristab {

// A temporary file without a name. It is made when more is appended than a block in memory holds, and disappears with
// its owner or the process.
class Spool {
 public:
  // The file is made in `directory`. If that fails or none is given, it is made in the temporary directory (TMPDIR).
  // `what` says in messages what it holds.
  explicit Spool(std::filesystem::path directory = {}, std::string what = "what a run collects")
      : directory_(std::move(directory)), what_(std::move(what)) {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  static constexpr std::size_t block_bytes = std::size_t{1} << 18;

  // Returns the offset of the bytes. Throws InputError with the directory if there is no room.
  std::uint64_t append(std::string_view bytes);
  void read(std::uint64_t offset, char* out, std::size_t bytes) const;  // of what was appended
  void clear();                                                         // frees the disk space
  std::uint64_t size() const { return size_; }

 private:
  void open();
  void write_block();
  [[noreturn]] void fail(int error) const;

  std::filesystem::path directory_;
  std::string what_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::string block_;  // the last bytes, which are not in the file yet
};

// Text of any length; at most a block of 1 MiB of it is in memory.
class SpooledText {
 public:
  explicit SpooledText(std::filesystem::path directory = {}) : spool_(std::move(directory)) {}
  void append(std::string_view text);
  void for_each_block(const std::function<void(std::string_view)>& visit) const;  // in order

 private:
  Spool spool_;
  std::string tail_;
};

// Rows of numbers, all of one width; at most a page of 128 rows is in memory. Many lists share a spool.
class SpooledRows {
 public:
  explicit SpooledRows(std::size_t width = 1) : width_(width) {}
  void append(std::span<const double> row, Spool& spool);
  void append(double value, Spool& spool) { append({&value, 1}, spool); }                 // a row of one number
  std::vector<double> column(std::size_t at, const Spool& spool) const;                   // in the order of the appends
  std::size_t size() const { return pages_.size() * page_rows + tail_.size() / width_; }  // rows

 private:
  static constexpr std::size_t page_rows = 128;
  std::size_t width_;
  std::vector<std::uint64_t> pages_;  // offsets of full pages, each column after column
  std::vector<double> tail_;          // row after row
};

}  // namespace tristab
