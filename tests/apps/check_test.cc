// tristab check: what it says of recorded outputs and of planted bugs, its forms of output, kernels that it runs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <regex>

#include "pseudo_terminal.h"
#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/matrix/npy.h"
#include "tristab/matrix/tensor_file.h"
#include "tristab/report/text_layout.h"

namespace tristab::check_test {

const std::string solve_tril = "$DATA/h100-fla-solve-tril.safetensors";

std::string solve_tril_words(const std::string& output) {
  return solve_tril + " " + solve_tril + " --tensor gdn.layer6.bt64.A --output-tensor gdn.layer6.bt64." + output;
}

std::string program_path() { return TRISTAB_PROGRAM; }

Json checked(const Workplace& place, const std::string& arguments, int status) {
  const ProgramResult result = place.run("check " + arguments + " --format json");
  EXPECT_EQ(result.status, status) << arguments << result.err;
  return result.out.empty() ? Json() : Json::parse(result.out);
}

std::string patterns_of(const Json& found, std::size_t part = 0) {
  std::string text;
  for (const Json& pattern : found["parts"][part]["patterns"])
    text += pattern["what"].get<std::string>() + " " + pattern["where"].get<std::string>() + "; ";
  return text;
}

TEST(Check, recorded_inverses_have_the_bits_of_their_kernel) {
  const Workplace place;
  const Json ieee = checked(place, solve_tril_words("ieee.f32") + " --kernel fla-solve-tril --exact", 0);
  EXPECT_EQ(ieee["verdict"], "equal");
  EXPECT_EQ(ieee["parts"][0]["bits"]["differing"], 0);
  EXPECT_EQ(ieee["parts"][0]["bits"]["elements"], 256 * 64);
  EXPECT_FALSE(ieee.contains("search"));
}

TEST(Check, recorded_layers_have_the_bits_of_their_kernel) {
  const Workplace place;
  const std::string file = "$DATA/h100-fla-layers.safetensors";
  const Json found = checked(
      place, file + " " + file + " --layer gdn.layer6 --output-tensor gdn.layer6 --kernel fla-gdn-fused --exact", 0);
  EXPECT_EQ(found["verdict"], "equal");
  std::vector<std::string> parts;
  for (const Json& part : found["parts"]) parts.push_back(part["part"]);
  EXPECT_EQ(parts, (std::vector<std::string>{"T", "w", "u", "o"}));
  EXPECT_LT(found["layer"]["given"]["o"].get<double>(), 5e-3);
}

TEST(Check, the_search_names_tf32_merges_in_place_of_ieee) {
  const Workplace place;
  const Json found = checked(place, solve_tril_words("tf32.f32") + " --kernel fla-solve-tril", 1);
  EXPECT_EQ(found["verdict"], "structural");
  EXPECT_EQ(found["search"]["equal"], true);
  EXPECT_EQ(found["search"]["found"][0]["recipe"], "fla-solve-tril:dot=tf32");
  EXPECT_NE(patterns_of(found).find("these are the bits of fla-solve-tril:dot=tf32"), std::string::npos);
}

TEST(Check, without_a_kernel_the_recipe_is_found) {
  const Workplace place;
  const Json found = checked(place, solve_tril_words("tf32.f32"), 0);
  EXPECT_EQ(found["declared"], false);
  EXPECT_EQ(found["recipe"], "fla-solve-tril:dot=tf32");
  EXPECT_EQ(found["verdict"], "equal");
}

TEST(Check, another_launch_layout_is_rounding_and_has_its_name) {
  const Workplace place;
  const std::string file = "$DATA/h200-fla-chunks.safetensors";
  const Json found =
      checked(place, file + " " + file + " --layer kda.layer11 --output-tensor kda.layer11.bt64.T --kernel fla-kda", 0);
  if (found["parts"][0]["bits"]["differing"] == 0) {
    EXPECT_EQ(found["verdict"], "equal");  // the slice may have none of the 15 elements
  } else {
    EXPECT_EQ(found["verdict"], "rounding");
    EXPECT_EQ(found["search"]["found"][0]["recipe"], "fla-kda:launch=h200");
  }
}

// Recorded inverses with changes.
class Changed {
 public:
  Changed() {
    const auto file = TensorFile::open(TRISTAB_TEST_DATA "/h100-fla-solve-tril.safetensors");
    const auto read = [&](const char* name) {
      std::vector<double> values(std::size_t{256} * 64);
      file->read(*file->find(name), {0, 1, 256 * 64, 256 * 64}, values.data());
      return values;
    };
    ieee = read("gdn.layer6.bt64.ieee.f32");
    tf32 = read("gdn.layer6.bt64.tf32.f32");
    a = read("gdn.layer6.bt64.A");
    t = ieee;
  }
  double& operator()(int chunk, int i, int j) { return t[index(chunk, i, j)]; }
  static std::size_t index(int chunk, int i, int j) { return static_cast<std::size_t>((chunk * 64 + i) * 64 + j); }
  template <class Body>
  void each(Body body) {
    for (int c = 0; c < 4; ++c) {
      for (int i = 0; i < 64; ++i) {
        for (int j = 0; j < 64; ++j) body(c, i, j);
      }
    }
  }
  Json check(const Workplace& place, const std::string& more = "", int status = 1) const {
    std::filesystem::remove(place.file("t.npy"));
    const std::array<std::int64_t, 3> shape{256, 1, 64};
    NpyFileWriter writer(place.file("t.npy"), Dtype::f32, shape);
    writer.append(t);
    writer.commit();
    return checked(place, solve_tril + " t.npy --tensor gdn.layer6.bt64.A --kernel fla-solve-tril" + more, status);
  }

