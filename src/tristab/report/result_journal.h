// The journal of a run: FILE.partial, a growing result in NDJSON, whatever the format of FILE. It has every unit that
// is finished, so a run that was stopped goes on from there.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tristab/base/output_file.h"
#include "tristab/base/spool.h"
#include "tristab/report/kept_results.h"
#include "tristab/report/result_writer.h"

namespace tristab {

// The first line of NDJSON.
std::string header_line(const RunHeader& header);

// Whether the result at `path` has a journal beside it: devices and pipes have none, nor runs without a plan.
bool has_journal(const std::string& path, const RunHeader& header);

class ResultJournal {
 public:
  // Opens the journal of the result at `path`, which one process at a time can have. `replaces` is asked about the
  // result that is there. Throws UsageError if a journal is there and may not be continued or replaced, InputError if
  // another process has it. Without has_journal, the lines are kept in a temporary file that no later run goes on with.
  ResultJournal(const std::string& path, const RunHeader& header, ReplaceCheck replaces);

  KeptResults* kept() { return kept_.get(); }  // what an earlier run left; null: nothing

  // The lines of the next unit, with `type`. What is kept is there already.
  void append(const std::string& lines, std::size_t records);

  // Of each line of the units that has this type, in order, what follows the type: the object without its first brace.
  void for_each(const std::string& type, const std::function<void(std::string_view rest)>& visit);
  // Each line of the units as it was appended.
  void for_each(const std::function<void(std::string_view line)>& visit);

  void discard();  // the result is complete

 private:
  // What of an older journal stands for whole units.
  struct Found {
    std::uint64_t bytes = 0;
    std::size_t units = 0;
    std::int64_t records = 0;
  };
  static Found whole_units(const std::filesystem::path& journal, const RunHeader& header);
  OldJournal check(const std::filesystem::path& journal, const RunHeader& header);
  void keep();

  std::int64_t cases_;
  Found found_;
  std::string aside_;                 // an older journal of this run that it does not go on with; empty: none
  std::unique_ptr<OutputFile> file_;  // null: the lines are spooled
  SpooledText spool_;
  std::unique_ptr<KeptUnits> kept_;
  std::size_t left_ = 0;  // units that are accepted again before new ones
  std::int64_t records_ = 0;
  std::chrono::steady_clock::time_point synced_;
};

}  // namespace tristab
