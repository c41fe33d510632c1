// Reads result files: the records, with the fields that rankings need. Unknown fields are ignored. A record
// must name its family, size, method, arithmetic and status; labels, parameters and metrics may be missing or
// null.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "tristab/base/parameters.h"

namespace tristab {

struct ResultRecord {
  std::string scenario;                          // "" in a plain sweep
  std::string family, family_label, family_key;  // key: canonical text of family and all parameters
  int n = 0;
  std::string matrix;
  std::string method, method_label, arithmetic, arithmetic_label;
  std::string kernel;       // label of the recipe; empty: a method in one arithmetic
  std::string setting_key;  // canonical text of method, kernel, arithmetic and all parameters
  std::string status, verdict;
  double frobenius = std::numeric_limits<double>::quiet_NaN();  // NaN: null
  double total_frobenius = std::numeric_limits<double>::quiet_NaN();
  double matmuls = std::numeric_limits<double>::quiet_NaN();
  double depth = std::numeric_limits<double>::quiet_NaN();
  double vector_depth = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> metrics;  // those asked for; NaN: null, infinite where `undefined` says so
};

struct ResultFile {
  bool complete = false;
  bool says_whether_complete = false;
  std::int64_t expected_cases = 0;  // 0: the file does not say
  std::vector<ResultRecord> records;
};

// Makes a record of a JSON object, with the values of `metrics`. `place` is what stands before a field's name in
// messages ("r.json: records[3]."). Throws InputError when a field is missing or of the wrong type.
ResultRecord result_record(const Json& object, const std::string& place,
                           const std::vector<std::string>& metrics = {});

// JSON or NDJSON, told by the contents; "-" is standard input. A file with another number of records than it
// promises is not complete, nor is an NDJSON file without its end line; a last line that breaks off is left out
// then. Throws InputError when the file cannot be read or
// is no result.
ResultFile read_results(const std::string& path, const std::vector<std::string>& metrics = {});

}  // namespace tristab
