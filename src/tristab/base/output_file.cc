#include "tristab/base/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/random.h"

namespace tristab {
namespace {

namespace fs = std::filesystem;

// Names of temporary files, for the handler of signals.
constexpr int most_temporaries = 16;
std::array<std::atomic<const char*>, most_temporaries> temporaries;
static_assert(std::atomic<const char*>::is_always_lock_free, "a signal handler may touch lock-free atomics only");

int register_temporary(const char* name) {
  for (int slot = 0; slot < most_temporaries; ++slot) {
    const char* none = nullptr;
    if (temporaries[static_cast<std::size_t>(slot)].compare_exchange_strong(none, name)) return slot;
  }
  return -1;
}

void forget_temporary(int& slot) {
  if (slot >= 0) temporaries[static_cast<std::size_t>(slot)] = nullptr;
  slot = -1;
}

// Signals that would end the process and leave temporary files. A command that handles one itself keeps its handler.
void listen_for_fatal_signals() {
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGXCPU}) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = end_by_signal;
    sigaction(number, &action, nullptr);
  }
}

// Whether this process has the file alone. Where the file system has no locks of either kind, nobody can tell: the run
// goes on.
bool lock(int file) {
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(file, F_OFD_SETLK, &whole) == 0 || (errno != EAGAIN && errno != EACCES);
}

mode_t mode_of_new_files() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

// By which this process can open the file again; empty where there is no /proc.
std::string name_of_open(int file) {
  std::string name = fmt::format("/proc/self/fd/{}", file);
  return ::access(name.c_str(), F_OK) == 0 ? name : "";
}

bool has_name(int file, const std::string& name) {
  struct stat open {
  }, named{};
  return ::fstat(file, &open) == 0 && ::lstat(name.c_str(), &named) == 0 && named.st_dev == open.st_dev &&
         named.st_ino == open.st_ino;
}

std::vector<KeptJournal>& journals() {
  static std::vector<KeptJournal> all;
  return all;
}

}  // namespace

std::string beside(const fs::path& target, std::string_view ending) {
  constexpr std::size_t longest = 255;
  std::string name = target.filename().string();
  if (name.size() + ending.size() > longest) {  // names that begin alike must not share a journal
    const std::string rest = fmt::format("~{:08x}", hash_text(name) >> 32);
    name = name.substr(0, longest - ending.size() - rest.size()) + rest;
  }
  return (target.parent_path() / name).string() + std::string(ending);
}

std::string journal_of(const std::string& path) { return beside(target_of(path), ".partial"); }

const std::vector<KeptJournal>& kept_journals() { return journals(); }

void end_by_signal(int number) {
  for (const auto& name : temporaries) {
    if (const char* const path = name.load(); path != nullptr) ::unlink(path);
  }
  std::signal(number, SIG_DFL);
  std::raise(number);
}

