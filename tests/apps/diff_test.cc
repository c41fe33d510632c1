// tristab diff OLD NEW, run as a user would; the changes are planted in the text of a result.
#include <gtest/gtest.h>

#include <algorithm>

#include "run_program.h"
#include "tristab/base/json.h"

namespace tristab::diff_test {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A directory with a result as JSON and NDJSON: two inputs, three settings, two sizes.
struct Swept : Workplace {
  Swept() {
    write("c.json", R"({"name": "c", "chunks": [16, 32], "trials": 3, "families": ["uniform", "ones"],
                        "methods": ["mbh", "mch", "mxr"], "arithmetics": ["fp16"]})");
    EXPECT_EQ(run("sweep c.json -o old.json").status, 0);
    EXPECT_EQ(run("sweep c.json -o old.ndjson").status, 0);
    document = Json::parse(read("old.json"));
  }
  // The first record of a method on an input of size 32.
  Json& record(const std::string& method, const std::string& family = "uniform") {
    for (Json& each : document["records"]) {
      if (each["method"] == method && each["family"] == family && each["n"] == 32) return each;
    }
    throw std::logic_error("no such record");
  }
  void write_new() { write("new.json", document.dump()); }
  // Of `diff old.json new.json`, with more words.
  ProgramResult diff(const std::string& words = "") { return run("diff old.json new.json " + words); }

  Json document;
};

void make_nonfinite(Json& record) {
  record["status"] = record["fit"] = "nonfinite";
  for (const char* name : {"total_frobenius", "frobenius"}) {
    record[name] = nullptr;
    record["undefined"][name] = "non-finite result";
  }
}

TEST(Diff, equal_results_are_said_to_be_equal_in_every_field) {
  const Swept place;
  for (const char* files : {"old.json old.json", "old.json old.ndjson", "old.ndjson old.json"}) {
    const ProgramResult result = place.run(std::string("diff ") + files + " --fail-on changed");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(has(result.out, "No differences: 24 records are equal in every field.\n")) << result.out;
  }
  const ProgramResult piped = place.run("diff - old.ndjson", "old.json");
  EXPECT_EQ(piped.status, 0) << piped.err;
  EXPECT_TRUE(has(piped.out, "OLD standard input: ") && has(piped.out, "No differences")) << piped.out;
}

TEST(Diff, one_changed_number_is_found_and_shown) {
  Swept place;
  Json& changed = place.record("mxr");
  changed["total_frobenius"] = changed["total_frobenius"].get<double>() * 50;
  place.write_new();
  const ProgramResult result = place.diff();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(has(result.out, "24 cases in both, matched by id: 23 equal, 1 changed.")) << result.out;
  EXPECT_TRUE(has(result.out, "there is no noise band")) << result.out;
  EXPECT_TRUE(has(result.out, "total_frobenius 1\n")) << result.out;
  EXPECT_TRUE(has(result.out, "mxr      uniform  32  1 of 3")) << result.out;
  EXPECT_EQ(place.diff("--fail-on changed").status, 1);
  EXPECT_EQ(place.diff("--fail-on missing,status,fit,verdict").status, 0);
}

TEST(Diff, missing_and_new_cases_are_listed) {
  Swept place;
  Json& records = place.document["records"];
  records.erase(std::remove_if(records.begin(), records.end(), [](const Json& r) { return r["method"] == "mch"; }),
                records.end());
  place.document["run"]["cases"] = records.size();
  place.write_new();
  const ProgramResult forth = place.diff("--fail-on missing");
  EXPECT_EQ(forth.status, 1);
  EXPECT_TRUE(has(forth.out, "16 cases in both, matched by id: 16 equal, 0 changed; 8 missing (only in OLD)."))
      << forth.out;
  EXPECT_TRUE(has(forth.out, "Missing: only in OLD\n")) << forth.out;
  EXPECT_TRUE(has(forth.out, "mch / fp16  2 inputs  16, 32  8 of 8\n")) << forth.out;
  EXPECT_TRUE(has(forth.out, "FAILED missing: mch / fp16 on uniform n=32: 3 cases missing\n")) << forth.out;
  const ProgramResult back = place.run("diff new.json old.json --fail-on missing");
  EXPECT_EQ(back.status, 0) << back.out;
  EXPECT_TRUE(has(back.out, "New: only in NEW\n")) << back.out;
  EXPECT_EQ(place.run("diff new.json old.json --fail-on changed").status, 1);
}

