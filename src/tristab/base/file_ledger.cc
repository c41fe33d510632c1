#include "tristab/base/file_ledger.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <mutex>
#include <vector>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

namespace fs = std::filesystem;

struct Output {
  std::string path, option;

  std::string place() const { return option.empty() ? path : fmt::format("{} {}", option, path); }
};

struct Ledger {
  std::mutex mutex;
  std::vector<std::string> inputs;
  std::vector<Output> outputs;
};

Ledger& ledger() {
  static Ledger all;
  return all;
}

std::atomic<bool> replacing{false};

bool found(const std::string& path, int standard_stream, struct stat& status) {
  return (path == "-" ? ::fstat(standard_stream, &status) : ::stat(path.c_str(), &status)) == 0;
}

// Some file systems ignore case, which shows only when a file is there.
std::string spelling(const std::string& path) {
  std::error_code error;
  const fs::path target = target_of(path), whole = fs::weakly_canonical(fs::absolute(target, error), error);
  std::string text = (error ? target : whole).string();
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool same_file(const std::string& a, int stream_of_a, const std::string& b, int stream_of_b) {
  struct stat of_a {
  }, of_b{};
  const bool has_a = found(a, stream_of_a, of_a), has_b = found(b, stream_of_b, of_b);
  if (has_a && has_b) return S_ISREG(of_a.st_mode) && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
  return !has_a && !has_b && a != "-" && b != "-" && spelling(a) == spelling(b);
}

void compare(const std::string& input, const Output& output) {
  if (!same_file(input, STDIN_FILENO, output.path, STDOUT_FILENO)) return;
  refuse(output.place(),
         fmt::format("{}, which the command reads", input == "-" ? "the file of standard input" : input),
         "another file");
}

}  // namespace

void note_input(const std::string& path) {
  Ledger& all = ledger();
  const std::lock_guard lock(all.mutex);
  for (const Output& output : all.outputs) compare(path, output);
  if (std::ranges::find(all.inputs, path) == all.inputs.end()) all.inputs.push_back(path);
}

void note_output(const std::string& path, const std::string& option) {
  Ledger& all = ledger();
  const std::lock_guard lock(all.mutex);
  Output output{path, option};
  for (const Output& other : all.outputs) {
    if (option.empty() && other.path == path) output.option = other.option;
  }
  for (const std::string& input : all.inputs) compare(input, output);
  for (const Output& other : all.outputs) {
    if (other.path == output.path && other.option == output.option) return;
    if (same_file(other.path, STDOUT_FILENO, path, STDOUT_FILENO))
      refuse(output.place(), fmt::format("the file of {}", other.place()), "a file for each output");
  }
  all.outputs.push_back(std::move(output));
}

void forget_output(const std::string& path) {
  Ledger& all = ledger();
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.outputs, [&](const Output& output) { return output.path == path; });
}

void allow_replacing() { replacing = true; }
bool may_replace() { return replacing; }

fs::path target_of(const fs::path& path) {
  std::error_code error;
  fs::path target = path;
  constexpr int most_links = 40;
  for (int k = 0; k < most_links && fs::is_symlink(target, error); ++k) {
    const fs::path next = fs::read_symlink(target, error);
    if (error) break;
    target = target.parent_path() / next;  // an absolute path replaces all
  }
  return target;
}

bool is_written_through(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return false;
  if (!fs::is_regular_file(path, ignored)) return true;
  // /dev/stdout and /proc/self/fd/1 are links to whatever is open, even if that is a plain file.
  const std::string text = fs::absolute(path, ignored).lexically_normal().string();
  return fs::is_symlink(path, ignored) && (text.starts_with("/dev/") || text.starts_with("/proc/"));
}

bool names_standard_output(const std::string& path) {
  if (path == "-") return true;
  struct stat named {
  }, open{}, null{};
  if (!is_written_through(path) || ::stat(path.c_str(), &named) != 0 || ::fstat(STDOUT_FILENO, &open) != 0)
    return false;
  if (::stat("/dev/null", &null) == 0 && null.st_ino == named.st_ino && null.st_dev == named.st_dev) return false;
  return named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

}  // namespace tristab
