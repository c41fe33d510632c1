// An output: standard output, or a file that never looks complete before it is.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace tristab {

enum class Appearance {
  when_complete,  // under its name only after commit(); until then NAME.partial, removed on failure
  at_once,        // under its name from the start, for formats that say whether they are complete
};

class OutputFile {
 public:
  // "-" is standard output. Missing directories are created. Throws InputError if the file cannot be created.
  OutputFile(const std::string& path, Appearance appearance);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& path() const { return path_; }
  // The directory of NAME.partial, for temporary files; empty if there is no such file.
  std::filesystem::path directory() const;
  void write(std::string_view text);  // throws InputError if it fails (disk full)
  void flush();
  void commit();  // completes the file; throws InputError if writing failed

 private:
  [[noreturn]] void fail(int error) const;

  std::string path_;
  std::filesystem::path partial_;  // empty: written under its name
  std::FILE* file_ = nullptr;
  bool committed_ = false;
};

}  // namespace tristab