  std::vector<double> ieee, tf32, a, t;
};

TEST(Check, one_merge_in_tf32_is_named_by_its_block) {
  const Workplace place;
  Changed output;
  output.each([&](int c, int i, int j) {
    if (i / 16 == 1 && j / 16 == 0) output(c, i, j) = output.tf32[Changed::index(c, i, j)];
  });
  const Json found = output.check(place);
  EXPECT_EQ(found["verdict"], "structural");
  EXPECT_NE(patterns_of(found).find("block (2,1) has the bits of fla-solve-tril:dot=tf32"), std::string::npos)
      << patterns_of(found);
}

struct Bug {
  const char* text;
  void (*plant)(Changed& output);
};

TEST(Check, planted_bugs_are_structural_and_named) {
  const Bug bugs[] = {
      {"the merge of block (3,1) is missing in every matrix",
       [](Changed& x) {
         x.each([&](int c, int i, int j) {
           if (i / 16 == 2 && j / 16 == 0) x(c, i, j) = 0;
         });
       }},
      {"block (2,1) is transposed in every matrix",
       [](Changed& x) {
         x.each([&](int c, int i, int j) {
           if (i / 16 == 1 && j / 16 == 0) x(c, i, j) = x.ieee[Changed::index(c, 16 + j, i - 16)];
         });
       }},
      {"the inverse is transposed in every matrix",
       [](Changed& x) { x.each([&](int c, int i, int j) { x(c, i, j) = x.ieee[Changed::index(c, j, i)]; }); }},
      {"the inverse is I - A in every matrix",
       [](Changed& x) {
         x.each([&](int c, int i, int j) { x(c, i, j) = (i == j ? 1 : 0) - x.a[Changed::index(c, i, j)]; });
       }},
      {"row 63 is zero in every matrix",
       [](Changed& x) {
         x.each([&](int c, int i, int j) {
           if (i == 63) x(c, i, j) = 0;
         });
       }},
      {"the upper triangle is not zero, at (3, 7) in head 0, chunk 2", [](Changed& x) { x(2, 3, 7) = 1e-6; }},
      {"the diagonal is",
       [](Changed& x) {
         x.each([&](int c, int i, int j) {
           if (i == j) x(c, i, j) = 2;
         });
       }},
      {"that of the chunk before stands there in head 0, chunk 3",
       [](Changed& x) {
         x.each([&](int c, int i, int j) {
           if (c == 3) x(c, i, j) = x.ieee[Changed::index(2, i, j)];
         });
       }},
      {"columns 1 of every 2 are",
       [](Changed& x) {
         x.each([&](int c, int i, int j) {
           if (j % 2 == 1) x(c, i, j) *= 1.001;
         });
       }},
      {"element (40, 7)", [](Changed& x) { x(1, 40, 7) += 1e-3; }},
      {"is not finite", [](Changed& x) { x(1, 40, 7) = std::nan(""); }},
  };
  for (const Bug& bug : bugs) {
    const Workplace place;
    Changed output;
    bug.plant(output);
    const Json found = output.check(place, " --search 300");
    EXPECT_EQ(found["verdict"], "structural") << bug.text;
    EXPECT_NE(patterns_of(found).find(bug.text), std::string::npos) << bug.text << ": " << patterns_of(found);
    EXPECT_EQ(found["passed"], false);
  }
}

TEST(Check, another_order_of_sums_is_rounding) {
  const Workplace place;
  place.write("mine.json", R"({"method": {"method": "blocked-substitution", "association": "right"},
                               "arithmetic": {"*": "fp32"}})");
  ASSERT_EQ(place.run("invert " + solve_tril + " --tensor gdn.layer6.bt64.A --kernel mine.json -o t.npy").status, 0);
  const Json found = checked(place, solve_tril + " t.npy --tensor gdn.layer6.bt64.A --kernel fla-solve-tril", 0);
  EXPECT_EQ(found["verdict"], "rounding");
  EXPECT_GT(found["parts"][0]["bits"]["differing"], 100);
  EXPECT_LT(found["parts"][0]["spread_ratio"], 1);
  EXPECT_EQ(
      place.run("check " + solve_tril + " t.npy --tensor gdn.layer6.bt64.A --kernel fla-solve-tril --exact").status, 1);
}

