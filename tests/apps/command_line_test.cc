#include <gtest/gtest.h>

#include <algorithm>

#include "run_program.h"

namespace tristab {
namespace {

TEST(CommandLine, without_arguments_a_help_that_fits_a_screen) {
  const Workplace place;
  const ProgramResult result = place.run("");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_LE(std::count(result.out.begin(), result.out.end(), '\n'), 24);
  EXPECT_NE(result.out.find("tristab compare --chunk 64"), std::string::npos);
}

TEST(CommandLine, the_examples_of_the_help_work) {
  const Workplace place;
  EXPECT_EQ(place.run("compare --chunk 64 --family gdn:keys=silu --arithmetics fp16 --trials 1").status, 0);
  EXPECT_EQ(place.run("list methods mxr").status, 0);
}

TEST(CommandLine, version_and_help_go_to_standard_output) {
  const Workplace place;
  const ProgramResult version = place.run("--version");
  EXPECT_EQ(version.status, 0);
  EXPECT_TRUE(version.out.starts_with("tristab 0.")) << version.out;
  for (const char* command : {"sweep", "compare", "invert", "generate", "list"}) {
    const ProgramResult help = place.run(std::string(command) + " --help");
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_NE(help.out.find("Usage:"), std::string::npos) << command;
    EXPECT_EQ(help.err, "") << command;
  }
}

struct Mistake {
  const char* arguments;
  std::vector<const char*> parts;
};

TEST(CommandLine, mistakes_exit_with_2_and_one_line_that_helps) {
  const std::vector<Mistake> mistakes{
      {"swep", {"no command is called 'swep'", "'sweep'", "compare"}},
      {"--verson", {"no option is called '--verson'", "'--version'"}},
      {"sweep", {"tristab sweep: found no configuration"}},
      {"sweep c.json --chnks 16", {"tristab sweep: no option is called '--chnks'", "'--chunks'"}},
      {"sweep c.json --kernel fla", {"no option is called '--kernel'", "did you mean '--kernels'?"}},
      {"sweep c.json --shard 1/2", {"no option is called '--shard'"}},
      {"sweep c.json --resume", {"no option is called '--resume'"}},
      {"sweep c.json d.json", {"tristab sweep", "'d.json'"}},
      {"sweep c.json -o", {"tristab sweep", "--output"}},
      {"sweep c.json -o ''", {"-o: found nothing"}},
      {"sweep c.json --jobs none", {"--jobs: found 'none'", "1 to 1024"}},
      {"sweep c.json -o r.jsn", {"-o r.jsn", "'jsn'", "did you mean 'json'?"}},
      {"sweep c.json --format xml", {"--format", "'xml'", "Allowed: json, ndjson, csv"}},
      {"sweep c.json --max-cases 3", {"--max-cases: found a sweep of 4 cases", "at most 3"}},
      {"sweep c.json --methods mbj", {"--methods", "'mbj'", "'mbh'"}},
      {"sweep c.json --trials -1", {"--trials: found -1", "from 1 to"}},
      {"list",
       {"tristab list: found nothing",
        "methods, kernels, arithmetics, formats, families, rules, formations, metrics"}},
      {"list method", {"'method'", "'methods'"}},
      {"list methods mrx", {"'mrx'", "'mxr'"}},
      {"list metrics frobenious", {"'frobenious'", "'frobenius'"}},
      {"list formats fp15", {"fp15"}},
      {"compare --top 0", {"--top: found '0'", "1 to"}},
      {"compare --layer layer6", {"--layer without --input"}},
      {"compare --chunk 7", {"--chunks: found 7", "16 to 256"}},
      {"invert", {"tristab invert: found no input"}},
      {"invert a.npy --method mbh", {"tristab invert: found no --arithmetic"}},
      {"invert a.npy --method mxr --arithmetic fp16 blok=8 -o x.npy", {"'blok'", "did you mean 'block'?"}},
      {"invert a.npy --method mxr --arithmetic fp16 block -o x.npy", {"found 'block'", "key=value"}},
      {"generate", {"tristab generate: found no family"}},
      {"generate gdn", {"-o: found nothing"}},
      {"generate gdn keys=sliu -o a.npy", {"tristab generate.keys", "\"sliu\"", "'silu'"}},
      {"generate gdn --chunk 8 -o a.npy", {"--chunk: found '8'", "16 to 256"}},
      {"generate gdn --dtype f2 -o a.npy", {"--dtype", "'f2'", "f4, f8"}},
  };
  const Workplace place;
  place.write("c.json", R"({"chunks": [16], "families": ["ones"], "methods": ["mbh", "mch"],
                            "arithmetics": ["fp16", "bf16"]})");
  for (const Mistake& mistake : mistakes) {
    const ProgramResult result = place.run(mistake.arguments);
    EXPECT_EQ(result.status, 2) << mistake.arguments << ": " << result.err;
    EXPECT_EQ(result.out, "") << mistake.arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    for (const char* part : mistake.parts) {
      EXPECT_NE(result.err.find(part), std::string::npos) << part << " is not in: " << result.err;
    }
  }
  EXPECT_EQ(place.files(), std::vector<std::string>{"c.json"});
}

}  // namespace
}  // namespace tristab
