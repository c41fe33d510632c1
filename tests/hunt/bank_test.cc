#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "hunt/hunt_support.h"
#include "tristab/base/json.h"
#include "tristab/hunt/hunt_state.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/sweep/field.h"

namespace tristab::bank_test {
namespace {

const std::filesystem::path bank = std::filesystem::path(TRISTAB_SOURCE_DIR) / "configs" / "hunted";

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(bank)) {
    if (entry.path().extension() == ".json") all.push_back(entry.path());
  }
  std::ranges::sort(all);
  return all;
}

Json read(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return Json::parse(stream);
}

Range range_of(const Json& json) { return {json[0].get<double>(), json[1].get<double>()}; }

// The request of a file.
std::unique_ptr<SmallHunt> hunt_of(const Json& asked) {
  const Json& setting = asked["setting"];
  auto small = small_hunt("mch fp16", asked["n"].get<int>(), 1, asked["objective"].get<std::string>());
  small->recipe = expand_recipe(setting, "", "").front();
  small->request.setting = Setting::of(*small->recipe);
  InputSpace& space = small->request.space;
  space.rule = &delta_rule(asked["rule"].get<std::string>());
  space.head_dim = asked["head_dim"].get<int>();
  space.steps = asked["steps"].get<int>();
  space.rate = range_of(asked["rate"]);
  space.log_decay = range_of(asked["log_decay"]);
  space.length = range_of(asked["length"]);
  space.cosine = range_of(asked["cosine"]);
  const auto grid = [&](const char* of, std::optional<Format>& format) {
    const std::string name = asked["grids"][of].get<std::string>();
    if (name != "fp32") format = format_of(name, "");
  };
  grid("keys", space.key_format);
  grid("rate", space.rate_format);
  grid("log_decay", space.decay_format);
  return small;
}

TEST(Bank, has_an_input_for_every_recipe) {
  std::set<std::string> kernels;
  for (const auto& path : files()) kernels.insert(read(path)["request"]["setting"]["kernel"].get<std::string>());
  for (const RecipeEntry& entry : recipe_entries())
    EXPECT_TRUE(kernels.contains(entry.description.name)) << entry.description.name;
}

TEST(Bank, every_value_is_reproduced_exactly) {
  for (const auto& path : files()) {
    const Json entry = read(path);
    const auto small = hunt_of(entry["request"]);
    const TokenInputs tokens = tokens_of(entry["worst"]["tensors"], small->request.space);
    EXPECT_EQ(violation(small->request.space, tokens), "") << path;
    const HuntFind find = evaluate_again(small->request, tokens);
    if (entry["worst"]["finite"].get<bool>()) {
      EXPECT_EQ(find.value, entry["worst"]["value"].get<double>()) << path;
    } else {
      EXPECT_TRUE(std::isinf(find.value)) << path;
    }
    EXPECT_EQ(status_name(find.record().status), entry["worst"]["record"]["status"].get<std::string>()) << path;
  }
}

TEST(Bank, stays_small) {
  std::uintmax_t bytes = 0;
  for (const auto& path : files()) bytes += std::filesystem::file_size(path);
  EXPECT_LT(bytes, 1500000u);
}

}  // namespace
}  // namespace tristab::bank_test