// Two edits that only reorder can do more together than each of them alone: the recipe that has them is tried as well.
TEST(Check, a_kernel_that_only_reorders_is_one_of_the_variants) {
  const Workplace place;
  place.write("mine.json", R"({"method": {"method": "blocked-substitution", "block": 16,
                                          "diagonal": {"method": "newton-schulz", "start": "identity-minus-a",
                                                       "steps": 3, "accumulator": "kept"},
                                          "association": "right", "sum": "separate"},
                               "arithmetic": {"*": "bf16-b200", "output": "bf16"}})");
  ASSERT_EQ(place.run("generate gdn:keys=positive --chunk 64 --trials 4 --seed 3 -o a.npy").status, 0);
  ASSERT_EQ(place.run("invert a.npy --kernel mine.json -o t.npy").status, 0);
  const std::string words = "a.npy t.npy --kernel vllm-gdn-sm100 --require pearson:0.5";
  const Json alone = checked(place, words + " --search 0", 0), found = checked(place, words, 0);
  EXPECT_EQ(found["search"]["found"][0]["benign"], true) << found["search"];
  // An element is at most as far from the recipe as this variant: a third of three times that.
  EXPECT_GT(alone["parts"][0]["spread_ratio"], 0.4);
  EXPECT_LT(found["parts"][0]["spread_ratio"], 0.334);
  EXPECT_NE(
      found["items"].dump().find("association=right, sum=separate, the same kernel on another unit or in another"),
      std::string::npos)
      << found["items"];
  EXPECT_EQ(found["verdict"], "rounding");
}

TEST(Check, a_kernel_that_forms_a_in_fp32_is_no_bug) {
  const Workplace place;
  const std::string input = "$DATA/gdn-slice.safetensors --layer layer6";
  ASSERT_EQ(place
                .run("invert " + input + " --chunk 64 --method column-sweep --arithmetic fp32 --formation " +
                     "gram:product=fp32:scan=8 -o t.npy")
                .status,
            0);
  for (const char* kernel : {" --kernel fla-solve-tril", " --method row-substitution --arithmetic fp32", ""}) {
    const Json found =
        checked(place, "$DATA/gdn-slice.safetensors t.npy --layer layer6 --chunk 64" + std::string(kernel), 0);
    EXPECT_NE(found["verdict"], "structural") << kernel << found["parts"];
  }
}

