// The family `file` on files that the tests write: layouts, orders, tails, refusals.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "test_support.h"
#include "tristab/base/json.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab::file_family_test {

using testing_support::bytes_of;
using testing_support::message_of;
using testing_support::npy_bytes;
using testing_support::safetensors_bytes;
using testing_support::TemporaryDirectory;

struct NamedArray {
  std::string name;
  std::vector<int> shape;
  std::vector<double> values;
};

std::string shape_list(const std::vector<int>& shape) { return Json(shape).dump(); }

std::string f64_safetensors(const std::vector<NamedArray>& arrays) {
  Json header = Json::object();
  std::string data;
  for (const NamedArray& array : arrays) {
    const std::string bytes = bytes_of(array.values);
    header[array.name] = {
        {"dtype", "F64"}, {"shape", array.shape}, {"data_offsets", {data.size(), data.size() + bytes.size()}}};
    data += bytes;
  }
  return safetensors_bytes(header.dump(), data);
}

std::string f64_npy(const std::vector<int>& shape, const std::vector<double>& values) {
  std::string extents = shape_list(shape);
  extents.front() = '(', extents.back() = ',';
  return npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': " + extents + ")}", bytes_of(values));
}

std::vector<double> numbered(int count, double scale = 1) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(scale * std::sin(1.0 + i));
  return values;
}

class FileFamily : public ::testing::Test {
 protected:
  std::unique_ptr<Source> open(Json given) {
    given["family"] = "file";
    return testing_support::open(given, 1, 1, directory_.path());
  }
  std::string usage(const Json& given) {
    return message_of<UsageError>([&] { open(given); });
  }
  std::string refusal(const Json& given) {
    const std::string message = message_of<InputError>([&] {
      const auto source = open(given);
      const int n = source->sizes().empty() ? 4 : source->sizes().front();
      for (int i = 0; i < source->count(n); ++i) source->problem(n, i);
    });
    EXPECT_NE(message.find((directory_.path() / given["path"].get<std::string>()).filename().string()),
              std::string::npos)
        << message;
    return message;
  }

  // 10 tokens, 3 heads, dim 5 with one decay a head under "one", one a channel under "two", none under
  // "three".
  void write_layers() {
    directory_.write("layers.safetensors", f64_safetensors({{"one.k", {10, 3, 5}, numbered(150)},
                                                            {"one.beta", {10, 3}, numbered(30, 0.5)},
                                                            {"one.g", {10, 3}, decays(30)},
                                                            {"two.k", {10, 3, 5}, numbered(150)},
                                                            {"two.beta", {10, 3}, numbered(30, 0.5)},
                                                            {"two.g", {10, 3, 5}, decays(150)},
                                                            {"three.k", {10, 3, 5}, numbered(150)},
                                                            {"three.beta", {10, 3}, numbered(30, 0.5)}}));
  }
  static std::vector<double> decays(int count) {
    std::vector<double> values = numbered(count);
    for (double& g : values) g = -std::fabs(g);
    return values;
  }

  TemporaryDirectory directory_;
};

// A written as [batch, n, n] comes back as batch matrices in order.
TEST_F(FileFamily, batches_of_matrices_are_read_in_order) {
  std::vector<double> values(2 * 9, 0.0);
  values[3] = 1, values[6] = 2, values[7] = 3;              // matrix 0
  values[9 + 3] = 4, values[9 + 6] = 5, values[9 + 7] = 6;  // matrix 1
  values[9 + 4] = -0.0;
  directory_.write("a.npy", f64_npy({2, 3, 3}, values));
  const auto source = open({{"path", "a.npy"}});
  EXPECT_EQ(source->sizes(), std::vector<int>{3});
  EXPECT_EQ(source->count(3), 2);
  EXPECT_EQ(source->count(4), 0);
  const Problem second = source->problem(3, 1);
  EXPECT_EQ(second.trial, 1);
  EXPECT_EQ(second.a(1, 0), 4);
  EXPECT_EQ(second.a(2, 0), 5);
  EXPECT_EQ(second.a(2, 1), 6);
  EXPECT_FALSE(std::signbit(second.a(1, 1)));
  EXPECT_TRUE(second.id.starts_with("file-3-0001-"));
  EXPECT_NE(second.id.substr(12), source->problem(3, 0).id.substr(12));
  EXPECT_EQ(second.source.json().dump(), R"({"chunk":null,"file":"a.npy","first_token":null,"head":null,"layer":null,)"
                                         R"("sequence":1,"tensor":"array"})");
}

