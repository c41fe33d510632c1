#include "tristab/report/merged_shards.h"

#include <gtest/gtest.h>

#include "small_sweep.h"
#include "tristab/base/errors.h"

namespace tristab::merged_shards_test {

class MergedShardsTest : public ::testing::Test {
 protected:
  std::string run_shard(const SweepConfig& config, int index, int count, ResultFormat format = ResultFormat::ndjson) {
    const Plan plan = make_plan(config);
    const std::string path = directory_ / fmt::format("{}-{}-{}.{}", config.name, index, count, extension_of(format));
    RunHeader header = small_header(config, plan);
    header.shard = Shard{index, count};
    header.cases = counts_of(plan, units_of(plan, header.shard)).cases;
    const auto writer = make_result_writer(format, path, header);
    RunOptions options{2};
    options.shard = header.shard;
    run_sweep(config, plan, options, *writer);
    return path;
  }

  std::string merged(const SweepConfig& config, const std::vector<std::string>& shards, ResultFormat format) {
    const Plan plan = make_plan(config);
    EXPECT_EQ(JsonValue(config_of_shards(shards)), JsonValue(config.json()));
    MergedShards made(plan, shards);
    const std::string path = directory_ / "merged";
    std::filesystem::remove(path);
    RunHeader header = small_header(config, plan);
    header.plan = nullptr;
    const auto writer = make_result_writer(format, path, header);
    RunOptions options{2};
    options.made = &made;
    run_sweep(config, plan, options, *writer);
    return read_text(path);
  }

  template <class Action>
  static std::string message_of(Action action) {
    try {
      action();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  TemporaryDirectory directory_;
};

// A result without what its run says of itself.
std::string comparable(std::string text, ResultFormat format) {
  if (format == ResultFormat::ndjson) return text.substr(0, text.rfind('\n', text.size() - 2));
  if (format == ResultFormat::csv) return text;
  const std::size_t begin = text.find("\n\"run\""), end = text.find("\n\"config\"");
  return text.erase(begin, end - begin);
}

TEST_F(MergedShardsTest, have_the_bytes_of_a_single_run) {
  for (const SweepConfig& config : {small_config(), layered_config()}) {
    for (const ResultFormat of_shards : {ResultFormat::ndjson, ResultFormat::json}) {
      std::vector<std::string> shards;
      for (const int index : {3, 1, 2}) shards.push_back(run_shard(config, index, 3, of_shards));
      for (const ResultFormat format : {ResultFormat::json, ResultFormat::ndjson, ResultFormat::csv}) {
        if (format == ResultFormat::csv && config.name == "layered") continue;
        if (format != ResultFormat::json && of_shards == ResultFormat::json) continue;
        EXPECT_EQ(comparable(merged(config, shards, format), format), comparable(written(config, format, 2), format));
      }
    }
  }
}

TEST_F(MergedShardsTest, shards_without_any_matrix_are_shards_too) {
  const SweepConfig config = scenarios_config();
  std::vector<std::string> shards;
  for (int index = 1; index <= 20; ++index) shards.push_back(run_shard(config, index, 20));
  EXPECT_EQ(comparable(merged(config, shards, ResultFormat::json), ResultFormat::json),
            comparable(written(config, ResultFormat::json, 2), ResultFormat::json));
}

TEST_F(MergedShardsTest, what_is_missing_is_named) {
  const SweepConfig config = small_config();
  const Plan plan = make_plan(config);
  const std::string first = run_shard(config, 1, 2), second = run_shard(config, 2, 2);
  const std::string alone = message_of([&] { MergedShards(plan, {first}); });
  EXPECT_NE(alone.find("missing: shard 2/2 ("), std::string::npos) << alone;
  EXPECT_NE(alone.find("uniform n=16 trials "), std::string::npos) << alone;
  const std::string text = read_text(second);
  std::ofstream(second, std::ios::binary) << text.substr(0, text.size() * 2 / 3);
  const std::string torn = message_of([&] { MergedShards(plan, {first, second}); });
  EXPECT_NE(torn.find("cases of shard 2/2 in " + second), std::string::npos) << torn;
  std::ofstream(second, std::ios::binary) << text.substr(0, text.rfind('\n', text.size() - 2) + 1);
  const std::string endless = message_of([&] { MergedShards(plan, {first, second}); });
  EXPECT_NE(endless.find("missing: the end of shard 2/2"), std::string::npos) << endless;
}

TEST_F(MergedShardsTest, what_does_not_belong_together_is_refused) {
  const SweepConfig config = scenarios_config();
  const std::string first = run_shard(config, 1, 2), second = run_shard(config, 2, 2), third = run_shard(config, 2, 3);
  EXPECT_NE(message_of([&] {
              config_of_shards({first, second, first});
            }).find("the shard 1/2 a second time"),
            std::string::npos);
  EXPECT_NE(message_of([&] { config_of_shards({first, third}); }).find("shards of 2"), std::string::npos);
  const std::string whole = directory_ / "whole.json";
  std::ofstream(whole) << scenarios_result();
  EXPECT_NE(message_of([&] {
              config_of_shards({first, whole});
            }).find("the result of a whole sweep"),
            std::string::npos);
  const std::string other = run_shard(small_config(), 2, 2, ResultFormat::json);
  EXPECT_NE(message_of([&] { config_of_shards({first, other}); }).find("another configuration"), std::string::npos);
  std::string changed = read_text(second);
  changed.replace(changed.find("/fp16/"), 6, "/fp32/");  // in the id of a case
  std::ofstream(second) << changed;
  EXPECT_NE(message_of([&] {
              merged(config, {first, second}, ResultFormat::json);
            }).find("as the configuration says"),
            std::string::npos);
}

}  // namespace tristab::merged_shards_test