std::string beginning_of_file(const fs::path& path, std::size_t bytes) {
  std::ifstream stream(path, std::ios::binary);
  std::string text(bytes, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(bytes));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

ReplaceCheck replaces_files_with(std::string beginning) {
  return [beginning = std::move(beginning)](const fs::path& path) {
    return beginning_of_file(path, beginning.size()) == beginning ? "" : "a file that tristab does not write here";
  };
}

ReplaceCheck replaces_no_file() {
  return [](const fs::path&) { return "an older file, in a format that does not say what made it"; };
}

OutputFile::OutputFile(const std::string& path, ReplaceCheck check) : OutputFile(path, std::move(check), {}) {}

OutputFile::OutputFile(const std::string& path, ReplaceCheck check, const JournalCheck& journal)
    : path_(path), check_(std::move(check)) {
  note_output(path);
  try {
    open(journal);
  } catch (...) {
    forget();
    if (file_ != nullptr) std::fclose(file_);
    throw;
  }
}

void OutputFile::open(const JournalCheck& journal) {
  const std::string& path = path_;
  if (path == "-") {
    file_ = stdout;
    return;
  }
  std::error_code error;
  if (fs::is_directory(path, error))
    throw InputError(fmt::format("{}: cannot write: it is a directory; allowed: a file's name", path));
  if (is_written_through(path)) {
    file_ = std::fopen(path.c_str(), "wb");
    if (file_ == nullptr) fail(errno);
    return;
  }
  target_ = target_of(path);
  check_existing(target_);
  error.clear();
  if (target_.has_parent_path()) fs::create_directories(target_.parent_path(), error);
  if (error) fail(error.value());  // opening the file would only report that its directory is missing
  struct stat old {};
  const bool is_there = ::stat(target_.c_str(), &old) == 0;
  if (!is_there && errno != ENOENT) fail(errno);  // a name that can never be given
  mode_ = is_there ? old.st_mode & 07777 : mode_of_new_files();
  journal ? open_journal(journal) : open_temporary();
}

// A file without a name, which even SIGKILL does not leave behind; false where the file system has none.
bool OutputFile::open_nameless() {
  const int file = ::open(directory().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) return false;
  std::string name = name_of_open(file);
  file_ = name.empty() ? nullptr : ::fdopen(file, "wb");
  if (file_ == nullptr) {
    ::close(file);
    return false;
  }
  partial_ = readable_ = std::move(name);
  nameless_ = true;
  return true;
}

// A name is needed to replace a file: linkat cannot.
void OutputFile::give_name() {
  listen_for_fatal_signals();
  for (int k = 0; nameless_; ++k) {
    const std::string name = beside(target_, fmt::format(".partial-{}-{}", ::getpid(), k));
    if (::linkat(AT_FDCWD, partial_.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      partial_ = name;
      nameless_ = false;
    } else if (errno != EEXIST) {
      fail(errno);
    }
  }
  slot_ = register_temporary(partial_.c_str());
}

void OutputFile::open_temporary() {
  if (open_nameless()) return;
  std::string name = beside(target_, ".partial-XXXXXX");
  listen_for_fatal_signals();
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) fail(errno);
  partial_ = readable_ = std::move(name);
  slot_ = register_temporary(partial_.c_str());
  file_ = ::fdopen(file, "wb");
}

void OutputFile::open_journal(const JournalCheck& journal) {
  const std::string name = journal_of(path_);
  if (fs::is_directory(name)) refuse_input(name, "a directory", "nothing, or what an earlier run left");
  note_output(name);
  journal_ = name;
  while (true) {
    const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode_);
    if (file < 0 && errno == ELOOP) refuse_input(name, "a link", "nothing, or what an earlier run left");
    if (file < 0) fail(errno, name);
    file_ = ::fdopen(file, "wb");
    struct stat open {};
    if (::fstat(file, &open) != 0) fail(errno, name);
    if (!S_ISREG(open.st_mode)) refuse_input(name, "no plain file", "nothing, or what an earlier run left");
    if (!lock(file)) {
      throw InputError(fmt::format("{}: another run writes it now (into {}); allowed: another file", path_, name));
    }
    // The run that had the lock may have renamed or removed the file meanwhile.
    if (has_name(file, name)) {
      const OldJournal old = open.st_size == 0 ? OldJournal(0) : journal(name);
      if (!old.aside.empty()) {
        if (std::rename(name.c_str(), old.aside.c_str()) != 0) fail(errno, name);
        std::fclose(file_);
        file_ = nullptr;
        continue;
      }
      const auto kept = static_cast<off_t>(old.bytes);
      if (::ftruncate(file, kept) != 0 || ::lseek(file, kept, SEEK_SET) != kept) fail(errno, name);
      partial_ = readable_ = name;
      if (std::string open_name = name_of_open(file); !open_name.empty()) readable_ = std::move(open_name);
      sync_directory();
      return;
    }
    std::fclose(file_);
    file_ = nullptr;
  }
}

void OutputFile::check_existing(const fs::path& file) const {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return;
  constexpr mode_t writable = 0222;
  if ((status.st_mode & writable) == 0 || ::access(file.c_str(), W_OK) != 0)
    throw InputError(fmt::format("{}: cannot write: the file is write-protected; allowed: another file", path_));
  if (may_replace() || status.st_size == 0) return;
  if (const std::string wrong = check_(file); !wrong.empty())
    refuse(file == target_ ? path_ : file.string(), wrong, "another name, or --force to replace it");
}

OutputFile::~OutputFile() {
  forget();
  if (!committed_) close_unfinished();
}

