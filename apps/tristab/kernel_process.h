// Runs somebody's kernel: a program that reads one file and writes another.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tristab {

// The words of a command as a shell would split them: at spaces, except inside '...' and "...". Inside "..." a
// backslash before a double quote or a backslash is left out; nothing else is special. Throws UsageError naming
// `option` for a quote that does not end, for no words and where {input} or {output} is missing.
std::vector<std::string> words_of_command(const std::string& command, const std::string& option);

// A directory of its own for the files of a kernel, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();  // throws InputError if it cannot be created
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct KernelLimits {
  std::int64_t seconds = 60;      // of wall time
  std::int64_t mebibytes = 1024;  // of each file that it writes
};

// Runs the words, with {input} and {output} replaced, without a shell, in a process group of its own that reads
// nothing. What it started and left running is ended with it. Returns the file that it wrote: `output`, or that with
// .npy, .npz or .safetensors behind it. Throws InputError if it cannot be started, ends with another status than 0,
// takes too long or writes no such file, with the last lines of what it printed; Stopped if `stop` becomes true.
std::filesystem::path run_kernel(const std::vector<std::string>& words, const std::filesystem::path& input,
                                 const std::filesystem::path& output, const KernelLimits& limits,
                                 const std::atomic<bool>& stop);

}  // namespace tristab
