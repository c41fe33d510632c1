// Slices of trained layers in the repository, and the whole files where they are at hand.
#include <gtest/gtest.h>

#include <algorithm>

#include <cmath>
#include <filesystem>

#include "support/shared_data.h"
#include "test_support.h"
#include "tristab/base/json.h"
#include "tristab/matrix/layer_tensors.h"

namespace tristab::trained_layers_test {

using testing_support::open;

std::unique_ptr<Source> fixture(const std::string& model, const std::string& layer) {
  return open({{"family", "file"}, {"path", model + "-slice.safetensors"}, {"layer", layer}}, 1, 1, TRISTAB_TEST_DATA);
}

TEST(TrainedLayers, every_slice_has_two_layers_two_heads_and_128_tokens) {
  for (const char* model : {"gdn", "gdnneg", "deltanet", "kda"}) {
    const auto file =
        TensorFile::open(std::filesystem::path(TRISTAB_TEST_DATA) / (std::string(model) + "-slice.safetensors"));
    ASSERT_EQ(layer_names(*file), (std::vector<std::string>{"layer0", "layer6"}));
    for (const std::string& layer : layer_names(*file)) {
      EXPECT_EQ(fixture(model, layer)->count(64), 4);
      EXPECT_EQ(fixture(model, layer)->count(128), 2);
    }
  }
}

// |k| = 1 and g <= 0 bound |A_ij| by beta_i, which is at most 1, or 2 with negative eigenvalues; keys are
// rounded to bfloat16, which allows 2^-7 more.
TEST(TrainedLayers, entries_are_bounded_by_beta) {
  for (const auto& [model, bound] :
       {std::pair("gdn", 1.0), std::pair("gdnneg", 2.0), std::pair("deltanet", 1.0), std::pair("kda", 1.0)}) {
    double largest = 0;
    for (const char* layer : {"layer0", "layer6"}) {
      const auto source = fixture(model, layer);
      for (int i = 0; i < source->count(64); ++i) {
        const Matrix a = source->problem(64, i).a;
        for (const double x : a.values()) largest = std::max(largest, std::fabs(x));
      }
    }
    EXPECT_LE(largest, bound * (1 + 0x1p-7)) << model;
    EXPECT_GT(largest, 0.3) << model;
  }
}

TEST(TrainedLayers, slices_are_the_beginnings_of_the_whole_files) {
  const std::filesystem::path data = shared_data("models/gdn.safetensors");
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with models/gdn.safetensors";
  for (const char* model : {"gdn", "gdnneg", "deltanet", "kda"}) {
    for (const char* layer : {"layer0", "layer6"}) {
      const auto slice = fixture(model, layer);
      const auto whole = open({{"family", "file"},
                               {"path", std::string("models/") + model + ".safetensors"},
                               {"layer", layer},
                               {"heads", {0, 1}},
                               {"tokens", {0, 128}}},
                              1, 1, data);
      ASSERT_EQ(whole->count(64), slice->count(64));
      for (int i = 0; i < slice->count(64); ++i) EXPECT_EQ(slice->problem(64, i).a, whole->problem(64, i).a);
    }
  }
}

// What flash-linear-attention formed on an H100 in fp32 from the same first 512 tokens of these models (a
// longer sequence there; the model's file holds its beginning): the same A to the rounding of its formation.
TEST(TrainedLayers, formed_matrices_agree_with_those_formed_on_an_h100) {
  const std::filesystem::path data = shared_data("models/gdn.safetensors");
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with models/gdn.safetensors";
  for (const std::string model : {"gdn", "gdnneg"}) {
    const auto formed =
        open({{"family", "file"}, {"path", "models/" + model + ".safetensors"}, {"layer", "layer6"}, {"heads", {0, 1}}},
             1, 1, data);
    const auto given = open({{"family", "file"},
                             {"path", "h100/fla_solve_tril.safetensors"},
                             {"tensor", model + ".layer6.bt64.A"},
                             {"tokens", {0, 512}}},
                            1, 1, data);
    ASSERT_EQ(formed->count(64), 16);
    ASSERT_EQ(given->count(64), 16);
    EXPECT_EQ(given->sizes(), std::vector<int>{64});
    for (int c = 0; c < 16; ++c) {
      const Problem ours = formed->problem(64, c), theirs = given->problem(64, c);
      EXPECT_EQ(ours.source.json().at("head"), theirs.source.json().at("head"));
      EXPECT_EQ(ours.source.json().at("first_token"), theirs.source.json().at("first_token"));
      double difference = 0, size = 0;
      for (std::size_t i = 0; i < ours.a.values().size(); ++i) {
        difference += std::pow(ours.a.values()[i] - theirs.a.values()[i], 2);
        size += std::pow(ours.a.values()[i], 2);
      }
      EXPECT_LT(std::sqrt(difference / size), 0x1p-18) << model << " " << c;
    }
  }
}

// Measured over 512 tokens and 4 heads, when the models were trained.
TEST(TrainedLayers, mean_cosines_between_keys_are_those_published) {
  const std::filesystem::path data = shared_data("models/gdn.safetensors");
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with models/gdn.safetensors";
  struct Published {
    const char* model;
    double layer0, layer6;
  };
  for (const auto& [model, layer0, layer6] :
       {Published{"gdn", 0.26, 0.43}, {"gdnneg", 0.21, 0.55}, {"deltanet", 0.18, 0.43}, {"kda", 0.31, 0.48}}) {
    const auto file = TensorFile::open(data / "models" / (std::string(model) + ".safetensors"));
    for (const auto& [name, published] : {std::pair("layer0", layer0), std::pair("layer6", layer6)}) {
      const LayerTensors layer(file, name);
      double sum = 0;
      for (int head = 0; head < 4; ++head) {
        for (int chunk = 0; chunk < 8; ++chunk) {
          TokenInputs inputs = layer.read({0, head, 64 * chunk, 64}, 64);
          inputs.rule = &delta_rule("delta-net");
          std::ranges::fill(inputs.parts.at("beta").values(), 1.0);
          inputs.log_decay = Matrix(64, 0);
          const Matrix gram = delta_rule_matrix(inputs);
          for (const double x : gram.values()) sum += x / (4 * 8 * 64 * 63 / 2);
        }
      }
      EXPECT_NEAR(sum, published, 0.006) << model << " " << name;
    }
  }
}

}  // namespace tristab::trained_layers_test