// The same numbers under another path, in another container's order, or named by an absolute path.
TEST_F(FileFamily, ids_follow_the_content_and_not_the_path) {
  const std::vector<double> values{0, 0, 7, 0, 0, 0, 5, 0};
  directory_.write("a.npy", f64_npy({2, 2, 2}, values));
  std::filesystem::create_directory(directory_.path() / "sub");
  directory_.write("sub/copy.npy", f64_npy({2, 2, 2}, values));
  directory_.write("other.npy", f64_npy({2, 2, 2}, {0, 0, 7, 0, 0, 0, 5.5, 0}));
  const auto id = [&](const Json& given, int index) { return open(given)->problem(2, index).id; };
  const std::string first = id({{"path", "a.npy"}}, 0), second = id({{"path", "a.npy"}}, 1);
  for (const std::string& path :
       std::vector<std::string>{"./a.npy", "sub/copy.npy", (directory_.path() / "a.npy").string()}) {
    EXPECT_EQ(id({{"path", path}}, 0), first) << path;
    EXPECT_EQ(id({{"path", path}, {"tensor", "array"}}, 1), second) << path;
  }
  EXPECT_EQ(id({{"path", "other.npy"}}, 0), first);
  EXPECT_NE(id({{"path", "other.npy"}}, 1), second);
}

TEST_F(FileFamily, ids_of_layers_follow_keys_and_place) {
  write_layers();
  std::filesystem::copy_file(directory_.path() / "layers.safetensors", directory_.path() / "copy.safetensors");
  const auto id = [&](const char* path, const char* layer, int index) {
    return open({{"path", path}, {"layer", layer}})->problem(4, index).id;
  };
  EXPECT_EQ(id("layers.safetensors", "one", 3), id("copy.safetensors", "one", 3));
  EXPECT_NE(id("layers.safetensors", "one", 0), id("layers.safetensors", "three", 0));
  const Json some{{"path", "copy.safetensors"}, {"layer", "one"}, {"heads", {1}}};
  const std::string whole = id("layers.safetensors", "one", 3), part = open(some)->problem(4, 0).id;
  EXPECT_EQ(part.substr(part.rfind('-')),
            whole.substr(whole.rfind('-')));  // chunk 0 of head 1; only its number differs
}

TEST_F(FileFamily, a_file_without_a_layer_names_what_is_missing) {
  directory_.write("n.safetensors",
                   f64_safetensors({{"keys", {4, 2, 2}, numbered(16)}, {"betas", {4, 2}, numbered(8)}}));
  EXPECT_EQ(usage({{"path", "n.safetensors"}}),
            fmt::format(
                "families[0]: {}: no tensor k and no tensor beta; a layer needs k and beta, and g if it decays (found "
                "betas, keys; rename keys to k, betas to beta). A tensor that holds A itself is named by "
                "families[0].tensor",
                (directory_.path() / "n.safetensors").string()));
  directory_.write("n.safetensors", f64_safetensors({{"k", {4, 2, 2}, numbered(16)}, {"g", {4, 2}, numbered(8)}}));
  EXPECT_NE(usage({{"path", "n.safetensors"}}).find("no tensor beta; a layer needs k and beta"), std::string::npos);
  directory_.write("n.safetensors", f64_safetensors({}));
  EXPECT_NE(refusal({{"path", "n.safetensors"}}).find("found no tensors"), std::string::npos);
}

TEST_F(FileFamily, one_matrix_may_lack_the_batch_axis) {
  directory_.write("a.npy", f64_npy({2, 2}, {0, 0, 7, 0}));
  EXPECT_EQ(open({{"path", "a.npy"}})->count(2), 1);
  EXPECT_EQ(open({{"path", "a.npy"}})->problem(2, 0).a(1, 0), 7);
}

TEST_F(FileFamily, an_entry_on_or_above_the_diagonal_is_refused_by_position) {
  directory_.write("a.npy", f64_npy({2, 2, 2}, {0, 0, 7, 0, 0, 0, 5, 1}));
  EXPECT_NE(refusal({{"path", "a.npy"}}).find("tensor 'array' holds 1 at index [1, 1, 1], on or above the diagonal"),
            std::string::npos);
}

