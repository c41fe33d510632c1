// Temporary files for what a run collects and needs only at its end: text, and lists of numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tristab {

// A temporary file without a name. It is made at the first append and disappears with its owner or the process.
class Spool {
 public:
  // The file is made in `directory`. If that fails or none is given, it is made in the temporary directory (TMPDIR).
  // `what` says in messages what it holds.
  explicit Spool(std::filesystem::path directory = {}, std::string what = "what a run collects")
      : directory_(std::move(directory)), what_(std::move(what)) {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Returns the offset of the bytes. Throws InputError with the directory if there is no room.
  std::uint64_t append(std::string_view bytes);
  void read(std::uint64_t offset, char* out, std::size_t bytes) const;  // of what was appended
  void clear();                                                         // frees the disk space
  std::uint64_t size() const { return size_; }

 private:
  void open();
  [[noreturn]] void fail(int error) const;

  std::filesystem::path directory_;
  std::string what_;
  int file_ = -1;
  std::uint64_t size_ = 0;
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

// A list of numbers; at most a page of 4 KiB of it is in memory. Many lists share a spool.
class SpooledNumbers {
 public:
  void append(double value, Spool& spool);
  std::vector<double> all(const Spool& spool) const;  // in the order of the appends
  std::size_t size() const { return pages_.size() * page_numbers + tail_.size(); }

 private:
  static constexpr std::size_t page_numbers = 512;
  std::vector<std::uint64_t> pages_;  // offsets of full pages
  std::vector<double> tail_;
};

}  // namespace tristab
