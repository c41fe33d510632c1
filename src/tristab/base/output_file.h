// An output: standard output, or a file that never looks complete before it is. Every file that the program writes is
// one of these.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
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

// What becomes of a journal that an earlier run left: so many bytes are kept, 0 to begin anew; or it gets another name,
// and a new one begins.
struct OldJournal {
  OldJournal(std::uint64_t kept_bytes) : bytes(kept_bytes) {}
  explicit OldJournal(std::string name) : aside(std::move(name)) {}
  std::uint64_t bytes = 0;
  std::string aside;
};
// Asked while no other process can have the journal. Throws if it must stay as it is.
using JournalCheck = std::function<OldJournal(const std::filesystem::path& journal)>;

class OutputFile {
 public:
  // "-" is standard output; a link is followed. Missing directories are created. The file grows in a temporary file of
  // this process alone, which is removed on failure, and appears under its name at commit(). Without --force
  // (file_ledger.h) `check` is asked about a file that is there already, at the beginning and again at commit(). Throws
  // UsageError if the file is an input or may not be replaced, InputError if it cannot be created.
  OutputFile(const std::string& path, ReplaceCheck check);
  // The same, but the file grows in a journal, NAME.partial, which can be read meanwhile, which one process at a time
  // can have, and which continues what an earlier run left of it.
  OutputFile(const std::string& path, ReplaceCheck check, const JournalCheck& journal);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& path() const { return path_; }
  void write(std::string_view text);  // throws InputError if it fails (disk full)
  void flush();
  void sync();  // what is written so far is on the disk; throws InputError if it cannot be
  // What is written is worth keeping even if the rest never comes: do not remove it. `what` says so in messages.
  void keep(const std::string& what);
  // Completes the file; throws InputError if writing failed. After prepare() only a rename is left to do, which needs
  // no room on the disk: of several files that belong together, all are prepared before the first one is committed.
  void prepare();
  void commit();
  void discard();  // the file is not needed any more: it never appears
  // A name of the file that grows, by which this process can read it, whatever happens to its own name meanwhile; empty
  // if there is none.
  const std::string& readable() const { return readable_; }
  // Its own name, for messages.
  const std::string& partial() const { return partial_; }

 private:
  std::filesystem::path directory() const;
  [[noreturn]] void fail(int error, const std::string& name = "") const;  // of the file, or of its journal
  void open(const JournalCheck& journal);
  void open_temporary();
  bool open_nameless();
  void give_name();
  void open_journal(const JournalCheck& journal);
  void check_existing(const std::filesystem::path& file) const;
  void close_unfinished();
  bool needs_force() const;
  void sync_directory() const;
  void forget() const;
  void publish();

  std::string path_;
  ReplaceCheck check_;
  std::filesystem::path target_;  // of links
  std::string partial_;           // empty: written through
  std::string readable_;
  std::string journal_;  // its name; empty: none
  unsigned mode_ = 0;    // of the complete file
  std::FILE* file_ = nullptr;
  bool nameless_ = false;  // disappears with the process
  int slot_ = -1;          // of the temporaries that a signal removes
  std::string kept_;       // what a journal holds; empty: nothing worth keeping
  bool prepared_ = false, committed_ = false;
};

// The target's name with this ending, cut so that the file system takes it.
std::string beside(const std::filesystem::path& target, std::string_view ending);

// The name of the journal of a file.
std::string journal_of(const std::string& path);

struct KeptJournal {
  std::string text;       // what it holds, and where: "12 of 40 cases are kept in r.json.partial"
  bool replaces = false;  // a file is under the final name that only --force replaces
};
// Of the unfinished files of this process.
const std::vector<KeptJournal>& kept_journals();

// Removes temporary files and ends the process by a signal; may be called in a handler.
void end_by_signal(int number);

}  // namespace tristab