// [tokens, heads, n]: chunk c of head h is rows n c .. n c + n - 1; all chunks of a head before the next
// head.
TEST_F(FileFamily, blocks_by_token_and_head_are_read_head_after_head) {
  const int n = 4, heads = 2, tokens = 10;
  std::vector<double> values(static_cast<std::size_t>(tokens * heads * n), 0.0);
  const auto entry = [&](int token, int head, int column) { return 100.0 * token + 10 * head + column + 1; };
  for (int t = 0; t < tokens; ++t) {
    for (int h = 0; h < heads; ++h) {
      for (int j = 0; j < t % n; ++j) values[static_cast<std::size_t>((t * heads + h) * n + j)] = entry(t, h, j);
    }
  }
  directory_.write("t.safetensors", f64_safetensors({{"x.A", {tokens, heads, n}, values}, {"y", {1}, {0}}}));
  Json given = {{"path", "t.safetensors"}, {"tensor", "x.A"}};
  const auto source = open(given);
  EXPECT_EQ(source->sizes(), std::vector<int>{4});
  ASSERT_EQ(source->count(4), 6);
  for (int index = 0; index < 6; ++index) {
    const int head = index / 3, chunk = index % 3;
    const Problem problem = source->problem(4, index);
    EXPECT_EQ(problem.source.json().at("head"), head);
    EXPECT_EQ(problem.source.json().at("chunk"), chunk);
    EXPECT_EQ(problem.source.json().at("first_token"), 4 * chunk);
    ASSERT_EQ(problem.a.rows(), 4);
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < i; ++j) {
        EXPECT_EQ(problem.a(i, j), 4 * chunk + i < tokens ? entry(4 * chunk + i, head, j) : 0.0);
      }
    }
  }
  given["heads"] = {1};
  given["tokens"] = {4, 10};
  given["tail"] = "short";
  const auto part = open(given);
  ASSERT_EQ(part->count(4), 2);
  EXPECT_EQ(part->problem(4, 1).a.rows(), 2);
  EXPECT_TRUE(part->problem(4, 1).id.starts_with("file-2-0001-"));
  EXPECT_EQ(part->problem(4, 1).a(1, 0), entry(9, 1, 0));
  given["tokens"] = {2, 10};
  EXPECT_NE(usage(given).find("families[0].tokens: found a first token of 2; allowed: multiples of 4"),
            std::string::npos);
}

TEST_F(FileFamily, layers_give_the_matrices_of_their_formulas) {
  write_layers();
  for (const char* layer : {"one", "two", "three"}) {
    const auto source = open({{"path", "layers.safetensors"}, {"layer", layer}});
    ASSERT_EQ(source->count(4), 9);
    EXPECT_TRUE(source->sizes().empty());
    for (int index = 0; index < 9; ++index) {
      const int head = index / 3, chunk = index % 3, rows = std::min(4, 10 - 4 * chunk);
      TokenInputs inputs;
      inputs.rule = &delta_rule(layer == std::string("two")   ? "kda"
                                : layer == std::string("one") ? "gdn"
                                                              : "delta-net");
      inputs.keys = Matrix(4, 5);
      Matrix& beta = inputs.parts["beta"] = Matrix(4, 1);
      inputs.log_decay = Matrix(4, layer == std::string("two") ? 5 : layer == std::string("one") ? 1 : 0);
      for (int i = 0; i < rows; ++i) {
        const int row = (4 * chunk + i) * 3 + head;
        for (int d = 0; d < 5; ++d) inputs.keys(i, d) = numbered(150)[static_cast<std::size_t>(row * 5 + d)];
        beta(i, 0) = numbered(30, 0.5)[static_cast<std::size_t>(row)];
        const int width = inputs.log_decay.columns();
        for (int d = 0; d < width; ++d) {
          inputs.log_decay(i, d) = decays(30 * width)[static_cast<std::size_t>(row * width + d)];
        }
      }
      EXPECT_EQ(source->problem(4, index).a, delta_rule_matrix(inputs)) << layer << " " << index;
    }
    EXPECT_EQ(source->problem(4, 5).source.json().dump(),
              std::string(R"({"chunk":2,"file":"layers.safetensors","first_token":8,"head":1,"layer":")") + layer +
                  R"(","sequence":0})");
  }
}

