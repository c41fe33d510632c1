// An output: standard output, or a file that never looks complete before it is. Every file that the program writes is
// one of these.
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tristab {

// Says what is wrong with replacing the file `old`, which is there and not empty: "a result of another configuration";
// "" if it may be replaced.
using ReplaceCheck = std::function<std::string(const std::filesystem::path& old)>;

// Lets only a file be replaced that begins in this way.
ReplaceCheck replaces_files_with(std::string beginning);

// For formats that do not say what made a file.
ReplaceCheck replaces_no_file();

// At most so many bytes of the beginning of a file; "" if it cannot be read.
std::string beginning_of_file(const std::filesystem::path& path, std::size_t bytes);

class OutputFile {
 public:
  enum class Growth {
    apart,    // in a temporary file of this process alone, removed on failure
    journal,  // in NAME.partial, which can be read meanwhile and which one process at a time can have
  };

  // "-" is standard output; a link is followed. Missing directories are created. The file appears under its name at
  // commit(). Without --force (file_ledger.h) `check` is asked about a file that is there already, at the beginning and
  // again at commit(). Throws UsageError if the file is an input or may not be replaced, InputError if it cannot be
  // created.
  OutputFile(const std::string& path, ReplaceCheck check, Growth growth = Growth::apart);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& path() const { return path_; }
  // The directory for temporary files beside the output; empty if there is none.
  std::filesystem::path directory() const;
  void write(std::string_view text);  // throws InputError if it fails (disk full)
  void flush();
  void keep();    // what is written is worth reading even if the rest never comes: do not remove it
  void commit();  // completes the file; throws InputError if writing failed

 private:
  [[noreturn]] void fail(int error) const;
  void open(Growth growth);
  void open_temporary();
  void open_journal();
  void check_existing(const std::filesystem::path& file) const;
  void close_unfinished();
  void publish();

  std::string path_;
  ReplaceCheck check_;
  std::filesystem::path target_;  // of links
  std::string partial_;           // empty: written through
  unsigned mode_ = 0;             // of the complete file
  std::FILE* file_ = nullptr;
  int slot_ = -1;  // of the temporaries that a signal removes
  bool kept_ = false, committed_ = false;
};

// Journals that their processes left unfinished, so far.
const std::vector<std::string>& kept_journals();

// Removes temporary files and ends the process by a signal; may be called in a handler.
void end_by_signal(int number);

}  // namespace tristab
