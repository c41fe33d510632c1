// tristab schema sweep | results | kernel | suite: prints the JSON Schemas of the program's files, for editors and
// validators.
#include "tristab/sweep/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "command.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/judge/suite.h"
#include "tristab/report/results_schema.h"

namespace tristab {
namespace {

struct SchemaFile {
  const char* name;
  Json (*schema)();
};

constexpr std::array<SchemaFile, 4> files{
    {{"sweep", sweep_schema}, {"results", results_file_schema}, {"kernel", kernel_schema}, {"suite", suite_schema}}};

}  // namespace

Command schema_command() {
  auto name = std::make_shared<std::string>();
  std::vector<std::string> names;
  names.reserve(std::size(files));
  for (const SchemaFile& file : files) names.emplace_back(file.name);
  Command command("schema", "Print the JSON Schema of one of the program's files",
                  "Editors complete and check a file that names its schema; validators check files with it.",
                  {"tristab schema sweep"});
  command.positional("FILE", "sweep|results|kernel|suite", *name,
                     "one of sweep (configurations), results, kernel (recipes), suite");
  command.run([name, names](const Command&) {
    if (name->empty()) refuse("tristab schema", "no file", join_names(names));
    const auto found = std::ranges::find(names, *name);
    if (found == names.end()) throw_unknown_name("tristab schema", "file", *name, names);
    fmt::print("{}", schema_text(files.at(static_cast<std::size_t>(found - names.begin())).schema()));
  });
  return command;
}

}  // namespace tristab