TEST(Diff, a_result_that_is_not_finite_any_more_is_beyond_any_factor) {
  Swept place;
  make_nonfinite(place.record("mbh"));
  place.write_new();
  const ProgramResult result = place.diff("--fail-on 'total_frobenius_max>1e300x' --fail-on status");
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(has(result.out, "FAILED total_frobenius_max>1e300x: mbh / fp16 on uniform n=32: ")) << result.out;
  EXPECT_TRUE(has(result.out, " -> inf\n")) << result.out;
  EXPECT_TRUE(has(result.out, "FAILED status: mbh / fp16 on uniform n=32: status ok -> nonfinite in 1 of 3 cases\n"))
      << result.out;
  EXPECT_TRUE(has(result.out, "ok -> nonfinite 1")) << result.out;
  // Both infinite: nothing is worse.
  EXPECT_EQ(place.run("diff new.json new.json --fail-on 'total_frobenius_max>1.1x,status,fit'").status, 0);
  EXPECT_EQ(place.run("diff new.json old.json --fail-on 'total_frobenius_max>1.1x,fit'").status, 0);
}

TEST(Diff, every_form_of_a_threshold_is_met_and_violated) {
  Swept place;
  Json& changed = place.record("mxr");
  changed["total_frobenius"] = 0.5;
  changed["snr_db"] = -10;
  changed["fit"] = "unfit";
  changed["for_format"] = "excessive";
  changed["matmuls"] = 99;
  place.write_new();
  for (const char* violated :
       {"total_frobenius_max>1.1x", "total_frobenius_max>0.4", "snr_db_min<-3dB", "snr_db_min<-5", "unfit>0",
        "matmuls>1x", "fit", "verdict", "changed", "fit<1x", "total_frobenius_max>0.4,missing"}) {
    const ProgramResult result = place.diff(std::string("--fail-on '") + violated + "'");
    EXPECT_EQ(result.status, 1) << violated << result.out << result.err;
    EXPECT_TRUE(has(result.out, "\nFAILED ")) << violated;
  }
  for (const char* met : {"total_frobenius_max>1e9x", "depth>1000", "snr_db_min<-300dB", "unfit>1", "matmuls>99x",
                          "status", "missing", "total_frobenius_p95>1x", "growth_max>1x"}) {
    const ProgramResult result = place.diff(std::string("--fail-on '") + met + "'");
    EXPECT_EQ(result.status, 0) << met << result.out << result.err;
    EXPECT_FALSE(has(result.out, "FAILED")) << met;
  }
}

TEST(Diff, a_threshold_on_a_value_looks_at_unchanged_settings_too) {
  const Swept place;
  EXPECT_EQ(place.run("diff old.json old.json --fail-on 'matmuls>0'").status, 1);
  EXPECT_EQ(place.run("diff old.json old.json --fail-on 'matmuls>1x'").status, 0);
}

TEST(Diff, wrong_words_are_refused_with_what_is_allowed) {
  const Swept place;
  const auto refused = [&](const std::string& words, int status, const std::string& part) {
    const ProgramResult result = place.run("diff " + words);
    EXPECT_EQ(result.status, status) << words << result.err;
    EXPECT_TRUE(has(result.err, part)) << result.err;
  };
  refused("old.json old.json --fail-on 'total_frobenius_mx>1.1x'", 2, "did you mean 'total_frobenius_max'?");
  refused("old.json old.json --fail-on fitt", 2, "--fail-on: no threshold is called 'fitt'; did you mean 'fit'?");
  refused("old.json old.json --fail-on 'total_frobenius>2x'", 2, "allowed: total_frobenius_median, ");
  refused("old.json old.json --metrics frobenus", 2, "did you mean 'frobenius'?");
  refused("old.json old.json --match ids", 2, "did you mean 'id'?");
  refused("old.json", 2, "found one result; allowed: two: tristab diff OLD NEW");
  refused("- -", 2, "found - twice");
  refused("old.json old.json --json --markdown", 2, "--json together with --markdown");
  refused("old.json old.json -o old.json", 2, "which the command reads");
  refused("old.json od.json", 3, "od.json: cannot read: ");
  place.write("other.json", "{}");
  refused("old.json other.json", 3, "other.json: found JSON without");
}

