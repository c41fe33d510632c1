// tristab schema sweep | results | kernel: the JSON Schemas of the program's files, for editors and validators.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "command.h"
#include "tristab/base/errors.h"
#include "tristab/report/results_schema.h"
#include "tristab/sweep/config_schema.h"

namespace tristab {
namespace {

struct SchemaFile {
  const char* name;
  std::string (*text)();
};

constexpr std::array<SchemaFile, 3> files{{{"sweep", [] { return schema_text(sweep_schema()); }},
                                           {"results", [] { return std::string(results_schema); }},
                                           {"kernel", [] { return schema_text(kernel_schema()); }}}};

void schema(const CLI::App& command, const std::string& name) {
  refuse_leftovers(command);
  std::vector<std::string> names;
  for (const SchemaFile& file : files) names.emplace_back(file.name);
  if (name.empty())
    throw UsageError(fmt::format("tristab schema: found no file; allowed: {}", join_names(names)));
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) throw_unknown_name("tristab schema", "file", name, names);
  fmt::print("{}", files.at(static_cast<std::size_t>(found - names.begin())).text());
}

}  // namespace

void add_schema(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("schema", R"(Print a JSON Schema: of configurations, results or recipes
For editors, which complete and check a file that names its schema, and for validators.)");
  command->allow_extras();
  std::string names;
  for (const SchemaFile& file : files) names += fmt::format("{}{}", names.empty() ? "" : "|", file.name);
  command->add_option("FILE", *name, "what the schema describes")->type_name(names);
  command->footer("tristab schema sweep");
  command->callback([command, name] { schema(*command, *name); });
}

}  // namespace tristab
