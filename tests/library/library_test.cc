#include "tristab/library/library.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace tristab::library {
namespace {

// 0 below the diagonal but for one entry.
std::vector<float> one_entry(int n, int row, int column, float value) {
  std::vector<float> a(static_cast<std::size_t>(n * n));
  a[static_cast<std::size_t>(row * n + column)] = value;
  return a;
}

std::vector<std::byte> bytes_of(const Array& array) {
  const auto* data = static_cast<const std::byte*>(array.data());
  return {data, data + array.elements() * size_of(array.dtype())};
}

template <class Number>
const Number* numbers(const Array& array) {
  return static_cast<const Number*>(array.data());
}

TEST(Library, inverts_matrices_in_the_dtype_that_represents_every_result) {
  const std::vector<float> a = one_entry(16, 3, 1, 0.5F);
  const Array t = invert(Inverter("row-substitution", "fp32"), {a.data(), Dtype::f32, {16, 16}});
  EXPECT_EQ(t.dtype(), Dtype::f32);
  EXPECT_EQ(t.shape(), (std::vector<std::int64_t>{16, 16}));
  EXPECT_EQ(numbers<float>(t)[3 * 16 + 1], -0.5F);
  EXPECT_EQ(numbers<float>(t)[3 * 16 + 3], 1);
  EXPECT_EQ(Inverter("row-substitution", "fp64").dtype(), Dtype::f64);
}

// Values of each dtype arrive as they are: 1.5 is 0x3e00 in fp16 and 0x3fc0 in bf16.
TEST(Library, reads_every_dtype) {
  const double f64 = 1.5;
  const float f32 = 1.5F;
  const std::uint16_t f16 = 0x3e00, bf16 = 0x3fc0;
  const std::pair<Dtype, const void*> cases[] = {
      {Dtype::f64, &f64}, {Dtype::f32, &f32}, {Dtype::f16, &f16}, {Dtype::bf16, &bf16}};
  for (const auto& [dtype, value] : cases) {
    std::vector<std::byte> a(static_cast<std::size_t>(2 * 2 * size_of(dtype)));
    std::memcpy(a.data() + 2 * size_of(dtype), value, static_cast<std::size_t>(size_of(dtype)));
    const Array t = invert(Inverter("row-substitution", "fp64"), {a.data(), dtype, {2, 2}});
    EXPECT_EQ(numbers<double>(t)[2], -1.5) << size_of(dtype);
  }
}

TEST(Library, names_what_is_wrong_in_terms_of_the_arguments) {
  const std::vector<float> a = one_entry(16, 1, 3, 0.5F);
  const auto error = [](auto work) -> std::string {
    try {
      work();
    } catch (const std::runtime_error& caught) {
      return caught.what();
    }
    return "";
  };
  EXPECT_NE(error([] { return Inverter("mxx", "fp16"); }).find("did you mean 'mxr'"), std::string::npos);
  EXPECT_NE(error([] { return Inverter("mxr:block=8/16", "fp16"); }).find("method: found 2 settings"),
            std::string::npos);
  const std::string above = error([&] { return invert(Inverter("mbh", "fp16"), {a.data(), Dtype::f32, {16, 16}}); });
  EXPECT_NE(above.find("A: tensor 'array' holds 0.5 at index [1, 3], on or above the diagonal"), std::string::npos)
      << above;
  EXPECT_NE(error([] { return list("kernel"); }).find("did you mean 'kernels'"), std::string::npos);
}

TEST(Library, shapes_of_a_layer_are_batch_heads_chunks) {
  constexpr int tokens = 40, heads = 3, dim = 8;
  std::vector<float> k(2 * tokens * heads * dim, 0.25F), beta(2 * tokens * heads, 0.5F), g(2 * tokens * heads, -0.1F);
  const Tensors layer{{"k", {k.data(), Dtype::f32, {2, tokens, heads, dim}}},
                      {"beta", {beta.data(), Dtype::f32, {2, tokens, heads}}},
                      {"g", {g.data(), Dtype::f32, {2, tokens, heads}}}};
  const Array a = form(layer, 16);
  EXPECT_EQ(a.shape(), (std::vector<std::int64_t>{2, heads, 3, 16, 16}));
  // beta k.k exp(g) = 0.5 * 8 / 16 * exp(-0.1), g as a float.
  EXPECT_NEAR(numbers<double>(a)[16], 0.25 * std::exp(static_cast<double>(-0.1F)), 1e-15);
  const std::int32_t bounds[] = {0, 10, 40};
  Tensors packed{{"k", {k.data(), Dtype::f32, {tokens, heads, dim}}},
                 {"beta", {beta.data(), Dtype::f32, {tokens, heads}}},
                 {"cu_seqlens", {bounds, Dtype::i32, {3}}}};
  EXPECT_EQ(form(packed, 16).shape(), (std::vector<std::int64_t>{heads * 3, 16, 16}));
}

TEST(Library, a_layer_of_one_token_a_chunk_is_the_recurrence_of_one_token) {
  // T = 1: o = d_k^-1/2 (q . k) beta v, state = k (beta v)^T.
  const float k[] = {0.6F, 0.8F}, q[] = {1, 0}, v[] = {2, 4}, beta[] = {0.5F}, g[] = {-1};
  const Tensors layer{{"k", {k, Dtype::f32, {1, 1, 2}}},
                      {"q", {q, Dtype::f32, {1, 1, 2}}},
                      {"v", {v, Dtype::f32, {1, 1, 2}}},
                      {"beta", {beta, Dtype::f32, {1, 1}}},
                      {"g", {g, Dtype::f32, {1, 1}}}};
  const Arrays results = library::layer(Inverter("row-substitution", "fp32"), layer, 16, "fp32");
  EXPECT_EQ(results.at("state").shape(), (std::vector<std::int64_t>{1, 2, 2}));
  EXPECT_NEAR(numbers<double>(results.at("o"))[1], 0.6 * 0.5 * 4 / std::sqrt(2.0), 1e-6);
  EXPECT_NEAR(numbers<double>(results.at("state"))[3], 0.8 * 0.5 * 4, 1e-6);
  EXPECT_EQ(numbers<double>(results.at("T"))[0], 1);
}

TEST(Library, threads_give_the_same_bits) {
  const Array a = generate("gdn", 32, 8);
  const std::vector<std::byte> alone = bytes_of(invert(Inverter("mxr", "bf16"), a.view()));
  std::vector<std::vector<std::byte>> found(4);
  std::vector<std::thread> threads;
  for (auto& each : found) threads.emplace_back([&] { each = bytes_of(invert(Inverter("mxr", "bf16"), a.view())); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& each : found) EXPECT_EQ(each, alone);
}

TEST(Library, an_interruption_ends_work) {
  interrupt(true);
  EXPECT_THROW(invert(Inverter("mbh", "fp16"), generate("gdn", 16, 4).view()), Stopped);
  interrupt(false);
  EXPECT_NO_THROW(generate("gdn", 16, 4));
}

TEST(Library, measure_says_where_T_is_wrong) {
  const std::vector<float> a = one_entry(16, 3, 1, 0.5F);
  std::vector<float> t = one_entry(16, 3, 1, -0.25F);
  for (std::size_t i = 0; i < 16; ++i) t[17 * i] = 1;
  const Measurement measured = measure({a.data(), Dtype::f32, {16, 16}}, {t.data(), Dtype::f32, {16, 16}});
  const auto number = [&](const std::string& name) {
    for (std::size_t k = 0; k < measured.names.size(); ++k) {
      if (measured.names[k] == name) return measured.numbers[k].front();
    }
    return std::nan("");
  };
  // ||E||_F = 0.25, ||X||_F^2 = 16 + 0.25.
  EXPECT_NEAR(number("total_frobenius"), 0.25 / std::sqrt(16.25), 1e-15);
  EXPECT_NEAR(number("max_abs"), 0.25, 1e-15);
  EXPECT_EQ(measured.fit.front(), "unfit");
}

TEST(Library, the_first_matrix_that_is_wrong_is_named) {
  std::vector<double> a(64 * 16 * 16);
  for (std::size_t k = 7; k < 64; ++k) a[k * 256 + 17] = 1;  // [k, 1, 1]
  for (int run = 0; run < 20; ++run) {
    try {
      invert(Inverter("mbh", "fp16"), {a.data(), Dtype::f64, {64, 16, 16}});
      FAIL();
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("at index [7, 1, 1]"), std::string::npos) << error.what();
    }
  }
}

TEST(Library, two_arrays_of_one_thread_are_two) {
  const Array a = generate("ones", 16), b = generate("zeros", 16);
  const Inverter inverter("row-substitution", "fp32");
  EXPECT_NE(bytes_of(invert(inverter, a.view())), bytes_of(invert(inverter, b.view())));
  EXPECT_FALSE(check({{"A", a.view()}}, {{"T", invert(inverter, b.view()).view()}}).passed);
}

TEST(Library, sweep_gives_lines_in_case_order) {
  std::string records;
  SweepReceiver receiver;
  receiver.records = [&](std::string_view lines) { records += lines; };
  sweep(R"({"families": ["ones"], "methods": ["mbh", "mch"], "arithmetics": ["fp16"], "chunks": [16]})", "", receiver);
  EXPECT_NE(records.find("\"method\": \"mbh\""), std::string::npos);
  EXPECT_LT(records.find("\"method\": \"mbh\""), records.find("\"method\": \"mch\""));
}

}  // namespace
}  // namespace tristab::library
