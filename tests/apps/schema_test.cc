#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::schema_test {

std::string committed(const char* file) {
  std::ifstream stream(std::filesystem::path(TRISTAB_SOURCE_DIR) / file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Schema, it_prints_the_committed_schemas) {
  const Workplace place;
  const std::pair<const char*, const char*> schemas[] = {{"sweep", "configs/sweep.schema.json"},
                                                         {"kernel", "configs/kernel.schema.json"},
                                                         {"results", "configs/results.schema.json"},
                                                         {"suite", "configs/suite.schema.json"}};
  for (const auto& [name, file] : schemas) {
    const ProgramResult result = place.run(std::string("schema ").append(name));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, committed(file)) << name;
    EXPECT_EQ(Json::parse(result.out)["$schema"], "http://json-schema.org/draft-07/schema#");
  }
}

TEST(Schema, other_names_are_refused_with_the_nearest_one) {
  const Workplace place;
  const ProgramResult wrong = place.run("schema sweeps");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("did you mean 'sweep'?"), std::string::npos) << wrong.err;
  const ProgramResult none = place.run("schema");
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("sweep, results, kernel"), std::string::npos) << none.err;
}

// The line of what is computed: records, matrices and the configuration are the same bytes.
TEST(Schema, a_sweep_that_names_its_schema_gives_the_same_result) {
  const Workplace place;
  const std::string settings = R"("families": ["ones", "gdn"], "methods": ["mbh"], "arithmetics": ["fp16"],
    "chunks": 16, "trials": 2})";
  place.write("a.json", std::string("{\"name\": \"a\", ").append(settings));
  place.write("b.json", std::string("{\"$schema\": \"sweep.schema.json\", \"name\": \"a\", ").append(settings));
  for (const char* name : {"a", "b"}) {
    const ProgramResult result =
        place.run(std::string("sweep ").append(name).append(".json -o ").append(name).append(".out.json"));
    ASSERT_EQ(result.status, 0) << result.err;
  }
  const Json plain = Json::parse(place.read("a.out.json")), named = Json::parse(place.read("b.out.json"));
  for (const char* part : {"config", "matrices", "records", "summary"}) EXPECT_EQ(plain[part], named[part]) << part;
}

}  // namespace tristab::schema_test
