// tristab history DIR, run as a user would; the page is read through its data.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "run_program.h"
#include "tristab/base/json.h"

namespace tristab::history_test {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Json data_of(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t start = page.find(open) + open.size();
  return Json::parse(page.substr(start, page.find("</script>", start) - start));
}

// A directory `kept` with three results whose file names are in another order than their dates; in the last one trial
// of mbh on uniform is another one, and another tool made it.
struct Kept : Workplace {
  Kept() {
    write("c.json", R"({"name": "c", "chunks": [16, 32], "trials": 3, "families": ["uniform", "ones"],
                        "methods": ["mbh", "mch"], "arithmetics": ["fp16"]})");
    EXPECT_EQ(run("sweep c.json -o r.json").status, 0);
    std::filesystem::create_directory(file("kept"));
    Json document = Json::parse(read("r.json"));
    keep(document, "c.json", "2026-01-01T00:00:00Z", "0.1.0", "aaaaaaaaaaaa");
    keep(document, "b.json", "2026-01-02T00:00:00Z", "0.1.0", "bbbbbbbbbbbb");
    for (Json& each : document["records"]) {
      if (each["method"] == "mbh" && each["family"] == "uniform" && each["n"] == 32 && each["trial"] == 1)
        each["total_frobenius"] = 0.25;
    }
    document["config"]["seed"] = 7;
    keep(document, "a.json", "2026-01-03T00:00:00Z", "0.2.0", "cccccccccccc");
  }
  void keep(Json& document, const std::string& name, const char* started, const char* version, const char* commit) {
    document["run"]["started"] = started;
    document["tool"]["version"] = version;
    document["tool"]["commit"] = commit;
    write("kept/" + name, document.dump());
  }
  Json page(const std::string& words = "") const {
    const ProgramResult result = run("history kept -o h.html --force " + words);
    EXPECT_EQ(result.status, 0) << result.err;
    return data_of(read("h.html"));
  }
};

TEST(History, results_stand_in_the_order_of_their_runs) {
  const Kept place;
  const Json results = place.page()["results"];
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0]["file"], "c.json");
  EXPECT_EQ(results[2]["file"], "a.json");
  EXPECT_EQ(results[2]["version"], "0.2.0");
  EXPECT_EQ(results[2]["commit"], "cccccccccccc");
  EXPECT_EQ(results[1]["changes"], Json::array());
  EXPECT_EQ(results[2]["changes"], Json::array({"seed 1 -> 7"}));
}

TEST(History, results_without_a_date_stand_in_the_order_of_their_names) {
  const Kept place;
  for (const char* name : {"kept/a.json", "kept/b.json", "kept/c.json"}) {
    Json document = Json::parse(place.read(name));
    document["run"].erase("started");
    place.write(name, document.dump());
  }
  const Json results = place.page()["results"];
  EXPECT_EQ(results[0]["file"], "a.json");
  EXPECT_EQ(results[2]["file"], "c.json");
}

TEST(History, the_page_replaces_no_result_through_a_link) {
  const Kept place;
  std::filesystem::create_symlink("kept/a.json", place.file("page.html"));
  const std::string before = place.read("kept/a.json");
  const ProgramResult result = place.run("history kept -o page.html --force");
  EXPECT_EQ(result.status, 2);
  EXPECT_TRUE(has(result.err, "which the command reads")) << result.err;
  EXPECT_EQ(place.read("kept/a.json"), before);
}

TEST(History, only_a_number_that_differs_is_marked) {
  const Kept place;
  const Json data = place.page(), groups = data["groups"];
  EXPECT_EQ(groups["r"].size(), 3 * 8u);
  EXPECT_EQ(data["statistic"], "worst");
  int changed = 0;
  for (std::size_t k = 0; k < groups["r"].size(); ++k) {
    if (groups["changed"]["worst"][k] == 0) continue;
    ++changed;
    EXPECT_EQ(groups["r"][k], 2);
    EXPECT_EQ(groups["n"][k], 32);
    EXPECT_EQ(data["families"][groups["f"][k].get<std::size_t>()], "uniform");
    EXPECT_EQ(data["settings"][groups["s"][k].get<std::size_t>()][0], "mbh");
    EXPECT_EQ(groups["total_frobenius"]["worst"][k], 0.25);
    EXPECT_EQ(groups["other_trials"][k], 1);
  }
  EXPECT_EQ(changed, 1);
}

