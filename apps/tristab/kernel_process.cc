#include "kernel_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <thread>

#include "tristab/base/errors.h"
#include "tristab/report/text_layout.h"

namespace tristab {
namespace {

constexpr int cannot_start = 127;  // as shells say it

std::string replaced(std::string word, const std::string& name, const std::string& value) {
  for (std::size_t at = word.find(name); at != std::string::npos; at = word.find(name, at + value.size()))
    word.replace(at, name.size(), value);
  return word;
}

// The end of what the kernel printed, for a message.
std::string last_words(const std::filesystem::path& log) {
  std::ifstream file(log, std::ios::binary);
  file.seekg(0, std::ios::end);
  const std::streamoff size = file.tellg(), from = std::max<std::streamoff>(0, size - 600);
  file.seekg(from);
  std::string text(static_cast<std::size_t>(size - from), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.empty() ? std::string("it printed nothing")
                      : fmt::format("it printed: {}", in_one_line(without_controls(text)));
}

// In the new process: never returns.
[[noreturn]] void become(const std::vector<char*>& arguments, const char* log, const KernelLimits& limits) {
  std::signal(SIGXFSZ, SIG_DFL);  // main ignores it
  setpgid(0, 0);
  const rlim_t bytes = static_cast<rlim_t>(limits.mebibytes) << 20;
  const rlimit file{bytes, bytes};
  setrlimit(RLIMIT_FSIZE, &file);
  const int nothing = open("/dev/null", O_RDONLY);
  const int printed = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(nothing, STDIN_FILENO);
  dup2(printed, STDOUT_FILENO);
  dup2(printed, STDERR_FILENO);
  execvp(arguments.front(), arguments.data());
  _exit(cannot_start);
}

std::set<pid_t> children_of_this_process() {
  std::set<pid_t> children;
  std::error_code ignored;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::ifstream list(thread.path() / "children");
    for (pid_t child = 0; list >> child;) children.insert(child);
  }
  return children;
}

// While one lives, a process whose parent ends becomes a child of this process, also if it has a session of its own.
class Subreaper {
 public:
  Subreaper() : before_(children_of_this_process()) { prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~Subreaper() {
    // Each that ends may leave children of its own.
    for (bool ended = true; ended;) {
      ended = false;
      for (const pid_t child : children_of_this_process()) {
        if (!before_.contains(child) && kill(child, SIGKILL) == 0) ended |= waitpid(child, nullptr, 0) == child;
      }
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
  }
  Subreaper(const Subreaper&) = delete;
  Subreaper& operator=(const Subreaper&) = delete;

 private:
  std::set<pid_t> before_;  // a shell that became this process may have left some
};

}  // namespace

std::vector<std::string> words_of_command(const std::string& command, const std::string& option) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;  // a word, which may be empty between quotes
  char quote = 0;
  for (std::size_t k = 0; k < command.size(); ++k) {
    const char c = command[k];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else if (const char next = k + 1 < command.size() ? command[k + 1] : '\0';
                 quote == '"' && c == '\\' && (next == '"' || next == '\\')) {
        word += next;
        ++k;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      inside = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (inside) words.push_back(word);
      word.clear();
      inside = false;
    } else {
      word += c;
      inside = true;
    }
  }
  if (quote != 0) refuse(option, fmt::format("a {} that does not end in '{}'", quote, command), "closed quotes");
  if (inside) words.push_back(word);
  const auto has = [&](const char* name) {
    return std::ranges::any_of(words, [&](const std::string& each) { return each.find(name) != std::string::npos; });
  };
  if (words.empty() || !has("{input}") || !has("{output}"))
    refuse(option, words.empty() ? "an empty command" : fmt::format("'{}'", command),
           "a program with {input} and {output}, such as 'python3 kernel.py {input} {output}'");
  return words;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "tristab-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw InputError(fmt::format("{}: cannot create a directory: {}", name, std::strerror(errno)));
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path run_kernel(const std::vector<std::string>& words, const std::filesystem::path& input,
                                 const std::filesystem::path& output, const KernelLimits& limits,
                                 const std::atomic<bool>& stop) {
  std::vector<std::string> filled;
  for (const std::string& word : words)
    filled.push_back(replaced(replaced(word, "{input}", input.string()), "{output}", output.string()));
  std::vector<char*> arguments;
  for (std::string& word : filled) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::filesystem::path log = output.parent_path() / "printed.txt";
  const std::string log_name = log.string();
  const Subreaper subreaper;
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw InputError(fmt::format("--command: cannot start a process: {}", std::strerror(errno)));
  if (child == 0) become(arguments, log_name.c_str(), limits);
  setpgid(child, child);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(limits.seconds);
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const bool late = std::chrono::steady_clock::now() > deadline;
    if (late || stop) {
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
      if (stop) throw Stopped{};
      throw InputError(fmt::format("--command: {} ran longer than {} s (--timeout); {}", filled.front(), limits.seconds,
                                   last_words(log)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill(-child, SIGKILL);  // what it left behind
  if (WIFEXITED(status) && WEXITSTATUS(status) == cannot_start)
    throw InputError(
        fmt::format("--command: {} cannot be started, or what it starts; {}", filled.front(), last_words(log)));
  if (WIFSIGNALED(status))
    throw InputError(fmt::format(
        "--command: {} was ended by signal {} ({}){}; {}", filled.front(), WTERMSIG(status),
        strsignal(WTERMSIG(status)),
        WTERMSIG(status) == SIGXFSZ ? fmt::format(": a file of more than {} MiB", limits.mebibytes) : std::string(),
        last_words(log)));
  if (WEXITSTATUS(status) != 0)
    throw InputError(
        fmt::format("--command: {} ended with status {}; {}", filled.front(), WEXITSTATUS(status), last_words(log)));
  for (const char* end : {"", ".npy", ".npz", ".safetensors"}) {
    std::filesystem::path written = output;
    written += end;
    if (std::filesystem::is_regular_file(written)) return written;
  }
  throw InputError(fmt::format("--command: {} ended with status 0 and wrote no {}; {}", filled.front(), output.string(),
                               last_words(log)));
}

}  // namespace tristab
