// The sweep of all recipes, its committed example and the lines of it that results/README.md shows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::zoo_test {

const std::filesystem::path kSource = TRISTAB_SOURCE_DIR;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Json json_of(const std::filesystem::path& path) { return Json::parse(text_of(path)); }

Json zoo() { return json_of(kSource / "configs/sweeps/zoo.json"); }

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Zoo, runs_every_recipe_at_every_size_that_it_takes) {
  std::set<std::string> named;
  const Json config = zoo();
  for (const Json& kernel : config["kernels"]) named.insert(kernel.is_string() ? kernel : kernel["kernel"]);
  std::set<std::string> shipped;
  for (const auto& entry : std::filesystem::directory_iterator(kSource / "configs/kernels")) {
    shipped.insert(entry.path().stem().string());
    const Json recipe = json_of(entry.path());
    for (const Json& chunk : recipe.value("chunks", Json::array())) {
      EXPECT_EQ(std::count(config["chunks"].begin(), config["chunks"].end(), chunk), 1) << entry.path() << chunk;
    }
  }
  EXPECT_EQ(named, shipped);
}

// input,n,method,kernel of a line.
std::string cell_key(const std::string& line) {
  std::size_t end = 0;
  for (int field = 0; field < 4; ++field) end = line.find(',', end) + 1;
  return line.substr(0, end);
}

TEST(Zoo, the_committed_example_has_every_recipe_on_every_input) {
  const std::vector<std::string> lines = lines_of(text_of(kSource / "results/example-zoo.csv"));
  std::set<std::string> inputs, settings, cells;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string key = cell_key(lines[i]);
    inputs.insert(key.substr(0, key.find(',')));
    settings.insert(key.substr(key.find(',')));
    cells.insert(key);
  }
  EXPECT_EQ(inputs.size(), 17u);
  EXPECT_EQ(cells.size(), inputs.size() * settings.size());
  EXPECT_EQ(cells.size(), lines.size() - 1);
  for (const auto& entry : std::filesystem::directory_iterator(kSource / "configs/kernels")) {
    const Json recipe = json_of(entry.path());
    const Json chunks = recipe["chunks"].empty() ? zoo()["chunks"] : recipe["chunks"];
    for (const Json& chunk : chunks) {
      const std::string name = recipe["kernel"];
      const std::string begin = fmt::format(",{},{}", chunk.dump(), name);
      EXPECT_TRUE(std::any_of(settings.begin(), settings.end(), [&](const std::string& setting) {
        return setting.starts_with(begin);
      })) << begin;
    }
  }
}

// No truth but a check that the committed file is not out of date: chunks of 16 and 32, for their speed.
TEST(Zoo, the_committed_example_is_what_the_program_gives_now) {
  const std::vector<std::string> committed = lines_of(text_of(kSource / "results/example-zoo.csv"));
  const std::set<std::string> known(committed.begin(), committed.end());
  const Workplace place;
  ASSERT_EQ(place.run("sweep " TRISTAB_SOURCE_DIR "/configs/sweeps/zoo.json --chunks 16,32 -o r.ndjson").status, 0);
  const std::vector<std::string> now =
      lines_of(place.run("compare r.ndjson --metrics strict_lower,total_frobenius --format csv").out);
  EXPECT_GT(now.size(), 400u);
  for (const std::string& line : now) {
    ASSERT_TRUE(known.contains(line)) << "results/example-zoo.csv lacks\n"
                                      << line << "\nmake it again: results/README.md";
  }
}

// The command of results/README.md "$ tristab compare results/zoo.ndjson ...", continued lines joined, and its output.
struct Shown {
  std::string command, output;
};

Shown shown_in_readme() {
  Shown shown;
  bool inside = false;
  for (const std::string& line : lines_of(text_of(kSource / "results" / "README.md"))) {
    if (line.starts_with("$ tristab compare results/zoo.ndjson ")) {
      inside = true;
      shown.command = line.substr(std::string("$ tristab ").size());
    } else if (inside && line == "```") {
      return shown;
    } else if (inside && shown.command.ends_with('\\')) {
      shown.command.back() = ' ';
      shown.command += line;
    } else if (inside) {
      shown.output += line + "\n";
    }
  }
  return shown;
}

std::vector<std::string> list_after(const std::string& command, const std::string& option) {
  std::string text = command.substr(command.find(option + " ") + option.size() + 1);
  text = text.starts_with('"') ? text.substr(1, text.find('"', 1) - 1) : text.substr(0, text.find_first_of(" \n"));
  std::istringstream stream(text);
  std::vector<std::string> items;
  for (std::string item; std::getline(stream, item, ',');) items.push_back(item);
  return items;
}

TEST(Zoo, the_lines_in_the_readme_are_what_its_command_prints) {
  const Shown shown = shown_in_readme();
  ASSERT_NE(shown.command, "");
  // The same sweep without what the command leaves out.
  Json config = zoo();
  const std::vector<std::string> kernels = list_after(shown.command, "--kernels");
  Json kept = Json::array();
  for (const Json& kernel : config["kernels"]) {
    const std::string name = kernel.is_string() ? kernel : kernel["kernel"];
    if (std::find(kernels.begin(), kernels.end(), name) != kernels.end()) kept.push_back(kernel);
  }
  config["kernels"] = kept;
  const std::vector<std::string> families = list_after(shown.command, "--family");
  kept = Json::array();
  for (Json family : config["families"]) {
    if (family.is_object() && family["family"] == "file") {
      const std::string stem = std::filesystem::path(family["path"].get<std::string>()).stem();
      family["path"] = (kSource / "configs/sweeps" / family["path"].get<std::string>()).lexically_normal().string();
      Json layers = Json::array();
      for (const Json& layer : family["layer"]) {
        const std::string input = stem + " " + layer.get<std::string>();
        if (std::find(families.begin(), families.end(), input) != families.end()) layers.push_back(layer);
      }
      if (layers.empty()) continue;
      family["layer"] = layers;
    } else if (!family.is_object() || family["family"] != "gdn" || !family["keys"].is_array()) {
      continue;
    } else {
      Json keys = Json::array();
      for (const Json& model : family["keys"]) {
        const std::string part = fmt::format(":keys={}:", model.get<std::string>());
        for (const std::string& input : families) {
          if (input.find(part) != std::string::npos) keys.push_back(model);
        }
      }
      family["keys"] = keys;
    }
    kept.push_back(family);
  }
  config["families"] = kept;
  const Workplace place;
  std::filesystem::create_directory(place.file("results"));
  place.write("zoo.json", config.dump());
  ASSERT_EQ(place.run("sweep zoo.json -o results/zoo.ndjson").status, 0);
  EXPECT_EQ(place.run(shown.command).out, shown.output);
  // A title of two lines, a header of two, twelve rows.
  EXPECT_GE(std::count(shown.output.begin(), shown.output.end(), '\n'), 12);
}

}  // namespace tristab::zoo_test
