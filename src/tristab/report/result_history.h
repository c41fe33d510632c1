// The kept results of a directory in the order of their runs, and one number of every setting in each of them.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tristab/report/case_groups.h"
#include "tristab/report/head_changes.h"

namespace tristab {

struct KeptResult {
  std::string file;  // its name in the directory
  ResultHead head;
  std::vector<HeadChange> changes{};  // since the result before

  std::string started() const;  // "": the file does not say
  std::string version() const;
  std::string commit() const;
};

// A setting on an input at one size, by their labels: over all results the same line.
struct HistoryLine {
  std::size_t input = 0, setting = 0;  // positions in ResultHistory
  int n = 0;
};

struct HistoryPoint {
  std::size_t result = 0, line = 0;
  TrialCounts trials;
  Distribution number;
  std::uint64_t values = 0;  // hash of the number of every trial
  // Since the line's point before; results are exact, so any difference counts.
  const HistoryPoint* before = nullptr;  // null: it is the first
};

class ResultHistory {
 public:
  // Reads every result (.json, .ndjson) of the directory. Files that are none are skipped; `page` is passed over.
  // Throws InputError where the directory cannot be read or has no result.
  ResultHistory(const std::string& directory, const Field& field, const std::string& page = "");

  const Field& field() const { return *field_; }
  const std::vector<KeptResult>& results() const { return results_; }  // by start of the run, then by file name
  const std::deque<CaseInput>& inputs() const { return inputs_; }
  const std::vector<CaseSetting>& settings() const { return settings_; }
  const std::vector<HistoryLine>& lines() const { return lines_; }
  const std::vector<HistoryPoint>& points() const { return points_; }   // by result
  const std::vector<std::string>& skipped() const { return skipped_; }  // names of files that are no results
  const std::vector<std::string>& refused() const { return refused_; }  // why a .json or .ndjson file is none

 private:
  void read(const std::string& path, const std::string& name);
  std::size_t line_at(const CaseInput& input, const CaseSetting& setting, int n);
  void put_in_order();

  const Field* field_;
  std::vector<KeptResult> results_;
  std::deque<CaseInput> inputs_;
  std::vector<CaseSetting> settings_;
  std::vector<HistoryLine> lines_;
  std::vector<HistoryPoint> points_;
  std::vector<std::string> skipped_, refused_;
  std::map<std::string, std::size_t> input_at_, setting_at_, line_at_;
};

}  // namespace tristab
