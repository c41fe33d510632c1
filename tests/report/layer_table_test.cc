#include "tristab/report/layer_table.h"

#include <gtest/gtest.h>

#include "tristab/base/json.h"
#include "tristab/sweep/config.h"

namespace tristab::layer_table_test {

TEST(LayerTable, sequences_of_a_setting_on_an_input_are_one_row) {
  const SweepConfig config =
      make_config(Json{{"families", {"gdn", "kda"}}, {"methods", {"mbh", "mch"}}, {"arithmetics", {"fp16"}}}, {},
                  "test", "", "test");
  const Scenario& scenario = config.scenarios[0];
  LayerTable table;
  for (int sequence = 0; sequence < 3; ++sequence) {
    for (std::size_t family = 0; family < 2; ++family) {
      LayerResult result;
      result.input = {&scenario, &scenario.families[family].spec, 16};
      for (const MethodSpec& method : scenario.methods) {
        LayerRecord record;
        record.setting = {&method, &scenario.arithmetics[0], nullptr, &scenario.formations[0]};
        record.errors.whole.o = sequence;
        record.fit = sequence == 2 && method.name == "mch" ? Fit::unfit : Fit::fit;
        result.records.push_back(record);
      }
      table.add(result);
    }
  }
  ASSERT_EQ(table.rows().size(), 4u);
  const std::pair<const char*, const char*> names[] = {
      {"gdn n=16", "mbh fp16"}, {"gdn n=16", "mch fp16"}, {"kda n=16", "mbh fp16"}, {"kda n=16", "mch fp16"}};
  for (std::size_t k = 0; k < 4; ++k) {
    const LayerRow& row = table.rows()[k];
    EXPECT_EQ(row.place, names[k].first);
    EXPECT_EQ(row.setting, names[k].second);
    EXPECT_EQ(row.trials, 3);
    EXPECT_EQ(row.fit, k % 2 == 0 ? 3 : 2);
    EXPECT_EQ(row.unfit, k % 2 == 0 ? 0 : 1);
    EXPECT_EQ(row.o, (std::vector<double>{0, 1, 2}));
  }
}

}  // namespace tristab::layer_table_test
