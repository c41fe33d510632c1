// What is printed can be typed again, in every command in the same way.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "run_program.h"
#include "shell.h"

namespace tristab::typed_test {

using nlohmann::json;

// Strictly lower triangular 128 x 128, in C order or (as its transpose) in Fortran order.
std::string matrix_bytes(bool fortran) {
  std::string values;
  for (int i = 0; i < 128; ++i) {
    for (int j = 0; j < 128; ++j) {
      const double value = (fortran ? i < j : i > j) ? 0.01 * (1 + (i + j) % 7) : 0;
      values.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }
  std::string bytes = npy_bytes("<f8", "(128, 128)", values);
  if (fortran) bytes.replace(bytes.find("False"), 5, "True ");
  return bytes;
}

ProgramResult succeeds(const Workplace& place, const std::string& arguments, const std::string& input = "") {
  ProgramResult result = place.run(arguments, input);
  EXPECT_EQ(result.status, 0) << arguments << "\n" << result.err;
  return result;
}

std::string refused(const Workplace& place, const std::string& arguments, int status = 2) {
  const ProgramResult result = place.run(arguments);
  EXPECT_EQ(result.status, status) << arguments << "\n" << result.err;
  return result.err;
}

TEST(Typed, help_and_version_may_be_words) {
  const Workplace place;
  EXPECT_EQ(succeeds(place, "help").out, help_of(""));
  EXPECT_EQ(succeeds(place, "help sweep").out, help_of("sweep"));
  const std::string version = succeeds(place, "--version").out;
  EXPECT_EQ(succeeds(place, "version").out, version);
  EXPECT_EQ(succeeds(place, "-V").out, version);
  EXPECT_NE(refused(place, "help swep").find("did you mean 'sweep'?"), std::string::npos);
  EXPECT_NE(refused(place, "help sweep compare").find("'compare'"), std::string::npos);
  EXPECT_NE(refused(place, "version x").find("'x'"), std::string::npos);
}

TEST(Typed, no_word_behind_two_dashes_is_an_option) {
  const Workplace place;
  place.write("-c.json", R"({"chunks": 16, "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  succeeds(place, "sweep -o r.json -- -c.json");
  EXPECT_EQ(succeeds(place, "compare -- r.json").out, succeeds(place, "compare r.json").out);
  EXPECT_NE(refused(place, "compare r.json -- --top").find("'--top', one word too many"), std::string::npos);
}

TEST(Typed, options_have_singular_and_plural_in_every_command) {
  const Workplace place;
  place.write("c.json", R"({"chunks": 64, "families": ["gdn"], "methods": ["mch"], "arithmetics": ["fp32"],
                            "trials": 1, "kernels": ["tcu-exact"]})");
  const auto both = [&](const std::string& one, const std::string& other) {
    EXPECT_EQ(succeeds(place, one).out, succeeds(place, other).out) << one;
  };
  const std::string tail = " --trials 1 --seed 3";
  both("compare --chunk 16 --family ones --method mbh --arithmetic fp16" + tail,
       "compare --chunks 16 --families ones --methods mbh --arithmetics fp16" + tail);
  both("sweep c.json --chunk 16 --family ones --method mbh --arithmetic fp16 --kernel tcu-exact --dry-run",
       "sweep c.json --chunks 16 --families ones --methods mbh --arithmetics fp16 --kernels tcu-exact --dry-run");
  both("compare --chunk 16 --formation gram --kernel tcu-exact --method mbh --trials 1",
       "compare --chunk 16 --formations gram --kernels tcu-exact --methods mbh --trials 1");
  succeeds(place, "generate ones --chunks 16 -o A.npy");
  both("invert A.npy --method mbh --arithmetic fp16 -o -", "invert A.npy --methods mbh --arithmetics fp16 -o -");
  both("invert $DATA/gdn-slice.safetensors --layer layer6 --chunk 16 --kernel tcu-exact -o -",
       "invert $DATA/gdn-slice.safetensors layer=layer6 --chunks 16 --kernels tcu-exact -o -");
  both("generate --describe $DATA/gdn-slice.safetensors --layer layer6 --chunk 16",
       "generate --describe $DATA/gdn-slice.safetensors layer=layer6 --chunks 16");
  // A message names the option as it was typed.
  EXPECT_TRUE(refused(place, "compare --chunk 7").starts_with("tristab: error: --chunk: found 7"));
  EXPECT_TRUE(refused(place, "compare --chunks 7").starts_with("tristab: error: --chunks: found 7"));
  EXPECT_NE(refused(place, "compare --families one").find("error: --families: "), std::string::npos);
}

TEST(Typed, formats_are_spelt_as_elsewhere) {
  const Workplace place;
  const auto table = [&](const std::string& arithmetics) {
    return succeeds(place, "compare --chunk 16 --trials 1 --methods mbh --arithmetics " + arithmetics).out;
  };
  EXPECT_EQ(table("FP16,bfloat16,float32"), table("fp16,bf16,fp32"));
  EXPECT_EQ(succeeds(place, "list arithmetics float16").out, succeeds(place, "list arithmetics fp16").out);
  EXPECT_EQ(succeeds(place, "list formats BF16").out, succeeds(place, "list formats bf16").out);
  place.write("c.json", R"({"chunks": 16, "families": ["ones"], "methods": ["mbh"], "arithmetics": ["FP16"]})");
  succeeds(place, "sweep c.json -o r.json");
  EXPECT_EQ(json::parse(place.read("r.json"))["records"][0]["arithmetic"], "fp16");
  EXPECT_EQ(succeeds(place, "compare r.json --arithmetics float16").out, succeeds(place, "compare r.json").out);
}

TEST(Typed, labels_in_json_and_from_tables_are_taken) {
  const Workplace place;
  place.write("c.json",
              R"JSON({"chunks": 16, "families": ["gdn:keys=identical"], "trials": 1, "arithmetics": ["int8:scale=row"],
    "methods": ["blocked-substitution:diagonal=(row-substitution:form=strict:order=dot)"],
    "formations": ["gram:product=fp16"], "kernels": ["fla-solve-tril:dot=tf32"]})JSON");
  succeeds(place, "sweep c.json -o r.json");
  const json records = json::parse(place.read("r.json"))["records"];
  ASSERT_EQ(records.size(), 2u);
  const std::string method = records[0]["method_label"], arithmetic = records[0]["arithmetic_label"];
  EXPECT_EQ(arithmetic, "int8:scale=row");
  EXPECT_EQ(records[0]["formation"], "gram:product=fp16");
  EXPECT_EQ(records[1]["kernel"], "fla-solve-tril:dot=tf32");
  for (const std::string& source : {std::string("r.json"), std::string("--chunk 16 --trials 1")}) {
    const std::string out = succeeds(place, "compare " + source + " --methods '" + method + "' --arithmetics " +
                                                arithmetic + " --format csv")
                                .out;
    EXPECT_NE(out.find(method), std::string::npos) << out;
  }
}

TEST(Typed, the_method_that_list_prints_can_be_pasted) {
  const Workplace place;
  for (const char* kernel : {"flashinfer-gdn-sm90", "fla-solve-tril", "vllm-gdn-sm100", "tt-metal-nested"}) {
    const std::string text = succeeds(place, std::string("list kernels ") + kernel).out;
    std::smatch match;
    ASSERT_TRUE(std::regex_search(text, match, std::regex("\nmethod +(\\S+)\n"))) << text;
    succeeds(place, "compare --chunk 64 --trials 1 --arithmetics fp32 --methods '" + match[1].str() + "'");
  }
}

TEST(Typed, a_case_of_a_result_runs_again_bit_for_bit) {
  const Workplace place;
  place.write("mine.json", R"({"method": "mbh", "arithmetic": {"*": "fp16:rounding=stochastic"}})");
  place.write("c.json", R"({"chunks": [16, 32], "trials": 3, "seed": 5, "families": ["gdn:keys=silu", "ones"],
    "methods": ["mbh", "mxr:block=8"], "arithmetics": ["fp16:rounding=stochastic"], "formations": ["exact", "gram"],
    "kernels": ["mine.json", "fla-solve-tril:dot=tf32"], "require": "fla-solve-tril"})");
  for (const char* result : {"r.json", "r.ndjson"}) {
    succeeds(place, std::string("sweep c.json -o ") + result);
    const std::string text = place.read("r.json");
    const json records = json::parse(text)["records"];
    for (const std::size_t k : {std::size_t{0}, records.size() / 2, records.size() - 1}) {
      const std::string id = records[k]["case"].is_null() ? records[k]["id"] : records[k]["case"];
      succeeds(place, std::string("sweep ") + result + " --force -o one.json --case '" + id + "'");
      const json again = json::parse(place.read("one.json"))["records"];
      ASSERT_EQ(again.size(), 1u) << id;
      EXPECT_EQ(again[0], records[k]) << id;
      succeeds(place, std::string("sweep one.json --force -o two.json"));  // its configuration is that of the case
      EXPECT_EQ(json::parse(place.read("two.json"))["records"], again);
    }
  }
  EXPECT_NE(refused(place, "sweep r.json --case nonsense -o x.json").find("--case: found nonsense"), std::string::npos);
}