// Sums over channels by sixteen lanes, which no variant of the kernel has; T by rows, in float.
TEST(Check, a_is_formed_in_fp32_in_an_order_that_nobody_tried) {
  constexpr int kTokens = 128, kHeads = 2, kDim = 128, kN = 16;
  const Workplace place;
  const auto file = TensorFile::open(std::string(TRISTAB_TEST_DATA) + "/gdnneg-slice.safetensors");
  const auto values = [&](const char* name, int width) {
    std::vector<double> all(static_cast<std::size_t>(kTokens * kHeads * width));
    file->read(*file->find(name), {0, 1, std::ssize(all), std::ssize(all)}, all.data());
    return std::vector<float>(all.begin(), all.end());
  };
  const std::vector<float> k = values("layer6.k", kDim), beta = values("layer6.beta", 1), g = values("layer6.g", 1);
  const auto at = [](int token, int head) { return static_cast<std::size_t>(token * kHeads + head); };
  std::vector<double> t;
  for (int head = 0; head < kHeads; ++head) {
    for (int first = 0; first < kTokens; first += kN) {
      std::array<float, kN> sums{};
      std::array<std::array<float, kN>, kN> x{};
      for (int i = 0; i < kN; ++i) {
        sums[static_cast<std::size_t>(i)] =
            (i > 0 ? sums[static_cast<std::size_t>(i - 1)] : 0) + g[at(first + i, head)];
        for (int j = 0; j < i; ++j) {
          std::array<float, 16> lanes{};
          for (std::size_t d = 0; d < kDim; ++d)
            lanes[d % 16] += k[at(first + i, head) * kDim + d] * k[at(first + j, head) * kDim + d];
          for (std::size_t step = 8; step > 0; step /= 2) {
            for (std::size_t lane = 0; lane < step; ++lane) lanes[lane] += lanes[lane + step];
          }
          const float a = lanes[0] * std::exp(sums[static_cast<std::size_t>(i)] - sums[static_cast<std::size_t>(j)]) *
                          beta[at(first + i, head)];
          for (std::size_t c = 0; c <= static_cast<std::size_t>(j); ++c)
            x[static_cast<std::size_t>(i)][c] -= a * x[static_cast<std::size_t>(j)][c];
        }
        x[static_cast<std::size_t>(i)][static_cast<std::size_t>(i)] = 1;
        t.insert(t.end(), x[static_cast<std::size_t>(i)].begin(), x[static_cast<std::size_t>(i)].end());
      }
    }
  }
  const std::array<std::int64_t, 3> shape{kTokens * kHeads / kN, kN, kN};
  NpyFileWriter writer(place.file("t.npy"), Dtype::f32, shape);
  writer.append(t);
  writer.commit();
  const Json found = checked(
      place, "$DATA/gdnneg-slice.safetensors t.npy --layer layer6 --chunk 16 --kernel mlx-gdn-nax:unit=fp32", 0);
  EXPECT_EQ(found["verdict"], "rounding") << found["parts"];
  EXPECT_LT(found["parts"][0]["spread_ratio"], 0.8);
}

TEST(Check, a_kernel_that_forms_a_in_fp64_has_the_room_of_fp64) {
  const Workplace place;
  const auto write = [&](const char* name, const char* arithmetic) {
    place.write(name, fmt::format(R"({{"method": {{"method": "blocked-substitution", "block": 16}},
                                       "arithmetic": {},
                                       "formation": {{"formation": "gram", "product": "fp64"}}}})",
                                  arithmetic));
  };
  write("mine.json", R"({"*": "fp64"})");
  write("narrow.json", R"({"*": "fp64", "merge": "fp32"})");
  const std::string input = "$DATA/gdn-slice.safetensors --layer layer6 --chunk 64";
  ASSERT_EQ(place.run("invert " + input + " --kernel narrow.json -o t.npy").status, 0);
  const Json found =
      checked(place, "$DATA/gdn-slice.safetensors t.npy --layer layer6 --chunk 64 --kernel mine.json", 1);
  EXPECT_EQ(found["verdict"], "structural");
  EXPECT_GT(found["parts"][0]["spread_ratio"], 1e3);
}