TEST(History, a_selection_and_a_metric_are_chosen_as_in_compare) {
  const Kept place;
  const Json data = place.page("--metric growth --stat median --methods mch --chunk 16 --family ones");
  EXPECT_EQ(data["statistic"], "median");
  EXPECT_EQ(data["errors"], Json::array({"growth"}));
  EXPECT_EQ(data["groups"]["r"], Json::array({0, 1, 2}));
  const auto refused = [&](const std::string& words, const std::string& part) {
    const ProgramResult result = place.run("history kept -o x.html " + words);
    EXPECT_EQ(result.status, 2) << words;
    EXPECT_TRUE(has(result.err, part)) << result.err;
  };
  refused("--methods mbj", "did you mean 'mbh'?");
  refused("--metric grwth", "did you mean 'growth'?");
  refused("--metric growth,frobenius", "one metric");
  refused("--stat mean", "--stat: no statistic of total_frobenius is called 'mean'");
  refused("--stat wrst", "did you mean 'worst'?");
  refused("--chunk 64", "no records for this selection");
  refused("-o h.txt", "twice");
  EXPECT_EQ(place.run("history kept -o h.txt").status, 2);
  EXPECT_EQ(place.run("history kept -o kept/a.json").status, 2);
}

TEST(History, decibels_have_a_mean_and_exact_results) {
  const Kept place;
  const Json data = place.page("--metric snr_db --stat mean");
  EXPECT_EQ(data["larger_is_better"], true);
  EXPECT_TRUE(data["groups"]["snr_db"].contains("mean"));
  EXPECT_TRUE(has(data["groups"]["snr_db"]["worst"].dump(), "\"inf\"")) << "mbh is exact on ones";
}

TEST(History, files_that_are_no_results_are_named_and_skipped) {
  const Kept place;
  place.write("kept/words.txt", "words");
  place.write("kept/other.json", R"({"a": 1})");
  place.write("kept/none.ndjson", "{\"type\": \"header\", \"schema\": \"tristab-results/1\"}\n");
  const ProgramResult result = place.run("history kept -o kept/h.html");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(has(result.err, "note: skipped: kept/other.json: found JSON without")) << result.err;
  EXPECT_TRUE(has(result.err, "note: skipped: kept/none.ndjson: found no records")) << result.err;
  EXPECT_TRUE(has(result.err, "note: skipped, because not .json or .ndjson: words.txt")) << result.err;
  const Json data = data_of(place.read("kept/h.html"));
  EXPECT_EQ(data["results"].size(), 3u);
  EXPECT_EQ(data["skipped"].size(), 3u);
  // Its own page is no result either, and is replaced.
  EXPECT_EQ(place.run("history kept -o kept/h.html").status, 0);
}

TEST(History, a_directory_without_results_is_refused) {
  const Workplace place;
  std::filesystem::create_directory(place.file("empty"));
  ProgramResult result = place.run("history empty -o h.html");
  EXPECT_EQ(result.status, 3);
  EXPECT_TRUE(has(result.err, "empty: found no result; allowed: a directory with results")) << result.err;
  result = place.run("history nowhere -o h.html");
  EXPECT_EQ(result.status, 3);
  EXPECT_TRUE(has(result.err, "nowhere: cannot read: ")) << result.err;
  EXPECT_EQ(place.run("history empty").status, 2);
  EXPECT_EQ(place.run("history").status, 2);
}

TEST(History, a_renamed_default_does_not_break_a_line) {
  const Kept place;
  Json document = Json::parse(place.read("kept/a.json"));
  for (Json& each : document["records"]) each["method_params"]["renamed"] = true;
  place.write("kept/a.json", document.dump());
  EXPECT_EQ(place.page()["settings"].size(), 2u);
}

}  // namespace tristab::history_test
