// Reads result files: the records, with the fields that rankings need. Unknown fields are ignored, missing
// ones are empty.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "tristab/base/parameters.h"

namespace tristab {

struct ResultRecord {
  std::string family, family_label, family_key;  // key: canonical text of family and all parameters
  int n = 0;
  std::string matrix;
  std::string method, method_label, arithmetic, arithmetic_label;
  std::string setting_key;  // canonical text of method, kernel, arithmetic and all parameters
  std::string status, verdict;
  double frobenius = std::numeric_limits<double>::quiet_NaN();  // NaN: null
  double total_frobenius = std::numeric_limits<double>::quiet_NaN();
  double matmuls = 0, depth = 0, vector_depth = 0;
};

struct ResultFile {
  bool complete = false;
  std::int64_t expected_cases = 0;  // 0: the file does not say
  std::vector<ResultRecord> records;
};

// Makes a record of a JSON object.
ResultRecord result_record(const Json& object);

// JSON or NDJSON, told by the contents; "-" is standard input. An NDJSON file without its end line is not
// complete; a last line that breaks off is left out then. Throws InputError when the file cannot be read or
// is no result.
ResultFile read_results(const std::string& path);

}  // namespace tristab
