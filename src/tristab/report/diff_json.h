// The whole difference of two results as JSON, "tristab-diff/1" (results/README.md).
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "tristab/report/diff_threshold.h"

namespace tristab {

inline constexpr const char* diff_schema = "tristab-diff/1";
inline constexpr const char* diff_json_beginning = "{\n\"schema\": \"tristab-diff/1\"";

// The cases of a difference, kept while it is found (CaseVisitor): each is a line of JSON.
class DiffCases {
 public:
  CaseVisitor visitor();

 private:
  friend void write_diff_json(const ResultDiff&, const std::vector<Violation>&, const DiffCases&,
                              const std::function<void(std::string_view)>&);
  SpooledText lines_;
};

void write_diff_json(const ResultDiff& diff, const std::vector<Violation>& found, const DiffCases& cases,
                     const std::function<void(std::string_view)>& write);

}  // namespace tristab