TEST_F(FileFamily, padded_rows_are_zero_and_short_or_dropped_tails_are_absent) {
  write_layers();
  Json given = {{"path", "layers.safetensors"}, {"layer", "one"}, {"heads", {2}}};
  const Matrix padded = open(given)->problem(4, 2).a;
  for (int j = 0; j < 4; ++j) {
    EXPECT_EQ(padded(2, j), 0.0);
    EXPECT_EQ(padded(3, j), 0.0);
  }
  EXPECT_NE(padded(1, 0), 0.0);
  given["tail"] = "short";
  const Problem tail = open(given)->problem(4, 2);
  ASSERT_EQ(tail.a.rows(), 2);
  EXPECT_EQ(tail.a(1, 0), padded(1, 0));
  given["tail"] = "drop";
  EXPECT_EQ(open(given)->count(4), 2);
  EXPECT_EQ(open(given)->count(16), 0);
}

TEST_F(FileFamily, all_layers_follow_each_other) {
  write_layers();
  const auto all = open({{"path", "layers.safetensors"}, {"layer", "all"}, {"heads", "0,2"}, {"tokens", "0:8"}});
  ASSERT_EQ(all->count(8), 6);
  const std::vector<std::string> order = {"one", "one", "three", "three", "two", "two"};
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(all->problem(8, i).source.json().at("layer"), order[static_cast<std::size_t>(i)]);
    EXPECT_EQ(all->problem(8, i).source.json().at("head"), i % 2 * 2);
    EXPECT_EQ(all->problem(8, i).trial, i);
  }
  EXPECT_EQ(testing_support::message_of<UsageError>([&] {
              open({{"path", "layers.safetensors"}});
            }),
            "families[0].layer: found nothing; allowed: all, one, three, two (the layers of " +
                (directory_.path() / "layers.safetensors").string() + ")");
}

TEST_F(FileFamily, sequences_are_read_one_after_the_other) {
  directory_.write("s.safetensors",
                   f64_safetensors({{"l.k", {2, 4, 1, 2}, numbered(16)}, {"l.beta", {2, 4, 1}, numbered(8)}}));
  const auto source = open({{"path", "s.safetensors"}});
  ASSERT_EQ(source->count(4), 2);
  EXPECT_EQ(source->problem(4, 1).source.json().at("sequence"), 1);
  const std::vector<double> k = numbered(16), beta = numbered(8);
  EXPECT_NEAR(source->problem(4, 1).a(1, 0), beta[5] * (k[10] * k[8] + k[11] * k[9]), 1e-15);
}

TEST_F(FileFamily, keys_betas_and_decays_may_lie_in_npy_files_of_their_own) {
  write_layers();
  directory_.write("k.npy", f64_npy({10, 3, 5}, numbered(150)));
  directory_.write("beta.npy", f64_npy({10, 3}, numbered(30, 0.5)));
  directory_.write("g.npy", f64_npy({10, 3}, decays(30)));
  const auto apart = open({{"path", "k.npy"}, {"beta", "beta.npy"}, {"g", "g.npy"}});
  const auto layer = open({{"path", "layers.safetensors"}, {"layer", "one"}});
  EXPECT_EQ(apart->problem(4, 7).a, layer->problem(4, 7).a);
  EXPECT_TRUE(apart->problem(4, 7).source.json().at("layer").is_null());
}

TEST_F(FileFamily, unknown_tensors_layers_heads_and_tokens_name_what_there_is) {
  write_layers();
  EXPECT_NE(usage({{"path", "layers.safetensors"}, {"layer", "tow"}}).find("did you mean 'two'?"), std::string::npos);
  EXPECT_NE(usage({{"path", "layers.safetensors"}, {"tensor", "one.q"}}).find("did you mean 'one.g'?"),
            std::string::npos);
  EXPECT_EQ(usage({{"path", "layers.safetensors"}, {"layer", "one"}, {"heads", {3}}}),
            "families[0].heads: found head 3; allowed: 0 to 2");
  EXPECT_EQ(usage({{"path", "layers.safetensors"}, {"layer", "one"}, {"tokens", {0, 11}}}),
            "families[0].tokens: found [0, 11); allowed: at most [0, 10)");
}