TEST(Diff, cases_with_other_hashes_are_matched_by_setting) {
  Swept place;
  for (Json& each : place.document["records"]) {
    each["case"] = each["case"].get<std::string>() + "0";
    each["method_params"]["renamed"] = true;
  }
  place.record("mxr")["total_frobenius"] = 0.5;
  place.write_new();
  const ProgramResult both = place.diff();
  EXPECT_TRUE(has(both.out, "24 cases in both, matched by input, setting and trial: 23 equal, 1 changed.")) << both.out;
  const ProgramResult ids = place.diff("--match id");
  EXPECT_EQ(ids.status, 0) << ids.err;
  EXPECT_TRUE(has(ids.out, "No case is in both: 24 missing (only in OLD), 24 new (only in NEW).")) << ids.out;
  EXPECT_TRUE(has(place.diff("--match setting").out, "23 equal, 1 changed"));
}

TEST(Diff, another_version_and_configuration_is_said_at_the_top) {
  Swept place;
  place.document["tool"]["version"] = "9.9.9";
  place.document["config"]["seed"] = 2;
  for (Json& each : place.document["records"]) each["metric_of_tomorrow"] = 1.5;
  place.write_new();
  const ProgramResult result = place.diff();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(has(result.out, " -> 9.9.9; seed 1 -> 2; only in NEW, and not compared: metric_of_tomorrow"))
      << result.out;
  EXPECT_TRUE(has(result.out, "24 equal, 0 changed")) << result.out;
}

TEST(Diff, incomplete_results_are_compared_with_a_note) {
  const Swept place;
  const std::string whole = place.read("old.ndjson");
  place.write("part.ndjson", whole.substr(0, whole.rfind("{\"type\": \"matrix\"")));
  const ProgramResult result = place.run("diff old.json part.ndjson");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(has(result.err, "part.ndjson is not complete: 21 records of 24")) << result.err;
  EXPECT_TRUE(has(result.out, "21 equal, 0 changed; 3 missing")) << result.out;
}

TEST(Diff, markdown_is_a_table_for_a_pull_request) {
  Swept place;
  for (Json& each : place.document["records"]) each["family_label"] = "a|b";
  place.record("mxr")["total_frobenius"] = 0.5;
  place.write("old.json", [&] {
    Json old = Json::parse(place.read("old.json"));
    for (Json& each : old["records"]) each["family_label"] = "a|b";
    return old.dump();
  }());
  place.write_new();
  const ProgramResult result = place.diff("--markdown --fail-on changed");
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(result.out.starts_with("### tristab diff: 1 changed, 0 missing, 0 new, 1 beyond thresholds\n\n- OLD "))
      << result.out;
  EXPECT_TRUE(has(result.out, "\n|---|---|---:|---|---:|---:|---:|---|\n| mxr<br>in fp16 | a\\|b | 32 | 1 of 3 | "))
      << result.out;
  EXPECT_TRUE(has(result.out, " → 5.0e-01 | ")) << result.out;
  EXPECT_TRUE(has(result.out, "- **FAILED changed: mxr / fp16 on a\\|b n=32: 1 case changed**\n")) << result.out;
  EXPECT_TRUE(has(result.err, "FAILED changed: ")) << result.err;
}