TEST(Check, bugs_of_an_unnamed_fp32_kernel_are_seen) {
  const Workplace place;
  ASSERT_EQ(place.run("generate gdn:keys=silu:gate=none --trials 4 --dtype f4 -o a.npy").status, 0);
  ASSERT_EQ(place.run("invert a.npy --method column-sweep --arithmetic fp32 -o good.npy").status, 0);
  const auto file = TensorFile::open(place.file("good.npy"));
  std::vector<double> t(std::size_t{4} * 64 * 64);
  file->read(file->tensors().front(), {0, 1, 4 * 64 * 64, 4 * 64 * 64}, t.data());
  for (int i = 32; i < 48; ++i) {
    for (int j = 0; j < 16; ++j) t[Changed::index(2, i, j)] *= 1.02;
  }
  const std::array<std::int64_t, 3> shape{4, 64, 64};
  NpyFileWriter writer(place.file("t.npy"), Dtype::f32, shape);
  writer.append(t);
  writer.commit();
  const Json found = checked(place, "a.npy t.npy", 1);
  EXPECT_EQ(found["verdict"], "structural");
  EXPECT_NE(patterns_of(found).find("in matrix 2"), std::string::npos) << patterns_of(found);
}

TEST(Check, a_second_run_must_have_the_same_bits) {
  const Workplace place;
  Changed output;
  output.check(place, "", 0);
  std::filesystem::rename(place.file("t.npy"), place.file("first.npy"));
  output(3, 20, 3) = std::nextafterf(static_cast<float>(output(3, 20, 3)), 9);
  Json found = output.check(place, " --again first.npy");
  EXPECT_EQ(found["again"][0]["bits"]["differing"], 1);
  EXPECT_EQ(found["again"][0]["patterns"][0]["where"], "in head 0, chunk 3");
  // Half of the tokens, as a run of 128 tokens against two of 64.
  const std::array<std::int64_t, 3> shape{128, 1, 64};
  NpyFileWriter writer(place.file("half.npy"), Dtype::f32, shape);
  writer.append(std::span(output.ieee).first(std::size_t{128} * 64));
  writer.commit();
  found = output.check(place, " --again half.npy", 0);
  EXPECT_EQ(found["again"][0]["bits"]["matrices"], 2);
}

TEST(Check, gates_and_the_requirement_decide_the_status) {
  const Workplace place;
  const std::string words = solve_tril_words("tf32.f32") + " --kernel fla-solve-tril:dot=tf32";
  EXPECT_EQ(checked(place, words + " --gate fla:0.005", 0)["passed"], true);
  const Json strict = checked(place, words + " --gate fla:1e-5", 1);
  EXPECT_EQ(strict["verdict"], "equal");
  EXPECT_TRUE(std::ranges::any_of(
      strict["gates"], [](const Json& gate) { return gate["required"] == true && gate["passes"] == false; }));
  EXPECT_EQ(checked(place, words + " --require 'total_frobenius<=1e-6'", 1)["passed"], false);
}

TEST(Check, junit_and_annotations_name_what_failed) {
  const Workplace place;
  const std::string words = solve_tril_words("tf32.f32") + " --kernel fla-solve-tril";
  const ProgramResult result = place.run("check " + words + " --format github --junit report.xml");
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(result.out.starts_with("::error title=tristab check%3A T%3A rounding or bug::structural: "))
      << result.out;
  const std::string xml = place.read("report.xml");
  EXPECT_NE(xml.find("<testsuite name=\"tristab check "), std::string::npos);
  EXPECT_NE(xml.find("failures=\"1\""), std::string::npos);
  EXPECT_NE(xml.find("<failure message=\"structural: these are the bits of"), std::string::npos) << xml;
  EXPECT_EQ(xml.find("::error"), std::string::npos);
}

