#include <gtest/gtest.h>

#include <algorithm>

#include "run_program.h"

namespace tristab::command_line_test {

TEST(CommandLine, version_and_help_go_to_standard_output) {
  const Workplace place;
  const ProgramResult version = place.run("--version");
  EXPECT_EQ(version.status, 0);
  EXPECT_TRUE(version.out.starts_with("tristab 1.")) << version.out;
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
      {"foo list methods", {"tristab: no command is called 'foo'", "sweep, merge, compare"}},
      {"--verson list methods", {"tristab: no option is called '--verson'", "'--version'"}},
      {"--verson", {"no option is called '--verson'", "'--version'"}},
      {"sweep", {"tristab sweep: found no configuration"}},
      {"sweep c.json --chnks 16", {"tristab sweep: no option is called '--chnks'", "'--chunks'"}},
      {"sweep c.json --kernle fla", {"no option is called '--kernle'", "did you mean '--kernel'?"}},
      {"sweep c.json --shard 3/2", {"--shard", "'3/2'", "I/N with 1 <= I <= N"}},
      {"sweep c.json --shard 1/2 -o x.csv", {"--shard", "a result in CSV", "json, ndjson"}},
      {"sweep c.json --shard 1/2 --html x.html", {"--html", "a page of a shard"}},
      {"sweep c.json --case ''", {"--case", "found nothing", "an id that a result prints"}},
      {"sweep c.json --resume -o -", {"--resume", "found -o -", "a result in a file"}},
      {"sweep c.json -o - --html x.html", {"--html", "a result on standard output"}},
      {"merge", {"tristab merge: found no shards", "SHARD..."}},
      {"sweep c.json d.json", {"tristab sweep", "'d.json'"}},
      {"sweep c.json -o", {"tristab sweep", "--output"}},
      {"sweep c.json -o ''", {"-o: found nothing"}},
      {"sweep c.json --jobs", {"tristab sweep: found nothing after --jobs", "tristab sweep --help"}},
      {"sweep c.json --seed 1 --seed 2", {"tristab sweep: found --seed twice"}},
      {"sweep c.json --jobs none", {"--jobs: found 'none'", "1 to 1024"}},
      {"sweep c.json -o r.jsn", {"-o r.jsn", "'jsn'", "did you mean 'json'?"}},
      {"sweep c.json --format xml", {"--format", "'xml'", "Allowed: json, ndjson, csv"}},
      {"sweep c.json --max-cases 3", {"--max-cases: found a sweep of 4 cases", "at most 3"}},
      {"sweep c.json --methods mbj", {"--methods", "'mbj'", "'mbh'"}},
      {"sweep c.json --trials -1", {"--trials: found -1", "from 1 to"}},
      {"list",
       {"tristab list: found nothing",
        "methods, kernels, arithmetics, formats, families, keys, betas, decays, rules, formations, ceilings, metrics, "
        "gates"}},
      {"list method", {"'method'", "'methods'"}},
      {"list methods mrx", {"'mrx'", "'mxr'"}},
      {"list metrics frobenious", {"'frobenious'", "'frobenius'"}},
      {"list formats fp15", {"fp15"}},
      {"list formats fp61", {"'fp61'", "did you mean 'fp64'?"}},
      {"list arithmetics bf61", {"'bf61'", "did you mean 'bf16'?"}},
      {"list kernels fla-solve-trl", {"'fla-solve-trl'", "did you mean 'fla-solve-tril'?"}},
      {"list families gdnn", {"'gdnn'", "did you mean 'gdn'?"}},
      {"list rules gnd", {"'gnd'", "did you mean 'gdn'?"}},
      {"list formations grm", {"'grm'", "did you mean 'gram'?"}},
      {"list methods mxr --hlp", {"tristab list: no option is called '--hlp'", "'--help'"}},
      {"completion", {"tristab completion: found no shell", "bash, zsh, fish"}},
      {"completion bsh", {"'bsh'", "did you mean 'bash'?"}},
      {"completion bash zsh", {"tristab completion: found 'zsh'"}},
      {"completion --hepl", {"tristab completion: no option is called '--hepl'", "'--help'"}},
      {"man list", {"tristab man: found 'list'"}},
      {"man --hlep", {"tristab man: no option is called '--hlep'", "'--help'"}},
      {"selftest --exhastive", {"tristab selftest: no option is called '--exhastive'", "'--exhaustive'"}},
      {"selftest --vectors", {"tristab selftest", "found nothing after --vectors"}},
      {"report r.json --otput a.html", {"tristab report: no option is called '--otput'", "'--output'"}},
      {"export r.json --cvs -", {"tristab export: no option is called '--cvs'", "did you mean '--csv'?"}},
      {"export r.json --csv - --table recrods", {"--table", "'recrods'", "did you mean 'records'?"}},
      {"compare --metrics snr_bd", {"--metrics", "'snr_bd'", "did you mean 'snr_db'?"}},
      {"compare --metrics snr_db --format mardown", {"--format", "'mardown'", "did you mean 'markdown'?"}},
      {"compare --famly ones", {"tristab compare: no option is called '--famly'", "'--family'"}},
      {"compare --family one", {"'one'", "did you mean 'ones'?"}},
      {"compare --arithmetics bf61", {"'bf61'", "did you mean 'bf16'?"}},
      {"compare --kernels fla-solve-trl", {"'fla-solve-trl'", "did you mean 'fla-solve-tril'?"}},
      {"sweep c.json --format jsno", {"--format", "'jsno'", "did you mean 'json'?"}},
      {"invert a.npy --metod mxr", {"tristab invert: no option is called '--metod'", "'--method'"}},
      {"invert a.npy --method mrx --arithmetic fp16 -o x.npy", {"--method", "'mrx'", "did you mean 'mxr'?"}},
      {"invert a.npy --kernel fla-solve-trl -o x.npy", {"--kernel", "did you mean 'fla-solve-tril'?"}},
      {"invert a.npy --method mxr --arithmetic fp16 --formation grm -o x.npy", {"--formation", "did you mean 'gram'?"}},
      {"generate gdnn -o a.npy", {"'gdnn'", "did you mean 'gdn'?"}},
      {"generate gdn --ouput a.npy", {"tristab generate: no option is called '--ouput'", "'--output'"}},
      {"compare --top 0", {"--top: found '0'", "1 to"}},
      {"compare --layer layer6", {"--layer without --input"}},
      {"compare --chunk 7", {"--chunk: found 7", "16 to 256"}},
      {"invert", {"tristab invert: found no input"}},
      {"invert a.npy --method mbh", {"tristab invert: found no --arithmetic"}},
      {"invert a.npy --method mxr --arithmetic fp16 blok=8 -o x.npy", {"'blok'", "did you mean 'block'?"}},
      {"invert a.npy --method mxr --arithmetic fp16 block -o x.npy", {"found 'block'", "key=value"}},
      {"generate", {"tristab generate: found no family"}},
      {"generate gdn", {"-o: found nothing"}},
      {"generate gdn keys=sliu -o a.npy", {"tristab generate.keys", "\"sliu\"", "'silu'"}},
      {"generate gdn --chunk 8 -o a.npy", {"--chunk: found '8'", "16 to 256"}},
      {"generate gdn --dtype f2 -o a.npy", {"--dtype", "'f2'", "f8, f4"}},
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

}  // namespace tristab::command_line_test
