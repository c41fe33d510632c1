// Layers and formations on the command line.
#include <gtest/gtest.h>

#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::layer_sweep_test {

constexpr const char* config =
    R"({"name": "small", "chunks": [16], "trials": 2, "layer_chunks": 3, "methods": ["mbh"], "arithmetics": ["fp16"],
  "families": [{"family": "gdn", "head_dim": 32}]})";

std::string after_run(const std::string& json) { return json.substr(json.find("\n\"config\"")); }

TEST(LayerSweep, the_option_adds_layers_and_their_table) {
  const Workplace place;
  place.write("c.json", config);
  const ProgramResult without = place.run("sweep c.json -o without.json");
  EXPECT_EQ(without.status, 0) << without.err;
  EXPECT_EQ(without.out, "");
  EXPECT_FALSE(Json::parse(place.read("without.json")).contains("layers"));
  const ProgramResult with = place.run("sweep c.json --layer-outputs -o with.json");
  EXPECT_EQ(with.status, 0) << with.err;
  EXPECT_NE(with.out.find("layer: 2 sequences"), std::string::npos) << with.out;
  EXPECT_NE(with.out.find("mbh fp16"), std::string::npos) << with.out;
  const Json document = Json::parse(place.read("with.json")), plain = Json::parse(place.read("without.json"));
  ASSERT_EQ(document["layers"].size(), 2u);
  EXPECT_EQ(document["layers"][0]["by_chunk"]["chunks"], Json({1, 2, 3}));
  EXPECT_EQ(document["config"]["layer"], true);
  EXPECT_EQ(document["records"], plain["records"]);
  EXPECT_EQ(document["summary"], plain["summary"]);
  // To standard output goes the result alone.
  const ProgramResult piped = place.run("sweep c.json --layer-outputs -o -");
  EXPECT_EQ(piped.status, 0);
  EXPECT_EQ(after_run(piped.out), after_run(place.read("with.json")));
}

TEST(LayerSweep, the_name_of_a_layer_is_not_an_option_of_sweep) {
  const Workplace place;
  place.write("c.json", config);
  const ProgramResult named = place.run("sweep c.json --layer layer6 -o r.json");
  EXPECT_EQ(named.status, 2);
  EXPECT_NE(named.err.find("no option is called '--layer'; did you mean '--layer-outputs'?"), std::string::npos)
      << named.err;
}

TEST(LayerSweep, one_and_two_threads_write_the_same_bytes) {
  const Workplace place;
  place.write("c.json", config);
  EXPECT_EQ(place.run("sweep c.json --layer-outputs --jobs 1 -o one.json").status, 0);
  EXPECT_EQ(place.run("sweep c.json --layer-outputs --jobs 2 -o two.json").status, 0);
  EXPECT_EQ(after_run(place.read("one.json")), after_run(place.read("two.json")));
}

TEST(LayerSweep, csv_and_matrices_as_such_are_refused) {
  const Workplace place;
  place.write("c.json", config);
  const ProgramResult csv = place.run("sweep c.json --layer-outputs -o r.csv");
  EXPECT_EQ(csv.status, 2);
  EXPECT_EQ(csv.err,
            "tristab: error: --format: found csv for a sweep with layers; allowed: json, ndjson (CSV has only "
            "records)\n");
  const ProgramResult matrices = place.run("sweep c.json --families uniform --layer-outputs -o r.json");
  EXPECT_EQ(matrices.status, 2);
  EXPECT_NE(matrices.err.find("layer: found no family with keys, queries and values"), std::string::npos)
      << matrices.err;
  EXPECT_EQ(place.files(), std::vector<std::string>{"c.json"});
}

TEST(LayerSweep, expectations_about_layers_decide_the_exit_status) {
  const Workplace place;
  const auto with = [](double bound) {
    Json json = Json::parse(config);
    json["layer"] = true;
    json["expect"] =
        Json::array({Json{{"layer", "o"}, {"statistic", "max"}, {"at_most", bound}, {"why", "bf16 beside it"}}});
    return json.dump();
  };
  place.write("met.json", with(0.05));
  place.write("missed.json", with(1e-6));
  const ProgramResult met = place.run("sweep met.json -o r.json"), missed = place.run("sweep missed.json -o m.json");
  EXPECT_EQ(met.status, 0) << met.out;
  EXPECT_NE(met.out.find("max layer.o"), std::string::npos) << met.out;
  EXPECT_NE(met.out.find("2 sequences"), std::string::npos) << met.out;
  EXPECT_EQ(missed.status, 1) << missed.out;
  EXPECT_NE(missed.out.find("NOT MET"), std::string::npos) << missed.out;
  const Json outcome = Json::parse(place.read("m.json"))["expectations"][0];
  EXPECT_EQ(outcome["layer"], "o");
  EXPECT_TRUE(outcome["metric"].is_null());
  EXPECT_EQ(outcome["trials"], 2);
}

}  // namespace tristab::layer_sweep_test
