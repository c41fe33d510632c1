// What a comparison of two results keeps of each: hashes of its records and of its layers, and the statistics of its
// groups. What the records hold stands in a temporary file, so that memory grows by some bytes for each record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tristab/base/json_value.h"
#include "tristab/base/spool.h"
#include "tristab/report/case_groups.h"
#include "tristab/report/object_stream.h"

namespace tristab {

// A record, or a layer.
struct ComparedCase {
  std::uint64_t id = 0;       // hash of its id
  std::uint64_t place = 0;    // hash of input, setting, size and trial, by their labels
  std::uint64_t content = 0;  // hash of every field that does not name it
  std::uint64_t offset = 0;   // of its text
  std::uint32_t id_bytes = 0, content_bytes = 0, group = 0;
  std::int32_t trial = 0;
};

struct ComparedSection {
  CaseGroups groups;
  std::vector<ComparedCase> cases;
};

class ComparedResult {
 public:
  // Reads the result; groups of records collect `fields`, those of layers compared_layer_fields(). Throws as
  // visit_result does.
  ComparedResult(const std::string& path, const std::vector<const Field*>& fields);

  const std::string& name() const { return name_; }
  const ResultHead& head() const { return head_; }
  const ComparedSection& section(bool layers) const { return layers ? layers_ : records_; }

  std::string id_of(const ComparedCase& found) const;  // its id, or its place in words
  Json content_of(const ComparedCase& found) const;    // the fields that do not name it

 private:
  void add(ComparedSection& section, const Json& object, const std::string& place);

  std::string name_;
  ResultHead head_;
  ComparedSection records_, layers_;
  std::string stages_;  // JSON of the next record's stages, with commas between them
  Spool spool_;
};

// The relative errors of a layer, as fields of its object: w, u, o, state.
const std::vector<const Field*>& compared_layer_fields();
inline constexpr const char* shown_layer_field = "o";  // tables show it, and order layers by it

}  // namespace tristab
