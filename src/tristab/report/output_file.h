// Where output goes: standard output, or a file that never looks complete before it is.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace tristab {

enum class Appearance {
  when_complete,  // under its name only after commit(); until then NAME.partial, removed on failure
  at_once,        // under its name from the start, for formats that say by themselves whether they are complete
};

class OutputFile {
 public:
  // "-" is standard output. Missing directories are made. Throws InputError when the file cannot be created.
  OutputFile(const std::string& path, Appearance appearance);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& path() const { return path_; }
  // Where the file stands, for what is kept beside it; empty for standard output and for devices.
  std::filesystem::path directory() const;
  void write(std::string_view text);  // throws InputError when it fails (disk full)
  void flush();
  void commit();  // everything has been written; throws InputError when it has not arrived

 private:
  [[noreturn]] void fail(int error) const;

  std::string path_;
  std::filesystem::path partial_;  // empty: written under its name
  std::FILE* file_ = nullptr;
  bool committed_ = false;
};

}  // namespace tristab
