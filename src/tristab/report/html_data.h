// The data of an HTML report: the groups of a result in columns of shortened numbers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tristab/report/case_groups.h"
#include "tristab/report/object_stream.h"

namespace tristab {

class HtmlData {
 public:
  HtmlData();

  // One object of any section but "summary".
  void add(const std::string& section, const Json& object, const std::string& place);

  // How much of a result a page holds. What is left out is evenly chosen, and the page says how much there was.
  struct Limits {
    std::size_t cases = 0;   // points of scatter plots
    std::size_t groups = 0;  // settings on inputs: beyond them inputs are left out
  };

  // JSON. Statistics have four significant digits, single cases three.
  std::string text(const ResultHead& head, const Limits& limits) const;

  const CaseGroups& groups() const { return groups_; }

 private:
  // The layers of one setting on one input.
  struct LayerGroup : TrialCounts {
    std::size_t input = 0, setting = 0;
    int n = 0;
    double worst_o = nan;                                    // infinite if a sequence is not finite
    std::map<int, std::vector<std::vector<double>>> errors;  // by the number of chunks, then by layer_parts()
  };

  CaseGroups groups_;
  std::vector<std::size_t> errors_;  // positions of the fields that are drawn for every case

  std::vector<LayerGroup> layers_;
  std::map<std::string, std::size_t> layer_at_;
  std::vector<JsonValue> expectations_, classes_;

  // What is on the page. Numbers there are positions among what is shown.
  struct Shown {
    std::vector<std::size_t> inputs, matrices;
    std::vector<const CaseGroup*> groups;
    std::vector<std::uint32_t> input_at, matrix_at;  // of each input and matrix: its number on the page, or none
    static constexpr std::uint32_t none = static_cast<std::uint32_t>(-1);
  };

  void add_layer(const Json& object, const std::string& place);
  Shown shown(std::size_t most_groups) const;
  std::string layers_text(const Shown& shown) const;
  std::string groups_text(const Shown& shown) const;
  std::string cases_text(const Shown& shown, std::size_t most_cases) const;
  std::string matrices_text(const Shown& shown) const;
};

}  // namespace tristab