TEST(Diff, json_holds_every_changed_field_of_every_case) {
  Swept place;
  Json& changed = place.record("mxr");
  const Json before = changed["total_frobenius"];
  changed["total_frobenius"] = 0.5;
  make_nonfinite(place.record("mbh"));
  place.document["config"]["seed"] = 2;
  place.document["records"].erase(0);
  place.document["run"]["cases"] = 23;
  place.write_new();
  EXPECT_EQ(place.diff("--json -o d.json --fail-on 'total_frobenius_max>1.1x'").status, 1);
  const Json diff = Json::parse(place.read("d.json"));
  EXPECT_EQ(diff["schema"], "tristab-diff/1");
  EXPECT_EQ(diff["equal"], false);
  EXPECT_EQ(diff["records"], (Json{{"equal", 21},
                                   {"changed", 2},
                                   {"missing", 1},
                                   {"new", 0},
                                   {"matched_by_id", 23},
                                   {"matched_by_setting", 0}}));
  EXPECT_EQ(diff["differ"], (Json::array({Json{{"what", "seed"}, {"old", "1"}, {"new", "2"}}})));
  EXPECT_EQ(diff["groups"].size(), 3u);
  EXPECT_EQ(diff["groups"][0]["numbers"]["total_frobenius"]["new"]["max"], "inf");
  EXPECT_EQ(diff["failed"].size(), 2u);
  ASSERT_EQ(diff["cases"].size(), 3u);
  int seen = 0;
  for (const Json& each : diff["cases"]) {
    EXPECT_EQ(each.contains("fields"), each["what"] == "changed");
    if (each["what"] != "changed" || each["fields"].contains("status")) continue;
    EXPECT_EQ(each["fields"], (Json{{"total_frobenius", {before, 0.5}}}));
    ++seen;
  }
  EXPECT_EQ(seen, 1);
}

TEST(Diff, tables_show_the_top_rows_and_say_how_many_follow) {
  Swept place;
  for (Json& each : place.document["records"]) each["total_frobenius"] = 0.5;
  place.write_new();
  const ProgramResult result = place.diff("--top 2 --fail-on 'total_frobenius_max>1x'");
  EXPECT_TRUE(has(result.out, "\n10 more (--top N)\n")) << result.out;
  EXPECT_TRUE(has(result.out, "FAILED total_frobenius_max>1x: 9 more (--top N)\n")) << result.out;
  const ProgramResult all = place.diff("--metrics total_frobenius,growth");
  EXPECT_FALSE(has(all.out, "more (--top")) << all.out;
  EXPECT_TRUE(has(all.out, "growth changed in no case.\n")) << all.out;
}

TEST(Diff, layers_are_compared_too) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16], "trials": 2, "layer": true, "layer_chunks": 2, "methods": ["mbh"],
                            "arithmetics": ["fp16"], "families": [{"family": "gdn", "head_dim": 32}]})");
  ASSERT_EQ(place.run("sweep c.json -o old.json").status, 0);
  const ProgramResult equal = place.run("diff old.json old.json");
  EXPECT_TRUE(has(equal.out, "No differences: 2 records are equal in every field, and so are 2 layers.")) << equal.out;
  Json document = Json::parse(place.read("old.json"));
  document["layers"][0]["o"] = 0.5;
  place.write("new.json", document.dump());
  const ProgramResult result = place.run("diff old.json new.json --fail-on 'layer.o_max>1.1x'");
  EXPECT_EQ(result.status, 1) << result.out;
  EXPECT_TRUE(has(result.out, "Layers: 2 layers in both, matched by id: 1 equal, 1 changed.")) << result.out;
}

TEST(Diff, an_output_replaces_only_a_difference) {
  const Swept place;
  EXPECT_EQ(place.run("diff old.json old.json -o d.txt").status, 0);
  EXPECT_EQ(place.run("diff old.json old.ndjson -o d.txt").status, 0);
  place.write("mine.txt", "mine");
  EXPECT_EQ(place.run("diff old.json old.json -o mine.txt").status, 2);
  EXPECT_EQ(place.read("mine.txt"), "mine");
  EXPECT_EQ(place.run("diff old.json old.json -o mine.txt --force").status, 0);
}

}  // namespace tristab::diff_test
