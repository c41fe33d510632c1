// The recipes fla-gdn, fla-gdn-fused and fla-kda against what FLA's kernels returned on an H100 and an H200 for trained
// layers, bit for bit, from q, k, v, beta and g alone: T as it is stored, w, u, the output o and the final state.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/shared_data.h"
#include "tristab/base/json.h"
#include "tristab/layer/chunked_layer.h"
#include "tristab/matrix/layer_tensors.h"
#include "tristab/recipe/recipe.h"

namespace tristab::fla_layers_test {

// Rows [first, first + count) of head h of a tensor [tokens, heads, width].
Matrix rows_of(const TensorFile& file, const std::string& name, std::int64_t head, std::int64_t first, int count) {
  const Tensor* tensor = file.find(name);
  if (tensor == nullptr) throw std::runtime_error("no tensor " + name);
  const std::int64_t heads = tensor->shape[1], width = tensor->shape[2];
  Matrix matrix(count, static_cast<int>(width));
  file.read(*tensor, {(first * heads + head) * width, count, width, heads * width}, matrix.values().data());
  return matrix;
}

std::int64_t different(const Matrix& computed, const Matrix& returned) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < returned.values().size(); ++i) count += computed.values()[i] != returned.values()[i];
  return computed.values().size() == returned.values().size() ? count : -1;
}

struct Differences {
  std::int64_t t = 0, w = 0, u = 0, o = 0, state = 0, compared = 0;
};

enum class Inverse { emulated, stored };

// All chunks of one head; `prefix` names what was returned, `inputs` holds q, k, v, beta and g.
Differences compare(const TensorFile& returned, const std::string& prefix, const LayerTensors& inputs, int head,
                    const Recipe& recipe, Inverse inverse, int n = 64) {
  Machines machines;
  const StageArithmetics stages = recipe.stages();
  const int rows = static_cast<int>(inputs.rows());
  const TokenInputs tokens = inputs.read({0, head, 0, rows}, rows, true);
  ChunkedLayer layer(*recipe.layer, machines, tokens.keys.columns(), tokens.values.columns());
  Differences differences;
  for (int first = 0; first < rows; first += n) {
    const TokenInputs chunk = token_rows(tokens, first, n, n);
    const Matrix stored = rows_of(returned, prefix + "T", head, first, n);
    Matrix t = stored;
    if (inverse == Inverse::emulated) {
      const Matrix a = form(factors_of(chunk), Triangle::strictly_lower, recipe.formation, machines);
      t = invert(recipe.method, stages, a, machines.machine_for(stages)).x;
      differences.t += different(t, stored);
    }
    const ChunkOutputs outputs = layer.advance(chunk, t);
    differences.w += different(outputs.w, rows_of(returned, prefix + "w", head, first, n));
    differences.u += different(outputs.u, rows_of(returned, prefix + "u", head, first, n));
    differences.o += different(outputs.o, rows_of(returned, prefix + "o", head, first, n));
    differences.compared += static_cast<std::int64_t>(n) * (n + 128 + 2 * tokens.values.columns());
  }
  if (const Tensor* state = returned.find(prefix + "state"); state != nullptr) {
    Matrix final_state(128, 128);
    returned.read(*state, {std::int64_t{head} * 16384, 1, 16384, 16384}, final_state.values().data());
    differences.state = different(layer.state(), final_state);
  }
  return differences;
}

Recipe recipe_for(const std::string& model) {
  return expand_recipe(model == "kda" ? "fla-kda" : "fla-gdn-fused", "test", "").front();
}

void expect_none(const Differences& found, const std::string& what) {
  EXPECT_EQ(found.t, 0) << what << " of " << found.compared;
  EXPECT_EQ(found.w, 0) << what;
  EXPECT_EQ(found.u, 0) << what;
  EXPECT_EQ(found.o, 0) << what;
  EXPECT_EQ(found.state, 0) << what;
  EXPECT_GT(found.compared, 0) << what;
}