TEST(Check, junit_is_XML_whatever_the_name_of_a_file) {
  const Workplace place;
  const std::string name = "bad\x01\xff\xef\xbf\xbf&.npy";
  Changed output;
  output.check(place, "", 0);
  std::filesystem::rename(place.file("t.npy"), place.file(name));
  const std::string xml = place
                              .run("check " + solve_tril + " '" + name + "' --tensor gdn.layer6.bt64.A " +
                                   "--kernel fla-solve-tril --junit -")
                              .out;
  EXPECT_NE(xml.find("name=\"tristab check bad?\xef\xbf\xbd\xef\xbf\xbd&amp;.npy\""), std::string::npos) << xml;
}

TEST(Check, the_title_and_the_lines_fit_on_a_terminal) {
  const Workplace place;
  const TerminalResult result =
      run_on_terminal("check " + solve_tril_words("tf32.f32") + " --kernel fla-solve-tril", place.file("."), 80);
  EXPECT_EQ(result.status, 1);
  for (const std::string& line : result.screen()) EXPECT_LE(display_width(line), 80U) << line;
}

TEST(Check, the_text_says_shares_whole_and_no_word_for_the_format) {
  const Workplace place;
  Changed output;
  output(3, 20, 3) = std::nextafterf(static_cast<float>(output(3, 20, 3)), 9);
  const Json found = output.check(place, "", 0);
  EXPECT_EQ(found["records"][0]["for_format_of_recipe"], "normal");
  const std::string text =
      place.run("check " + solve_tril + " t.npy --tensor gdn.layer6.bt64.A --kernel fla-solve-tril").out;
  EXPECT_TRUE(std::regex_search(text, std::regex("it\\s+takes\\s+(less than 1|[0-9]+)%"))) << text;
  EXPECT_NE(text.find("gate (share of what is allowed)"), std::string::npos) << text;
  EXPECT_EQ(text.find("for its format"), std::string::npos) << text;
}

TEST(Check, a_reference_of_somebody_else_is_measured_itself) {
  const Workplace place;
  Changed output;
  output.check(place, "", 0);
  const Json found = checked(place, solve_tril_words("tf32.f32") + " --reference t.npy --search 0", 0);
  EXPECT_LT(found["reference"][0]["error"].get<double>(), 1e-7);
  EXPECT_GT(found["reference"][0]["error"].get<double>(), 1e-9);
}

TEST(Check, a_program_is_run_on_inputs_of_a_family) {
  const Workplace place;
  // The kernel: tristab itself, whose inverses are those of mbh in fp16.
  const std::string program =
      "--command '" + program_path() + " invert {input} --method mbh --arithmetic fp16 -o {output}.npy'";
  const Json matrices = checked(place, "ones " + program + " --twice --method mbh --arithmetic fp16", 0);
  EXPECT_EQ(matrices["verdict"], "equal");
  EXPECT_EQ(matrices["again"][0]["bits"]["differing"], 0);
  const Json layers = checked(place,
                              "gdn:keys=silu --trials 2 --chunk 32 --command '" + program_path() +
                                  " invert {input} --chunk 32 --method mbh --arithmetic fp16 -o {output}.npy'" +
                                  " --method mbh --arithmetic fp16",
                              0);
  EXPECT_EQ(layers["verdict"], "equal");
  EXPECT_EQ(layers["matrices"], 8);  // two heads of four chunks
}

TEST(Check, a_program_gets_standard_input_as_a_file) {
  const Workplace place;
  ASSERT_EQ(place.run("generate ones --chunk 16 -o a.npy").status, 0);
  const ProgramResult result =
      place.run("check - --chunk 16 --method mbh --arithmetic fp16 --exact --command '" + program_path() +
                    " invert {input} --method mbh --arithmetic fp16 -o {output}.npy'",
                "a.npy");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("1 matrix of 16 x 16 of -"), std::string::npos) << result.out;
}

