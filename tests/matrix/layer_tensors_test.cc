// LayerTensors on files written here, in which every value tells its tensor, row, head and column: a wrong
// one of them is seen.
#include "tristab/matrix/layer_tensors.h"
#include "tristab/base/json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "test_support.h"
#include "zip_bytes.h"

namespace tristab::layer_tensors_test {

using testing_support::bytes_of;
using testing_support::message_of;
using testing_support::npy_bytes;
using testing_support::safetensors_bytes;
using testing_support::stored_member;
using testing_support::TemporaryDirectory;
using testing_support::zip_bytes;

struct Entry {
  std::string name, dtype;
  std::vector<int> shape;
  std::string bytes;
};

// What the tensor called <layer>.<part> holds at row, head and column: a different number at every place, and
// in every part by its first letter; below 0 in g.
double value_at(char part, int row, int head, int column = 0) {
  const double value = 1e6 * part + 1e4 * row + 100.0 * head + column;
  return part == 'g' ? -value : value;
}

// [rows, heads, width], or [rows, heads] for width 0; `first_row` is what the row 0 is numbered as.
Entry tensor(const std::string& name, int rows, int heads, int width, int first_row = 0) {
  const std::size_t dot = name.rfind('.');
  const char part = name[dot == std::string::npos ? 0 : dot + 1];
  std::vector<double> values;
  for (int t = 0; t < rows; ++t) {
    for (int h = 0; h < heads; ++h) {
      for (int d = 0; d < std::max(width, 1); ++d) values.push_back(value_at(part, first_row + t, h, d));
    }
  }
  std::vector<int> shape{rows, heads};
  if (width > 0) shape.push_back(width);
  return {name, "F64", shape, bytes_of(values)};
}

// Two tensors as the two entries of an axis before the tokens.
Entry batch_of(const Entry& first, const Entry& second) {
  std::vector<int> shape = first.shape;
  shape.insert(shape.begin(), 2);
  return {first.name, first.dtype, shape, first.bytes + second.bytes};
}

Entry integers(const std::string& name, const std::vector<std::int64_t>& values) {
  return {name, "I64", {static_cast<int>(values.size())}, bytes_of(values)};
}

class LayerFile : public ::testing::Test {
 protected:
  std::shared_ptr<const TensorFile> file(const std::vector<Entry>& entries) {
    Json header = Json::object();
    std::string data;
    for (const Entry& entry : entries) {
      header[entry.name] = {{"dtype", entry.dtype},
                            {"shape", entry.shape},
                            {"data_offsets", {data.size(), data.size() + entry.bytes.size()}}};
      data += entry.bytes;
    }
    return TensorFile::open(directory_.write("f.safetensors", safetensors_bytes(header.dump(), data)));
  }
  std::string refusal(const std::vector<Entry>& entries, const LayerConventions& conventions = {}) {
    const std::string message = message_of<InputError>([&] { LayerTensors(file(entries), "l", conventions); });
    const std::size_t at = message.find("f.safetensors: ");
    return at == std::string::npos ? message : message.substr(at + 15);
  }
  std::unique_ptr<Source> source(const std::vector<Entry>& entries, Json given = Json::object()) {
    file(entries);
    given["family"] = "file";
    given["path"] = "f.safetensors";
    return testing_support::open(given, 1, 1, directory_.path());
  }
  TemporaryDirectory directory_;
};

// Each row of `x` from first_row on, of one head of a tensor whose values value_at gives.
void expect_rows(const Matrix& x, char part, int first_row, int head, int count, int row_step = 1) {
  for (int i = 0; i < x.rows(); ++i) {
    for (int d = 0; d < x.columns(); ++d) {
      EXPECT_EQ(x(i, d), i < count ? value_at(part, first_row + i * row_step, head, d) : 0.0)
          << part << " row " << i << " column " << d;
    }
  }
}

TEST_F(LayerFile, heads_of_gates_share_the_keys_of_their_group) {
  const LayerTensors layer(file({tensor("l.k", 6, 2, 3), tensor("l.beta", 6, 6, 0), tensor("l.g", 6, 6, 0),
                                 tensor("l.q", 6, 2, 3), tensor("l.v", 6, 6, 5)}),
                           "l");
  EXPECT_EQ(layer.rule().name, "gdn");
  EXPECT_EQ(layer.heads(), 6);
  EXPECT_EQ(layer.key_heads(), 2);
  for (int head = 0; head < 6; ++head) {
    const TokenInputs x = layer.read({0, head, 1, 4}, 4, true);
    expect_rows(x.keys, 'k', 1, head / 3, 4);
    expect_rows(x.queries, 'q', 1, head / 3, 4);
    expect_rows(x.values, 'v', 1, head, 4);
    expect_rows(x.log_decay, 'g', 1, head, 4);
    ASSERT_EQ(x.part("beta").rows(), 4);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(x.part("beta")(i, 0), value_at('b', 1 + i, head));
    EXPECT_EQ(x.values.columns(), 5);
  }
}

TEST_F(LayerFile, keys_that_are_repeated_already_are_taken_head_by_head) {
  const LayerTensors layer(file({tensor("l.k", 4, 4, 2), tensor("l.beta", 4, 4, 0), tensor("l.q", 4, 4, 2)}), "l");
  EXPECT_EQ(layer.rule().name, "delta-net");
  for (int head = 0; head < 4; ++head) expect_rows(layer.read({0, head, 0, 4}, 4).keys, 'k', 0, head, 4);
}

TEST_F(LayerFile, heads_that_are_no_multiple_of_key_heads_are_refused) {
  EXPECT_EQ(refusal({tensor("l.k", 4, 2, 3), tensor("l.beta", 4, 3, 0)}),
            "tensor 'l.beta' has shape [4, 3]; allowed: [4, 2] (or a multiple of 2 heads) for the rule "
            "delta-net, as tensor 'l.k' has shape [4, 2, 3]");
  EXPECT_EQ(refusal({tensor("l.k", 4, 2, 3), tensor("l.beta", 4, 4, 0), tensor("l.g", 4, 2, 0)}),
            "tensor 'l.g' has shape [4, 2]; allowed: [4, 4] (one decay a head) or [4, 4, 3] (one a channel), "
            "as tensor 'l.k' has shape [4, 2, 3]");
  EXPECT_EQ(refusal({tensor("l.k", 4, 2, 3), tensor("l.beta", 4, 4, 0), tensor("l.q", 4, 1, 3)}),
            "tensor 'l.q' has shape [4, 1, 3]; allowed: [4, 2, 3] for the rule delta-net, as tensor 'l.k' "
            "has shape [4, 2, 3]");
}

// Beyond 2^31 the width of a matrix would be another number than the width of the tensor.
TEST_F(LayerFile, no_tensor_is_wider_than_keys_may_be) {
  const std::vector<Entry> gates{tensor("l.k", 1, 1, 3), tensor("l.beta", 1, 1, 0)};
  std::vector<Entry> wide = gates;
  wide.push_back(tensor("l.v", 1, 1, 65537));
  EXPECT_NE(refusal(wide).find("tensor 'l.v' has shape [1, 1, 65537]; allowed: the same with a last extent of at most"),
            std::string::npos);
  wide = gates;
  wide.push_back(tensor("l.v", 1, 1, 65536));
  EXPECT_EQ(LayerTensors(file(wide), "l").heads(), 1);
}

TEST_F(LayerFile, chunks_restart_at_every_packed_sequence) {
  // Sequences of 5, 0, 2 and 4 tokens; chunks of 4.
  const std::vector<Entry> entries{tensor("l.k", 11, 2, 3), tensor("l.beta", 11, 2, 0),
                                   integers("l.cu_seqlens", {0, 5, 5, 7, 11})};
  const LayerTensors layer(file(entries), "l");
  ASSERT_EQ(layer.sequences().size(), 3u);
  EXPECT_EQ(layer.sequences()[1].sequence, 2);
  EXPECT_EQ(layer.sequences()[1].begin, 5);
  EXPECT_EQ(layer.sequences()[1].end, 7);

  struct Expected {
    int sequence, head, chunk, first_token, tokens;
  };
  const std::vector<Expected> expected{{0, 0, 0, 0, 4}, {0, 0, 1, 4, 1}, {0, 1, 0, 0, 4}, {0, 1, 1, 4, 1},
                                       {2, 0, 0, 5, 2}, {2, 1, 0, 5, 2}, {3, 0, 0, 7, 4}, {3, 1, 0, 7, 4}};
  const auto chunks = source(entries);
  ASSERT_EQ(chunks->count(4), 8);
  for (int i = 0; i < 8; ++i) {
    const Expected& e = expected[static_cast<std::size_t>(i)];
    const Problem problem = chunks->problem(4, i);
    EXPECT_EQ(problem.source.json().at("sequence"), e.sequence) << i;
    EXPECT_EQ(problem.source.json().at("head"), e.head) << i;
    EXPECT_EQ(problem.source.json().at("chunk"), e.chunk) << i;
    EXPECT_EQ(problem.source.json().at("first_token"), e.first_token) << i;
    ASSERT_EQ(problem.tokens->rows(), 4);
    expect_rows(problem.tokens->keys, 'k', e.first_token, e.head, e.tokens);
  }
  const auto kept_short = source(entries, {{"tail", "short"}, {"heads", 1}});
  ASSERT_EQ(kept_short->count(4), 4);
  EXPECT_EQ(kept_short->problem(4, 1).a.rows(), 1);
  EXPECT_EQ(kept_short->problem(4, 2).a.rows(), 2);
  EXPECT_EQ(source(entries, {{"tail", "drop"}})->count(4), 4);
}

TEST_F(LayerFile, a_token_range_cuts_sequences_and_chunks_begin_at_the_cut) {
  const std::vector<Entry> entries{tensor("l.k", 11, 1, 3), tensor("l.beta", 11, 1, 0),
                                   integers("cu_seqlens", {0, 5, 7, 11})};
  const auto chunks = source(entries, {{"tokens", {1, 9}}});
  ASSERT_EQ(chunks->count(4), 3);  // tokens 1 to 4, 5 and 6, 7 and 8
  const int firsts[] = {1, 5, 7}, counts[] = {4, 2, 2};
  for (int i = 0; i < 3; ++i) {
    const Problem problem = chunks->problem(4, i);
    EXPECT_EQ(problem.source.json().at("first_token"), firsts[i]);
    EXPECT_EQ(problem.source.json().at("sequence"), i);
    expect_rows(problem.tokens->keys, 'k', firsts[i], 0, counts[i]);
  }
  EXPECT_EQ(source(entries, {{"tokens", {5, 7}}})->count(4), 1);
}

TEST_F(LayerFile, a_layers_own_bounds_come_before_the_files_and_may_be_i32) {
  const LayerTensors layer(file({tensor("l.k", 4, 1, 3),
                                 tensor("l.beta", 4, 1, 0),
                                 integers("cu_seqlens", {0, 4}),
                                 {"l.cu_seqlens", "I32", {3}, bytes_of<std::int32_t>({0, 1, 4})}}),
                           "l");
  ASSERT_EQ(layer.sequences().size(), 2u);
  EXPECT_EQ(layer.sequences()[0].end, 1);
}

TEST_F(LayerFile, bounds_that_do_not_rise_from_0_to_the_tokens_are_refused) {
  const std::vector<Entry> base{tensor("l.k", 9, 1, 3), tensor("l.beta", 9, 1, 0)};
  const auto with = [&](const Entry& bounds) {
    std::vector<Entry> entries = base;
    entries.push_back(bounds);
    return refusal(entries);
  };
  const std::string allowed = "; allowed: bounds rising from 0 to 9, the tokens of tensor 'l.k'";
  EXPECT_EQ(with(integers("cu_seqlens", {1, 9})), "tensor 'cu_seqlens' holds 1 at index [0]" + allowed);
  EXPECT_EQ(with(integers("cu_seqlens", {0, 8})), "tensor 'cu_seqlens' holds 8 at index [1]" + allowed);
  EXPECT_EQ(with(integers("cu_seqlens", {0, 6, 5, 9})), "tensor 'cu_seqlens' holds 5 at index [2]" + allowed);
  EXPECT_EQ(with(integers("cu_seqlens", {0, 10, 9})), "tensor 'cu_seqlens' holds 10 at index [1]" + allowed);
  EXPECT_NE(with(integers("cu_seqlens", {0})).find("has shape [1]; allowed: [sequences + 1] bounds"),
            std::string::npos);
  EXPECT_EQ(with({"cu_seqlens", "F64", {2}, bytes_of<double>({0, 9})}),
            "tensor 'cu_seqlens' has dtype F64; allowed: I64, I32");
}

TEST_F(LayerFile, an_axis_before_the_tokens_counts_sequences) {
  const std::vector<Entry> entries{batch_of(tensor("l.k", 5, 2, 3), tensor("l.k", 5, 2, 3, 50)),
                                   batch_of(tensor("l.beta", 5, 4, 0), tensor("l.beta", 5, 4, 0, 50)),
                                   batch_of(tensor("l.g", 5, 4, 3), tensor("l.g", 5, 4, 3, 50))};
  const LayerTensors layer(file(entries), "l");
  EXPECT_EQ(layer.rule().name, "kda");
  EXPECT_EQ(layer.tokens(), 5);
  ASSERT_EQ(layer.sequences().size(), 2u);
  EXPECT_EQ(layer.sequences()[1].batch, 1);
  for (int head = 0; head < 4; ++head) {
    const TokenInputs x = layer.read({1, head, 2, 3}, 4);
    expect_rows(x.keys, 'k', 52, head / 2, 3);
    expect_rows(x.log_decay, 'g', 52, head, 3);
    EXPECT_EQ(x.part("beta")(2, 0), value_at('b', 54, head));
    EXPECT_EQ(x.part("beta")(3, 0), 0);
  }
  std::vector<Entry> packed = entries;
  packed.push_back(integers("cu_seqlens", {0, 5}));
  EXPECT_EQ(refusal(packed),
            "tensor 'cu_seqlens' has shape [2]; allowed: [sequences + 1] bounds of the sequences packed into "
            "one batch entry, as tensor 'l.k' has shape [2, 5, 2, 3]");
}

TEST_F(LayerFile, gdn2_takes_its_erase_and_write_gates) {
  const LayerTensors layer(file({tensor("l.k", 4, 2, 3), tensor("l.g", 4, 4, 3), tensor("l.b", 4, 4, 3),
                                 tensor("l.w", 4, 4, 5), tensor("l.q", 4, 2, 3), tensor("l.v", 4, 4, 5)}),
                           "l");
  EXPECT_EQ(layer.rule().name, "gdn2");
  const TokenInputs x = layer.read({0, 3, 1, 2}, 2, true);
  expect_rows(x.part("b"), 'b', 1, 3, 2);
  expect_rows(x.part("w"), 'w', 1, 3, 2);
  expect_rows(x.keys, 'k', 1, 1, 2);
  EXPECT_FALSE(x.parts.contains("beta"));
  EXPECT_EQ(x.part("w").columns(), 5);
}

TEST_F(LayerFile, dplr_takes_a_and_b_and_rwkv7_forms_them) {
  const LayerTensors dplr(
      file({tensor("l.k", 4, 2, 3), tensor("l.g", 4, 2, 3), tensor("l.a", 4, 2, 3), tensor("l.b", 4, 2, 3)}), "l");
  EXPECT_EQ(dplr.rule().name, "dplr");
  const TokenInputs x = dplr.read({0, 1, 1, 3}, 3);
  expect_rows(x.part("a"), 'a', 1, 1, 3);
  expect_rows(x.part("b"), 'b', 1, 1, 3);
  EXPECT_TRUE(x.rule->scaled_queries);

  Entry khat = tensor("l.khat", 4, 2, 3), eta = tensor("l.eta", 4, 2, 3);
  const LayerTensors rwkv(file({tensor("l.k", 4, 2, 3), tensor("l.g", 4, 2, 3), khat, eta}), "l");
  EXPECT_EQ(rwkv.rule().name, "rwkv7");
  const TokenInputs y = rwkv.read({0, 1, 1, 3}, 3);
  EXPECT_FALSE(y.rule->scaled_queries);
  for (int i = 0; i < 3; ++i) {
    for (int d = 0; d < 3; ++d) {
      const double k = value_at('k', 1 + i, 1, d), e = value_at('e', 1 + i, 1, d);
      EXPECT_EQ(y.part("a")(i, d), -k);
      EXPECT_EQ(y.part("b")(i, d), k * e);
    }
  }
}

TEST_F(LayerFile, comba_takes_its_prediction_keys_which_may_be_grouped) {
  const LayerTensors layer(
      file({tensor("l.k", 4, 2, 3), tensor("l.beta", 4, 4, 0), tensor("l.g", 4, 4, 0), tensor("l.p", 4, 2, 3)}), "l");
  EXPECT_EQ(layer.rule().name, "comba");
  expect_rows(layer.read({0, 2, 0, 4}, 4).part("p"), 'p', 0, 1, 4);
}

TEST_F(LayerFile, m_makes_a_rule_preconditioned_and_g_says_which) {
  std::vector<Entry> entries{tensor("l.k", 4, 2, 3), tensor("l.beta", 4, 4, 0), tensor("l.m", 4, 4, 3),
                             tensor("l.g", 4, 4, 0)};
  const LayerTensors head(file(entries), "l");
  EXPECT_EQ(head.rule().name, "pgdn");
  expect_rows(head.read({0, 2, 0, 4}, 4).part("m"), 'm', 0, 2, 4);
  entries.back() = tensor("l.g", 4, 4, 3);
  EXPECT_EQ(LayerTensors(file(entries), "l").rule().name, "pkda");
}

TEST_F(LayerFile, delta_product_decays_at_first_steps_and_reads_out_after_last) {
  const std::vector<Entry> entries{tensor("l.k", 12, 1, 2), tensor("l.beta", 12, 1, 0),
                                   tensor("l.g", 4, 1, 0),  tensor("l.q", 4, 1, 2),
                                   tensor("l.v", 12, 1, 2), integers("l.cu_seqlens", {0, 1, 4})};
  const LayerConventions three{.rule = "delta-product", .steps = 3};
  const LayerTensors layer(file(entries), "l", three);
  EXPECT_EQ(layer.rule().name, "delta-product");
  EXPECT_EQ(layer.tokens(), 4);
  EXPECT_EQ(layer.rows(), 12);
  ASSERT_EQ(layer.sequences().size(), 2u);
  EXPECT_EQ(layer.sequences()[1].begin, 3);
  EXPECT_EQ(layer.sequences()[1].end, 12);
  // Rows 4 to 10: the second step of token 1 to the second of token 3.
  const TokenInputs x = layer.read({0, 0, 4, 7}, 8, true);
  EXPECT_EQ(x.steps, 3);
  expect_rows(x.keys, 'k', 4, 0, 7);
  for (int i = 0; i < 8; ++i) {
    const int row = 4 + i, token = row / 3, step = row % 3;
    EXPECT_EQ(x.log_decay(i, 0), i < 7 && step == 0 ? value_at('g', token, 0) : 0.0) << row;
    EXPECT_EQ(x.queries(i, 1), i < 7 && step == 2 ? value_at('q', token, 0, 1) : 0.0) << row;
  }
  EXPECT_EQ(refusal(entries, {.rule = "delta-product", .steps = 5}),
            "tensor 'l.k' has shape [12, 1, 2]; allowed: a multiple of 5 rows, the Householder steps a token");
}

TEST_F(LayerFile, a_file_says_its_own_conventions_and_a_caller_overrules_it) {
  std::vector<Entry> entries{{"l.k", "F64", {2, 1, 2}, bytes_of<double>({3, 4, 0, 2})},
                             {"l.beta", "F64", {2, 1}, bytes_of<double>({0.5, 0.5})},
                             {"l.g", "F64", {1, 1}, bytes_of<double>({-1})},
                             integers("l.l2norm", {1}),
                             integers("l.log_base", {2}),
                             {"l.steps", "I32", {}, bytes_of<std::int32_t>({2})}};
  const LayerTensors layer(file(entries), "l");
  EXPECT_EQ(layer.steps(), 2);
  EXPECT_TRUE(layer.normalised_on_reading());
  const TokenInputs x = layer.read({0, 0, 0, 2}, 2);
  EXPECT_DOUBLE_EQ(x.keys(0, 0), 3 / std::sqrt(25 + 1e-6));
  EXPECT_DOUBLE_EQ(x.keys(0, 1), 4 / std::sqrt(25 + 1e-6));
  EXPECT_DOUBLE_EQ(x.keys(1, 1), 2 / std::sqrt(4 + 1e-6));
  EXPECT_DOUBLE_EQ(x.log_decay(0, 0), -std::log(2.0));
  const LayerTensors overruled(file(entries), "l", {.steps = 2, .log2_decay = false, .normalise = false});
  EXPECT_EQ(overruled.read({0, 0, 0, 2}, 2).keys(0, 1), 4);
  EXPECT_EQ(overruled.read({0, 0, 0, 2}, 2).log_decay(0, 0), -1);

  entries[3] = integers("l.l2norm", {2});
  EXPECT_EQ(refusal(entries), "tensor 'l.l2norm' holds 2; allowed: 0 or 1");
  entries[3] = integers("l.l2norm", {0, 1});
  EXPECT_EQ(refusal(entries), "tensor 'l.l2norm' has shape [2]; allowed: [] or [1], one number");
}

TEST_F(LayerFile, a_normalised_key_is_rounded_to_the_tensors_dtype) {
  // 3/5 and 4/5 (the 1e-6 is far below an ulp of either): 0.6015625 and 0.80078125 in bfloat16, 0x3.99ap-2
  // and 0x3.334p-2 in binary16.
  const std::vector<std::uint16_t> bf16{0x4040, 0x4080, 0, 0}, f16{0x4200, 0x4400, 0, 0};
  for (const auto& [dtype, bits, first, second] :
       {std::tuple{"BF16", bf16, 0.6015625, 0.80078125}, std::tuple{"F16", f16, 0.60009765625, 0.7998046875}}) {
    const LayerTensors layer(
        file({{"l.k", dtype, {1, 1, 4}, bytes_of(bits)}, {"l.beta", "F64", {1, 1}, bytes_of<double>({1})}}), "l",
        {.normalise = true});
    const Matrix keys = layer.read({0, 0, 0, 1}, 1).keys;
    EXPECT_EQ(keys(0, 0), first) << dtype;
    EXPECT_EQ(keys(0, 1), second) << dtype;
  }
}

TEST_F(LayerFile, tensors_without_a_prefix_are_the_layer_without_a_name) {
  const std::vector<Entry> entries{tensor("k", 6, 1, 3), tensor("beta", 6, 2, 0), tensor("g", 6, 2, 0),
                                   integers("cu_seqlens", {0, 2, 6})};
  EXPECT_EQ(layer_names(*file(entries)), std::vector<std::string>{""});
  const LayerTensors layer(file(entries), "");
  EXPECT_EQ(layer.name(), "");
  EXPECT_EQ(layer.sequences().size(), 2u);
  expect_rows(layer.read({0, 1, 2, 4}, 4).keys, 'k', 2, 0, 4);
  const auto chunks = source(entries);
  ASSERT_EQ(chunks->count(4), 4);
  EXPECT_TRUE(chunks->problem(4, 0).source.json().at("layer").is_null());
  EXPECT_EQ(source(entries, {{"layer", "all"}})->count(4), 4);
  // Alone, a tensor called k is a matrix.
  EXPECT_TRUE(layer_names(*file({tensor("k", 3, 3, 0)})).empty());
}

// numpy.savez(k=, beta=, g=) and numpy.savez(**{"one.k": ..., "one.beta": ...}).
TEST_F(LayerFile, archives_of_arrays_are_layers_with_or_without_a_prefix) {
  const auto npy = [](const Entry& entry) {
    std::string shape = "(";
    for (const int extent : entry.shape) shape += std::to_string(extent) + ",";
    return npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ")}", entry.bytes);
  };
  for (const std::string prefix : {"", "one."}) {
    const std::string bytes = zip_bytes({stored_member(prefix + "k.npy", npy(tensor("k", 5, 2, 3))),
                                         stored_member(prefix + "beta.npy", npy(tensor("beta", 5, 2, 0))),
                                         stored_member(prefix + "g.npy", npy(tensor("g", 5, 2, 3)))});
    directory_.write("f.npz", bytes);
    const auto chunks = testing_support::open({{"family", "file"}, {"path", "f.npz"}}, 1, 1, directory_.path());
    ASSERT_EQ(chunks->count(4), 4);
    const Problem second = chunks->problem(4, 3);
    EXPECT_EQ(second.tokens->rule->name, "kda");
    EXPECT_EQ(second.source.json().at("layer"), prefix.empty() ? Json(nullptr) : Json("one"));
    expect_rows(second.tokens->keys, 'k', 4, 1, 1);
    expect_rows(second.tokens->log_decay, 'g', 4, 1, 1);
  }
}

}  // namespace tristab::layer_tensors_test