TEST(FlaLayers, slices_of_h100_layers_are_predicted_bit_for_bit_from_inputs) {
  const auto file = TensorFile::open(TRISTAB_TEST_DATA "/h100-fla-layers.safetensors");
  const std::vector<std::string> names = layer_names(*file);
  EXPECT_EQ(names.size(), 5U);
  for (const std::string& name : names) {
    const Recipe recipe = recipe_for(name.substr(0, name.find('.')));
    expect_none(compare(*file, name + ".", LayerTensors(file, name), 0, recipe, Inverse::emulated), name);
    expect_none(compare(*file, name + ".", LayerTensors(file, name), 0, recipe, Inverse::stored), name);
  }
}

TEST(FlaLayers, a_rounded_exponential_in_place_of_the_instruction_is_seen) {
  const auto file = TensorFile::open(TRISTAB_TEST_DATA "/h100-fla-layers.safetensors");
  Recipe recipe = recipe_for("gdnneg");
  recipe.formation.exponential = Exponential::binary;
  const LayerTensors inputs(file, "gdnneg.layer6");
  EXPECT_GT(compare(*file, "gdnneg.layer6.", inputs, 0, recipe, Inverse::emulated).t, 0);
}

struct LayerRun {
  const char* layer;
  const char* recipe;
  int chunk;
};
// What an H200 returned: other chunks, and another launch of the same kernel.
const LayerRun kH200[] = {
    {"gdn.layer11", "fla-gdn", 16}, {"gdn.layer11", "fla-gdn", 32}, {"kda.layer11", "fla-kda", 64}};

Recipe h200_recipe(const LayerRun& run) {
  Json given{{"kernel", run.recipe}};
  if (run.chunk == 64) given["launch"] = "h200";
  return expand_recipe(given, "test", "").front();
}

Differences of_run(const std::shared_ptr<const TensorFile>& file, const LayerRun& run, const Recipe& recipe, int head) {
  const std::string prefix = std::string(run.layer) + ".bt" + std::to_string(run.chunk) + ".";
  return compare(*file, prefix, LayerTensors(file, run.layer), head, recipe, Inverse::emulated, run.chunk);
}

TEST(FlaLayers, slices_of_h200_layers_are_predicted_at_chunks_16_32_and_64) {
  const auto file = TensorFile::open(TRISTAB_TEST_DATA "/h200-fla-chunks.safetensors");
  for (const LayerRun& run : kH200) {
    Differences found = of_run(file, run, h200_recipe(run), 0);
    found.state = 0;  // of the whole sequence
    expect_none(found, run.layer + std::to_string(run.chunk));
  }
}

TEST(FlaLayers, bits_belong_to_a_launch_configuration) {
  const auto file = TensorFile::open(TRISTAB_TEST_DATA "/h200-fla-chunks.safetensors");
  EXPECT_EQ(of_run(file, kH200[2], expand_recipe("fla-kda", "test", "").front(), 0).t, 3);
}

TEST(FlaLayers, whole_h200_layers_are_predicted_but_for_two_outputs) {
  const char* const name = "h200/fla_chunks.safetensors";
  const std::filesystem::path data = shared_data(name);
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with " << name;
  const auto file = TensorFile::open(data / name);
  for (const LayerRun& run : kH200) {
    Differences all;
    for (int head = 0; head < 2; ++head) {
      const Differences found = of_run(file, run, h200_recipe(run), head);
      all.t += found.t, all.w += found.w, all.u += found.u, all.o += found.o, all.state += found.state;
      all.compared += found.compared;
    }
    if (run.chunk == 32) {
      EXPECT_EQ(all.o, 2);
      all.o = 0;
    }
    expect_none(all, run.layer + std::to_string(run.chunk));
  }
}

TEST(FlaLayers, whole_h100_layers_are_predicted_bit_for_bit_from_inputs) {
  const char* const name = "h100/fla_layers.safetensors";
  const std::filesystem::path data = shared_data(name);
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with " << name;
  const auto returned = TensorFile::open(data / name);
  for (const std::string model : {"gdn", "gdnneg", "kda"}) {
    const auto file = TensorFile::open(data / "models" / (model + ".safetensors"));
    for (const std::string layer : {"layer0", "layer6"}) {
      const LayerTensors inputs(file, layer);
      const std::string prefix = model + "." + layer + ".";
      for (int head = 0; head < 4; ++head) {
        expect_none(compare(*returned, prefix, inputs, head, recipe_for(model), Inverse::emulated), prefix);
      }
    }
  }
}

}  // namespace tristab::fla_layers_test
