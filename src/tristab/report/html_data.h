// The data of an HTML report: the groups of a result in columns of shortened numbers.
#pragma once

#include <string>

#include "tristab/report/case_groups.h"
#include "tristab/report/object_stream.h"

namespace tristab {

class HtmlData {
 public:
  HtmlData();

  // One object of any section but "summary".
  void add(const std::string& section, const Json& object, const std::string& place);

  // JSON for a <script> element: '<' is escaped. Statistics have four significant digits, single cases three; at most
  // `most_cases` cases are kept for scatter plots, evenly chosen, and the text says how many there were.
  std::string text(const ResultHead& head, std::size_t most_cases) const;

  const CaseGroups& groups() const { return groups_; }

 private:
  // The layers of one setting on one input.
  struct LayerGroup {
    std::size_t input = 0, setting = 0;
    int n = 0;
    int sequences = 0, fit = 0, unfit = 0, nonfinite = 0, failed = 0;
    double worst_o = nan;                                    // infinite if a sequence is not finite
    std::map<int, std::vector<std::vector<double>>> errors;  // by the number of chunks, then by layer_parts()
  };

  CaseGroups groups_;
  std::vector<std::size_t> errors_;  // positions of the fields that are drawn for every case

  std::vector<LayerGroup> layers_;
  std::map<std::string, std::size_t> layer_at_;
  std::vector<JsonValue> expectations_, classes_;

  void add_layer(const Json& object, const std::string& place);
  std::string layers_text() const;
  std::string groups_text() const;
  std::string cases_text(std::size_t most_cases) const;
  std::string matrices_text() const;
};

}  // namespace tristab
