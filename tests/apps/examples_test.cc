// The committed examples are what this version makes: results/make-quick-examples.sh makes them again.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "plot_points.h"
#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::examples_test {

constexpr const char* remedy = "made by another version: run results/make-quick-examples.sh PROGRAM";

std::string file_text(const std::string& name) {
  std::ifstream file(fmt::format("{}/results/{}", TRISTAB_SOURCE_DIR, name), std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string example(const std::string& extension) { return file_text("example-quick." + extension); }

// The page without what is put into it.
struct Page {
  std::string frame;
  Json data;
};
Page page_of(std::string text) {
  Page page;
  for (const auto& [open, close] :
       {std::pair{"<title>", "</title>"}, std::pair{"<h1>", "</h1>"}, std::pair{"id=\"data\">", "</script>"}}) {
    const std::size_t start = text.find(open) + std::string(open).size(), end = text.find(close, start);
    if (open == std::string("id=\"data\">")) page.data = Json::parse(text.substr(start, end - start));
    text.erase(start, end - start);
  }
  page.frame = std::move(text);
  return page;
}

std::vector<std::string> names_of(const Json& object) {
  std::vector<std::string> names;
  for (auto member = object.begin(); member != object.end(); ++member) names.push_back(member.key());
  return names;
}

TEST(Examples, the_result_is_that_of_its_command_byte_for_byte) {
  const std::string committed = example("json");
  ASSERT_LT(committed.size(), 300000u);
  const Json result = Json::parse(committed);
  std::string arguments;
  const Json& command = result["run"]["command"];
  ASSERT_EQ(command[0], "tristab");
  for (std::size_t k = 1; k + 1 < command.size(); ++k) {
    std::string word = command[k];
    if (word.starts_with("configs/")) word = fmt::format("{}/{}", TRISTAB_SOURCE_DIR, word);
    arguments += word + " ";
  }
  const Workplace place;
  ASSERT_EQ(place.run(arguments + "again.json").status, 0) << arguments;
  const auto after_run = [](const std::string& text) { return text.substr(text.find("\n\"config\"")); };
  EXPECT_TRUE(after_run(place.read("again.json")) == after_run(committed)) << remedy;
  EXPECT_EQ(names_of(Json::parse(place.read("again.json"))), names_of(result)) << remedy;
}

TEST(Examples, the_page_is_of_this_version) {
  const Workplace place;
  ASSERT_EQ(place.run(fmt::format("report {}/results/example-quick.json -o page.html", TRISTAB_SOURCE_DIR)).status, 0);
  const Page fresh = page_of(place.read("page.html")), committed = page_of(example("html"));
  EXPECT_TRUE(committed.frame == fresh.frame) << remedy;
  for (const char* part : {"groups", "cases", "matrices"}) {
    EXPECT_EQ(names_of(committed.data[part]), names_of(fresh.data[part])) << part << " " << remedy;
  }
  EXPECT_EQ(names_of(committed.data), names_of(fresh.data)) << remedy;
  EXPECT_EQ(committed.data["config"]["name"], "quick");
  EXPECT_EQ(committed.data["complete"], true);
}

// Cases that the small result has as well stand in the page with the same numbers.
TEST(Examples, the_page_and_the_result_agree) {
  const Json result = Json::parse(example("json")), data = page_of(example("html")).data;
  int compared = 0;
  for (const Json& record : result["records"]) {
    for (std::size_t k = 0; k < data["groups"]["n"].size(); ++k) {
      const Json& setting = data["settings"][data["groups"]["s"][k].get<std::size_t>()];
      if (data["families"][data["groups"]["f"][k].get<std::size_t>()] != record["family_label"] ||
          setting[0] != record["method_label"] || setting[1] != record["arithmetic_label"] ||
          data["groups"]["n"][k] != record["n"] || record["family"] != "ones") {
        continue;
      }
      ++compared;
      EXPECT_EQ(data["groups"]["frobenius"]["median"][k].is_number(), record["frobenius"].is_number()) << remedy;
      if (record["frobenius"].is_null()) continue;
      const double error = record["frobenius"];
      EXPECT_NEAR(data["groups"]["frobenius"]["median"][k].get<double>(), error, 1e-3 * error) << remedy;
    }
  }
  EXPECT_GE(compared, 6);
}

// Points and crosses of the committed figure are as many as the sweep that it shows gives now.
TEST(Examples, the_figure_shows_what_its_sweep_gives) {
  const Workplace place;
  ASSERT_EQ(place.run("sweep " TRISTAB_SOURCE_DIR "/configs/sweeps/finding.json -o finding.json").status, 0);
  ASSERT_EQ(place.run("export finding.json --gnuplot plots").status, 0);
  const auto [medians, crosses] = plot_points(place.read("plots/errors.dat"));
  EXPECT_EQ(medians, 3 * 4 * 7);
  EXPECT_GT(crosses, 0);
  const std::string svg = file_text("example-finding.svg");
  constexpr int legend = 7;
  EXPECT_EQ(drawn_points(svg), medians + crosses + legend) << remedy;
  for (const char* title : {"fp16, gdn:keys=independent", "fp16, gdn:gate=none", "fp16, gdn-slice layer6"})
    EXPECT_NE(svg.find(title), std::string::npos) << title;
}

}  // namespace tristab::examples_test
