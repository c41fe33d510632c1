// Reads the objects of a result file, JSON or NDJSON, complete or not, one after the other; the file is never in
// memory as a whole. Fields of other versions are kept. case_groups.h groups the records. Sections and fields:
// configs/results.schema.json.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tristab/base/parameters.h"

namespace tristab {

// What a file says about itself. Null objects and empty texts: the file does not say.
struct ResultHead {
  std::string schema;
  JsonValue tool, run, config;
  std::int64_t expected_cases = 0;  // 0: the file does not say
  std::int64_t records = 0;         // in the file
  bool complete = false;            // the file says so, and has all records that it promises
  bool says_whether_complete = false;
  bool lines = false;  // NDJSON
  std::string shards;  // "shard 2/8", if the file has only some shards of a sweep; then it is not complete
};

// The sections that hold lists of objects: "matrices", "records", "layers", "summary", "classes", "expectations".
const std::vector<std::string>& result_sections();

// The sections, and "stages": an object for each stage of each record, with the record's `case`.
const std::vector<std::string>& result_tables();

// `section` is one of result_tables(); `place` stands before a field's name in messages ("r.json: records[3].").
// The list `stages` of a record, by far its largest field, is left out of records.
using ObjectVisitor = std::function<void(const std::string& section, const Json& object, const std::string& place)>;

// Calls `visit` for each object of `sections`, which are some of result_tables(), in the order of the file; "-" is
// standard input. An incomplete last line of NDJSON is left out. NDJSON files that were joined into one are read as one
// result, without `run`. It is complete if each part says so and it has as many records as the parts promise together.
// Throws InputError if the file cannot be read, is not a result, or has another schema version.
ResultHead visit_result(const std::string& path, const std::vector<std::string>& sections, const ObjectVisitor& visit);

// A field of an object, with fallbacks for files that lack it. Throws InputError, naming the place, for another type.
std::string text_field(const Json& object, const std::string& place, const char* name);  // "": absent or null
double number_field(const Json& object, const std::string& place, const char* name);     // NaN: absent or null

}  // namespace tristab
