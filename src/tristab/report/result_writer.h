// Writers of result files: one for each format, all from the same columns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tristab/base/output_file.h"
#include "tristab/base/parameters.h"
#include "tristab/sweep/run.h"

namespace tristab {

enum class ResultFormat { json, ndjson, csv };

// From --format (empty: from the extension of the path; JSON for standard output). Throws UsageError naming
// the option, what was found and what is allowed.
ResultFormat result_format_of(const std::string& format, const std::string& path);
const char* extension_of(ResultFormat format);  // "json"

// What is known of a run before it starts.
struct RunHeader {
  std::vector<std::string> command;
  std::string started;  // UTC
  JsonValue config;
  std::uint64_t seed = 0;
  std::int64_t cases = 0;  // of the run, or of its shard
  std::optional<Shard> shard = {};
  const Plan* plan = nullptr;  // given, the run keeps a journal; it outlives the writer
  bool resume = false;         // goes on with the journal of an earlier run, if there is one
};

// {"index": 2, "count": 8}
std::string shard_text(const Shard& shard);

// The `run` object of a finished run.
std::string run_text(const RunHeader& header, const SweepReport& report);

// Lets only a result of the same configuration and shard be replaced.
ReplaceCheck replaces_result_of(const RunHeader& header);

// Opens `path` ("-": standard output) at once. A result appears under its name when finish() has written all of it.
// Before that, finished matrices are in the journal `path`.partial (result_journal.h), which stays if the run ends
// before. The last line of NDJSON is {"type": "end", "complete": true, ...}. Throws UsageError if a file may not be
// replaced, InputError when writing fails.
std::unique_ptr<ResultSink> make_result_writer(ResultFormat format, const std::string& path, const RunHeader& header);

// The writers of the single formats.
std::unique_ptr<ResultSink> make_json_writer(const std::string& path, const RunHeader& header);
std::unique_ptr<ResultSink> make_ndjson_writer(const std::string& path, const RunHeader& header);
std::unique_ptr<ResultSink> make_csv_writer(const std::string& path, const RunHeader& header);

}  // namespace tristab
