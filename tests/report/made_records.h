// Records as a result file holds them, with the fields that a test is about, and the groups of such records.
#pragma once

#include <string>
#include <vector>

#include "tristab/base/json.h"
#include "tristab/report/case_groups.h"
#include "tristab/report/cross_table.h"

namespace tristab {

inline Json made_record(const std::string& input, int n, const std::string& method, const std::string& arithmetic) {
  return Json{{"family", input},
              {"family_label", input},
              {"n", n},
              {"method", method},
              {"method_label", method},
              {"arithmetic", arithmetic},
              {"arithmetic_label", arithmetic},
              {"status", "ok"},
              {"fit", "fit"}};
}

// Of a recipe.
inline Json made_kernel_record(const std::string& input, int n, const std::string& label) {
  Json record = made_record(input, n, "mbh", "recipe");
  record["kernel"] = record["method_label"] = label;
  record["method_params"] = Json{{"of", label}};
  return record;
}

class MadeGroups : public CaseGroups {
 public:
  MadeGroups(const std::vector<Json>& records, const std::vector<const Field*>& fields) : CaseGroups(fields) {
    for (const Json& record : records) add("records", record, "r.json: records.");
  }
  MadeGroups(const std::vector<Json>& records, const char* field)
      : MadeGroups(records, std::vector<const Field*>{find_field(field)}) {}
};

// What write_cross_table writes.
inline std::string cross_table_text(const CrossTable& table, TableFormat format) {
  std::string text;
  write_cross_table(table, format, {}, [&](const std::string& part) { text += part; });
  return text;
}

}  // namespace tristab
