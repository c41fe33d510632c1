// The data of an HTML report: the groups of a result in columns of shortened numbers.
#pragma once

#include <string>

#include "tristab/report/result_groups.h"

namespace tristab {

// What the page needs of the layers of a result: by situation, setting and number of chunks, medians over sequences and
// heads.
class HtmlData {
 public:
  // One object of any section but "summary".
  void add(const std::string& section, const Json& object, const std::string& place);

  // JSON for a <script> element: '<' is escaped. Statistics have four significant digits, single cases three; at most
  // `most_cases` cases are kept for scatter plots, evenly chosen, and the text says how many there were.
  std::string text(const ResultHead& head, std::size_t most_cases) const;

  const ResultGroups& groups() const { return groups_; }

 private:
  struct LayerGroup {
    std::size_t input = 0, setting = 0;
    int n = 0;
    int sequences = 0, nonfinite = 0;
    std::map<int, std::vector<double>> w, u, o, state;  // by the number of chunks
  };

  ResultGroups groups_;
  std::vector<LayerGroup> layers_;
  std::map<std::string, std::size_t> layer_at_;
  std::vector<Json> expectations_, classes_;

  void add_layer(const Json& object, const std::string& place);
  std::string layers_text() const;
  std::string groups_text() const;
  std::string cases_text(std::size_t most_cases) const;
  std::string matrices_text() const;
};

}  // namespace tristab
