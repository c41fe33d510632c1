#include "tristab/report/merged_shards.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

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
            }).find(second + ": found "),
            std::string::npos);
}

// A file of the configuration that has other matrices now: fewer, more, or the same number with other entries.
TEST_F(MergedShardsTest, inputs_that_changed_since_are_noticed) {
  const std::string input = directory_ / "a.npy";
  const auto put = [&](int count, double entry) {
    std::string header = fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, 16, 16), }}", count);
    header.resize(117, ' ');
    std::string bytes = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n";
    for (int k = 0; k < count; ++k) {
      std::array<double, 256> a{};
      a[16] = a[32] = entry + k;
      bytes.append(reinterpret_cast<const char*>(a.data()), sizeof a);
    }
    std::ofstream(input, std::ios::binary) << bytes;
  };
  put(10, 0.5);
  const SweepConfig config = make_config({{"name", "of-a-file"},
                                          {"chunks", {16}},
                                          {"families", {{{"family", "file"}, {"path", "a.npy"}}}},
                                          {"methods", {"mbh"}},
                                          {"arithmetics", {"fp16"}}},
                                         {}, "test", std::filesystem::path(input).parent_path(), "of-a-file");
  const std::vector<std::string> shards{run_shard(config, 1, 2), run_shard(config, 2, 2)};
  EXPECT_NE(merged(config, shards, ResultFormat::json).find("\"cases\": 10"), std::string::npos);
  for (const auto& [count, entry] : {std::pair(5, 0.5), std::pair(20, 0.5), std::pair(10, 0.25)}) {
    put(count, entry);
    const std::string message = message_of([&] { merged(config, shards, ResultFormat::json); });
    EXPECT_NE(message.find("the files that it names say now"), std::string::npos) << count << ": " << message;
    EXPECT_NE(message.find(shards[0]), std::string::npos) << message;
    const Plan plan = make_plan(config);
    EXPECT_THROW(check_ids(plan, units_of(plan, Shard{1, 2}), shards[0]), InputError) << count;
  }
  put(10, 0.5);
  const Plan plan = make_plan(config);
  EXPECT_NO_THROW(check_ids(plan, units_of(plan, Shard{1, 2}), shards[0]));
}

TEST_F(MergedShardsTest, damaged_values_and_surplus_lines_are_refused) {
  const SweepConfig config = small_config();
  const std::string first = run_shard(config, 1, 2), second = run_shard(config, 2, 2);
  const std::string text = read_text(second);
  const std::size_t record = text.find("{\"type\": \"record\"");
  const std::string surplus = text.substr(record, text.find('\n', record) + 1 - record) + "{\"type\": \"end\"";
  const auto with = [&](const std::string& old, const std::string& changed) {
    std::string damaged = text;
    damaged.replace(damaged.find(old, record), old.size(), changed);
    std::ofstream(second, std::ios::binary) << damaged;
    return message_of([&] { merged(config, {first, second}, ResultFormat::json); });
  };
  for (const auto& [old, changed] :
       {std::pair("\"frobenius\": ", "\"frobenius\": \"x\", \"y\": "), std::pair("\"frobenius\": ", "\"frobeniu\": "),
        std::pair("\"matrix\": \"", "\"matrix\": \"x"), std::pair("{\"type\": \"end\"", surplus.c_str())}) {
    const std::string message = with(old, changed);
    EXPECT_NE(message.find(second + ": "), std::string::npos) << std::string(changed).substr(0, 20) << ": " << message;
  }
  for (const char* shard :
       {"\"index\": 2, \"count\": 2000000000", "\"index\": \"x\", \"count\": 2", "\"index\": 2, \"count\": 1e300"}) {
    std::string damaged = text;
    const std::string old = "\"index\": 2, \"count\": 2";
    damaged.replace(damaged.find(old), old.size(), shard);
    std::ofstream(second, std::ios::binary) << damaged;
    const std::string message = message_of([&] { config_of_shards({second}); });
    EXPECT_NE(message.find("I/N with 1 <= I <= N <= 1000000"), std::string::npos) << message;
  }
}

}  // namespace tristab::merged_shards_test
