// What stands at the beginning of a result, read without the rest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "tristab/base/parameters.h"
#include "tristab/sweep/shard.h"

namespace tristab {

struct ResultBeginning {
  JsonValue tool, config;             // null: the file does not say
  std::optional<Shard> shard;         // none: a whole sweep
  std::optional<std::int64_t> cases;  // of the run
  bool complete = false;              // a JSON result says so; NDJSON says it in its last line
  bool lines = false;                 // NDJSON
};

// None if the file is no result of tristab, in JSON or NDJSON.
std::optional<ResultBeginning> result_beginning(const std::filesystem::path& path);

// Whether all is there: NDJSON says so in its last line, JSON at its beginning, and nothing of it was torn off.
bool is_whole(const std::filesystem::path& path, const ResultBeginning& beginning);

// "seed 1 instead of 2, other families"; "" if they are equal.
std::string config_differences(const Json& there, const Json& here);

// What a shard says of itself; none if `object` is no object, and not valid() if it is another one.
std::optional<Shard> shard_of(const Json& object);

// "shard 2/8", "a whole run"
std::string name_of(const std::optional<Shard>& shard);

// Who made a result: "tristab 1.0.0 (3f2a9c1)", and that of this program.
std::string tool_name(const Json& tool);
std::string tool_name();

}  // namespace tristab