TEST(Check, double_quotes_of_a_command_have_backslashes) {
  const Workplace place;
  const ProgramResult result =
      place.run(R"(check ones --command 'sh -c "printf %s \"a  \\  \n\" ; exit 4" {input} {output}')");
  EXPECT_NE(result.err.find(R"(it printed: a  \  \n)"), std::string::npos) << result.err;
}

TEST(Check, nothing_of_a_program_outlives_its_run) {
  const Workplace place;
  place.write("kernel.sh", R"(setsid sleep 60 &
until read -r a b c d e session rest </proc/$!/stat && [ "$session" = $! ]; do :; done
echo $! >pid
exit 4
)");
  EXPECT_EQ(place.run("check ones --command 'sh kernel.sh {input} {output}'").status, 3);
  const int left = std::stoi(place.read("pid"));
  EXPECT_NE(kill(left, 0), 0);
}

TEST(Check, a_program_that_fails_is_an_error_in_junit) {
  const Workplace place;
  const auto error = [&](const std::string& command) {
    const ProgramResult result = place.run("check ones --junit report.xml --timeout 1 --command \"" + command + "\"");
    EXPECT_EQ(result.status, 3) << command;
    const std::string xml = place.read("report.xml");
    EXPECT_NE(xml.find("tests=\"1\" failures=\"0\" errors=\"1\""), std::string::npos) << xml;
    const std::size_t begin = xml.find("<error message=\"");
    return begin == std::string::npos ? "" : xml.substr(begin, xml.find("/>", begin) - begin);
  };
  EXPECT_NE(error("sh -c 'echo sorry; exit 4' {input} {output}").find("it printed: sorry"), std::string::npos);
  EXPECT_NE(error("sh -c 'kill -SEGV \\$\\$' {input} {output}").find("signal 11"), std::string::npos);
  EXPECT_NE(error("sh -c 'sleep 60' {input} {output}").find("ran longer than 1 s"), std::string::npos);
  EXPECT_NE(error("sh -c 'echo broken >\\$1.npy' {input} {output}").find("output"), std::string::npos);
}

TEST(Check, kernels_that_fail_say_what_they_printed) {
  const Workplace place;
  const auto refused = [&](const std::string& command, const std::string& more, const std::string& words) {
    const ProgramResult result = place.run("check ones --command \"" + command + "\" " + more);
    EXPECT_EQ(result.status, 3) << command;
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
  };
  refused("sh -c 'echo sorry; exit 4' {input} {output}", "", "ended with status 4; it printed: sorry");
  refused("sh -c 'sleep 30' {input} {output}", "--timeout 1", "ran longer than 1 s");
  refused("no-such-program {input} {output}", "", "cannot be started");
  refused("true {input} {output}", "", "wrote no");
  EXPECT_EQ(place.run("check ones --command 'true {input}'").status, 2);
}

TEST(Check, refusals_say_what_is_allowed) {
  const Workplace place;
  const auto refused = [&](const std::string& arguments, int status, const std::string& words) {
    const ProgramResult result = place.run("check " + arguments);
    EXPECT_EQ(result.status, status) << arguments << result.err;
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
  };
  refused("", 2, "no INPUT");
  refused(solve_tril, 2, "no OUTPUT");
  refused("ones --command ''", 2, "an empty command");
  refused("ones t.npy", 2, "a family only with --command");
  refused(solve_tril_words("ieee.f33"), 2, "did you mean 'gdn.layer6.bt64.ieee.f32'");
  refused(solve_tril_words("ieee.f32") + " --gate fal", 2, "did you mean 'fla'");
  refused(solve_tril_words("ieee.f32") + " --exact", 2, "--exact with --method M --arithmetic F, or --kernel K");
  refused(solve_tril_words("ieee.f32") + " --method mbh", 2, "no --arithmetic");
  refused(solve_tril + " missing.npy --tensor gdn.layer6.bt64.A", 3, "missing.npy");
  refused(solve_tril + " " + solve_tril + " --tensor gdn.layer6.bt64.A", 2, "--output-tensor");
}

}  // namespace tristab::check_test