bool OutputFile::needs_force() const {
  std::error_code absent;
  const auto bytes = fs::file_size(target_, absent);
  if (absent || bytes == 0) return false;
  try {
    return !check_(target_).empty();
  } catch (const std::exception&) {
    return true;  // it cannot be read
  }
}

void OutputFile::close_unfinished() {
  // Somebody may have removed or replaced what grows: its name is then another's. The lock of a journal is still held.
  if (file_ != nullptr && !partial_.empty() && !nameless_ && has_name(fileno(file_), partial_)) {
    if (kept_.empty()) {
      ::unlink(partial_.c_str());
    } else {
      journals().push_back({fmt::format("{} in {}", kept_, partial_), needs_force()});
    }
  }
  forget_temporary(slot_);
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  file_ = nullptr;
}

void OutputFile::fail(int error, const std::string& name) const {
  const char* const allowed = error == ENOSPC || error == EFBIG || error == EDQUOT ? "a file on a disk with room"
                              : error == ENAMETOOLONG                              ? "a shorter name"
                              : error == ELOOP ? "a file, or a link that leads to one"
                                               : "a file in a directory that can be written";
  throw InputError(fmt::format("{}: cannot write: {}; allowed: {}",
                               !name.empty()  ? name
                               : path_ == "-" ? "standard output"
                                              : path_,
                               std::strerror(error), allowed));
}

fs::path OutputFile::directory() const {
  const fs::path parent = target_.parent_path();
  return parent.empty() ? "." : parent;
}

void OutputFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail(errno);
}

void OutputFile::flush() {
  if (std::fflush(file_) != 0) fail(errno);
}

void OutputFile::sync() {
  flush();
  // On some file systems only this says that there is no room. A pipe cannot be synchronised.
  if (::fsync(fileno(file_)) != 0 && errno != EINVAL) fail(errno);
}

void OutputFile::keep(const std::string& what) {
  if (!partial_.empty()) kept_ = what;
}

// A name is on the disk only when its directory is. Errors do not matter: the file is whole with either name.
void OutputFile::sync_directory() const {
  const int parent = ::open(directory().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return;
  ::fsync(parent);
  ::close(parent);
}

// Gives the file its name. Another run may have written that name since the beginning: if this one may not replace it,
// it keeps its own file beside it. Renamed before it is closed, because closing releases the lock of a journal.
void OutputFile::publish() {
  while (true) {
    struct stat old {};
    const bool is_there = ::lstat(target_.c_str(), &old) == 0;
    if (is_there && old.st_size > 0 && !may_replace()) {
      if (const std::string wrong = check_(target_); !wrong.empty()) {
        keep("the result is");
        refuse(path_, wrong, "another name, or --force to replace it");
      }
    }
    const unsigned flags = is_there || may_replace() ? 0 : RENAME_NOREPLACE;
    int error = ::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, target_.c_str(), flags) == 0 ? 0 : errno;
    if (flags != 0 && error == EEXIST) continue;
    if (error == EINVAL || error == ENOSYS)  // a file system without flags
      error = std::rename(partial_.c_str(), target_.c_str()) == 0 ? 0 : errno;
    if (error != 0) fail(error);
    sync_directory();
    return;
  }
}

void OutputFile::discard() {
  kept_.clear();
  close_unfinished();
  partial_.clear();
  committed_ = true;
  forget();
}

void OutputFile::forget() const {
  forget_output(path_);
  if (!journal_.empty()) forget_output(journal_);
}

void OutputFile::prepare() {
  flush();
  if (!partial_.empty()) {
    sync();  // the name must not appear before the contents are on the disk
    if (::fchmod(fileno(file_), mode_) != 0) fail(errno);
    if (nameless_) give_name();
  }
  prepared_ = true;
}

void OutputFile::commit() {
  if (!prepared_) prepare();
  if (!partial_.empty()) {
    publish();
    forget_temporary(slot_);
    partial_.clear();
    kept_.clear();
  }
  committed_ = true;
  std::FILE* const file = file_;
  file_ = nullptr;
  if (file != stdout && std::fclose(file) != 0) fail(errno);
  forget();
}

}  // namespace tristab