TEST(Typed, paths_of_a_result_are_found_from_where_it_was_run) {
  const Workplace place;
  std::filesystem::create_directory(place.file("in"));
  std::filesystem::create_directory(place.file("out"));
  place.write("in/A.npy", npy_bytes("<f8", "(2, 16, 16)", ones_bytes(16) + ones_bytes(16)));
  place.write("in/c.json", R"({"families": [{"family": "file", "path": "A.npy"}], "methods": ["mbh"],
                              "arithmetics": ["fp16"]})");
  succeeds(place, "sweep in/c.json -o out/r.json");
  const json records = json::parse(place.read("out/r.json"))["records"];
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0]["n"], 16);  // without chunks, the size of its matrices
  const std::string id = records[1][records[1].contains("id") ? "id" : "case"];
  succeeds(place, "sweep out/r.json -o one.json --case " + id);
  EXPECT_EQ(json::parse(place.read("one.json"))["records"][0], records[1]);
}

TEST(Typed, one_trial_is_that_of_a_longer_run) {
  const Workplace place;
  place.write("c.json",
              R"({"chunks": 16, "trials": 4, "families": ["uniform"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  succeeds(place, "sweep c.json -o all.json");
  succeeds(place, "sweep c.json --trial 2 -o one.json");
  EXPECT_EQ(json::parse(place.read("one.json"))["records"][0], json::parse(place.read("all.json"))["records"][2]);
  succeeds(place, "generate uniform --chunk 16 --trials 4 -o A.npy");
  succeeds(place, "generate uniform --chunk 16 --trial 2 -o B.npy");
  const NpyContents all = parse_npy(place.read("A.npy")), one = parse_npy(place.read("B.npy"));
  EXPECT_EQ(one.values, std::vector<double>(all.values.begin() + 2 * 256, all.values.begin() + 3 * 256));
  succeeds(place, "invert A.npy --trial 2 --method mbh --arithmetic fp16 -o X.npy");
  succeeds(place, "invert A.npy --method mbh --arithmetic fp16 -o Y.npy");
  const NpyContents inverses = parse_npy(place.read("Y.npy"));
  EXPECT_EQ(parse_npy(place.read("X.npy")).values,
            std::vector<double>(inverses.values.begin() + 2 * 256, inverses.values.begin() + 3 * 256));
  EXPECT_NE(refused(place, "invert A.npy --trial 4 --method mbh --arithmetic fp16 -o Z.npy").find("allowed: 0 to 3"),
            std::string::npos);
  EXPECT_NE(succeeds(place, "compare --chunk 16 --family uniform --trial 11 --methods mbh").out.find("1 matrix;"),
            std::string::npos);
}

TEST(Typed, ids_and_stochastic_bits_do_not_depend_on_the_path) {
  const Workplace place;
  succeeds(place, "generate uniform --chunk 16 --trials 2 -o A.npy");
  std::filesystem::copy_file(place.file("A.npy"), place.file("B.npy"));
  const std::string rest = " --method mbh --arithmetic fp16:rounding=stochastic -o -";
  const std::string first = succeeds(place, "invert A.npy" + rest).out;
  EXPECT_EQ(succeeds(place, "invert ./A.npy" + rest).out, first);
  EXPECT_EQ(succeeds(place, "invert B.npy" + rest).out, first);
  EXPECT_EQ(succeeds(place, "invert '" + place.file("A.npy").string() + "'" + rest).out, first);
  EXPECT_EQ(succeeds(place, "invert -" + rest, place.file("A.npy").string()).out, first);
}

TEST(Typed, standard_input_and_fortran_order_are_read) {
  const Workplace place;
  place.write("A.npy", matrix_bytes(false));
  place.write("F.npy", matrix_bytes(true));
  const std::string rest = " --methods mbh --arithmetics fp16 --format csv";
  const std::string named = succeeds(place, "compare --input A.npy" + rest).out;
  EXPECT_NE(named.find(",128,1,mbh,"), std::string::npos) << named;  // at its own size, without --chunk
  const auto numbers = [](const std::string& csv) { return csv.substr(csv.find(",128,1,mbh,")); };
  EXPECT_EQ(numbers(succeeds(place, "compare --input F.npy" + rest).out), numbers(named));
  EXPECT_EQ(numbers(succeeds(place, "compare --input -" + rest, place.file("A.npy").string()).out), numbers(named));
  const ProgramResult slice = place.run("compare --input - --layer layer6 --chunk 16 --methods mbh --format csv",
                                        std::string(TRISTAB_TEST_DATA) + "/gdn-slice.safetensors");
  EXPECT_EQ(slice.status, 0) << slice.err;
  EXPECT_NE(refused(place, "compare --input A.npy --chunk 64").find("allowed: 128, the size of its matrices"),
            std::string::npos);
}

TEST(Typed, a_file_of_pytorch_is_answered_with_two_lines) {
  const Workplace place;
  place.write("m.pt", std::string("\x80\x02}q\x00.", 6));
  const ProgramResult result = place.run("compare --input m.pt");
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(lines_of(result.err).size(), 3u) << result.err;
  EXPECT_TRUE(result.err.starts_with("tristab: error: --input: m.pt: a PyTorch file")) << result.err;
  EXPECT_NE(result.err.find("\nimport torch"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("\nsafetensors.torch.save_file("), std::string::npos) << result.err;
}

TEST(Typed, a_file_without_a_layer_is_told_in_the_words_of_layers) {
  const Workplace place;
  std::string header = R"({"keys":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                       R"("g":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}})";
  header.resize(128, ' ');
  place.write("bad.safetensors", std::string("\x80\0\0\0\0\0\0\0", 8) + header + "x");
  const std::string message = place.run("compare --input bad.safetensors").err;
  EXPECT_NE(message.find("--input: bad.safetensors: no tensor k and no tensor beta; a layer needs k and beta"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("rename keys to k"), std::string::npos) << message;
  EXPECT_NE(message.find("named by --tensor"), std::string::npos) << message;
}

TEST(Typed, kernels_that_cannot_run_are_told_and_not_called_nonfinite) {
  const Workplace place;
  const ProgramResult sizes = succeeds(place, "compare --chunk 64 --trials 1 --kernels flashkda-v1,fla-solve-tril");
  EXPECT_NE(sizes.err.find("note: flashkda-v1 takes chunks of 16, not of 64: left out"), std::string::npos)
      << sizes.err;
  const std::string input = " --input $DATA/kda-slice.safetensors --layer all --chunk 64 --kernels flashqla,fla-kda";
  for (const char* format : {"", " --overall", " --metrics strict_lower"}) {
    const std::string out = succeeds(place, "compare" + input + format).out;
    EXPECT_NE(out.find("flashqla did not run on 8 of 8 matrices: method ungated"), std::string::npos) << out;
    EXPECT_EQ(out.find("nonfinite 8/8"), std::string::npos) << out;
  }
}

TEST(Typed, two_recipes_of_one_name_are_told_apart_by_their_files) {
  const Workplace place;
  place.write("copy.json", R"({"kernel": "fla-solve-tril", "method": "mbh", "arithmetic": {"*": "fp16"}})");
  place.write("own.json", R"({"method": "mbh", "arithmetic": {"*": "fp16"}})");
  EXPECT_NE(refused(place, "compare --kernels copy.json,fla-solve-tril")
                .find("--kernels: copy.json and the built-in fla-solve-tril are both called 'fla-solve-tril'; allowed: "
                      "another \"kernel\" in copy.json"),
            std::string::npos);
  EXPECT_NE(succeeds(place, "compare --trials 1 --kernels own.json,fla-solve-tril").out.find("own "),
            std::string::npos);
}

TEST(Typed, a_formation_is_compared_and_its_part_shown) {
  const Workplace place;
  const std::string rest = " --chunk 16 --trials 2 --methods mbh --arithmetics fp32";
  const std::string out = succeeds(place, "compare --formation exact,gram:product=fp16" + rest).out;
  EXPECT_NE(out.find("mbh after gram"), std::string::npos) << out;
  EXPECT_NE(out.find(":product=fp16"), std::string::npos) << out;
  EXPECT_NE(out.find("formation  "), std::string::npos) << out;
  const json rows = json::parse(succeeds(place, "compare --format json --formation gram:product=fp16" + rest).out);
  EXPECT_GT(rows[0]["error_formation_median"].get<double>(), 1e-6);
}

TEST(Typed, rankings_are_data_too) {
  const Workplace place;
  const std::string run = "compare --chunk 16,32 --trials 2 --family uniform,ones --methods mbh,mch --arithmetics fp16";
  const json rows = json::parse(succeeds(place, run + " --format json").out);
  EXPECT_EQ(rows.size(), 8u);
  const std::vector<std::string> lines = lines_of(succeeds(place, run + " --overall --format csv").out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[0].starts_with("rank,method,kernel,arithmetic,inputs,fit_inputs")) << lines[0];
  EXPECT_EQ(json::parse(succeeds(place, run + " --metrics strict_lower --format json").out).size(), 8u);
  EXPECT_TRUE(succeeds(place, run + " --top 1 --format markdown").out.starts_with("| input | n | rank |"));
}

TEST(Typed, words_that_belong_to_an_option_are_told_which) {
  const Workplace place;
  EXPECT_NE(refused(place, "compare aiter-v2").find("allowed: --kernels aiter-v2"), std::string::npos);
  EXPECT_NE(refused(place, "compare gdn").find("allowed: --families gdn"), std::string::npos);
  EXPECT_NE(refused(place, "compare k.npz").find("allowed: --input k.npz"), std::string::npos);
}

}  // namespace tristab::typed_test