TEST_F(FileFamily, settings_that_exclude_each_other_are_refused) {
  EXPECT_NE(usage({{"layer", "one"}}).find("families[0].path: found nothing"), std::string::npos);
  EXPECT_NE(usage({{"path", "x"}, {"layer", "a"}, {"tensor", "b"}}).find("allowed: one of them"), std::string::npos);
  EXPECT_NE(usage({{"path", "x"}, {"g", "b"}}).find("without beta"), std::string::npos);
}

TEST_F(FileFamily, lists_of_heads_are_no_axis_and_lists_of_layers_are) {
  EXPECT_EQ(expand_family({{"family", "file"}, {"path", "x"}, {"heads", {0, 2}}, {"tokens", {0, 64}}}, "p").size(), 1u);
  const auto specs = expand_family({{"family", "file"}, {"path", "x"}, {"layer", {"a", "b"}}}, "p");
  ASSERT_EQ(specs.size(), 2u);
  EXPECT_EQ(specs[1].settings.json().dump(), R"({"heads":"all","layer":"b","path":"x","tail":"pad","tokens":"all"})");
}

TEST_F(FileFamily, shapes_that_do_not_fit_name_tensor_found_and_allowed) {
  directory_.write("a.npy", f64_npy({2, 3}, numbered(6)));
  EXPECT_NE(refusal({{"path", "a.npy"}})
                .find("tensor 'array' has shape [2, 3]; allowed: [n, n], [batch, n, n] or "
                      "[tokens, heads, n]"),
            std::string::npos);
  const auto with = [&](std::vector<NamedArray> arrays) {
    directory_.write("l.safetensors", f64_safetensors(arrays));
    return refusal({{"path", "l.safetensors"}, {"layer", "l"}});
  };
  EXPECT_NE(with({{"l.k", {4, 2}, numbered(8)}, {"l.beta", {4, 2}, numbered(8)}}).find("tensor 'l.k' has shape [4, 2]"),
            std::string::npos);
  EXPECT_NE(with({{"l.k", {4, 2, 2}, numbered(16)}, {"l.beta", {2, 4}, numbered(8)}})
                .find("tensor 'l.beta' has shape [2, 4]; allowed: [4, 2]"),
            std::string::npos);
  EXPECT_NE(with({{"l.k", {4, 2, 2}, numbered(16)}, {"l.beta", {4, 2}, numbered(8)}, {"l.g", {4}, numbered(4)}})
                .find("allowed: [4, 2] (one decay a head) or [4, 2, 2] (one a channel)"),
            std::string::npos);
  EXPECT_NE(with({{"l.k", {4, 2, 2}, numbered(16)}, {"l.bta", {4, 2}, numbered(8)}}).find("(nearest: 'l.bta')"),
            std::string::npos);
  EXPECT_NE(with({{"l.k", {0, 2, 2}, {}}, {"l.beta", {0, 2}, {}}}).find("nothing empty"), std::string::npos);
}

TEST_F(FileFamily, nan_in_an_input_and_overflow_of_a_are_refused) {
  std::vector<double> k = numbered(16);
  k[11] = std::numeric_limits<double>::quiet_NaN();
  directory_.write("l.safetensors", f64_safetensors({{"l.k", {4, 2, 2}, k}, {"l.beta", {4, 2}, numbered(8)}}));
  EXPECT_NE(refusal({{"path", "l.safetensors"}}).find("tensor 'l.k' holds NaN at index [2, 1, 1]"), std::string::npos);
  directory_.write("l.safetensors", f64_safetensors({{"l.k", {4, 1, 2}, numbered(8)},
                                                     {"l.beta", {4, 1}, numbered(4)},
                                                     {"l.g", {4, 1}, {0, 800, 0, 0}}}));
  EXPECT_NE(refusal({{"path", "l.safetensors"}}).find("A of layer l, head 0, tokens 0 to 3, is not finite at [1, 0]"),
            std::string::npos);
}

TEST_F(FileFamily, a_missing_file_names_the_setting) {
  EXPECT_NE(refusal({{"path", "none.npy"}}).find("families[0].path: "), std::string::npos);
}

}  // namespace tristab::file_family_test
