// tristab completion SHELL: a completion script, made from the option table at hand.
#include <fmt/format.h>

#include <algorithm>

#include "command.h"
#include "completion_scripts.h"
#include "tristab/base/errors.h"

namespace tristab {
namespace {

struct Shell {
  const char* name;
  std::string (*script)(const CommandTable& table);
};

constexpr Shell shells[] = {{"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};

void completion(const CLI::App& app, const CLI::App& command, const std::string& name) {
  refuse_leftovers(command);
  std::vector<std::string> names;
  for (const Shell& shell : shells) names.emplace_back(shell.name);
  if (name.empty()) {
    throw UsageError(fmt::format("tristab completion: found no shell; allowed: {}", join_names(names)));
  }
  const auto shell = std::find_if(std::begin(shells), std::end(shells),
                                  [&](const Shell& each) { return each.name == name; });
  if (shell == std::end(shells)) throw_unknown_name("tristab completion", "shell", name, names);
  fmt::print("{}", shell->script(command_table(app)));
}

}  // namespace

std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

void add_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", R"(Print a completion script for a shell
It completes commands, options, files, and the names of methods, kernels, arithmetics and families with their
parameters, after a comma too. An installed tristab has the scripts in place: bash finds its own if the package
bash-completion is there.)");
  command->allow_extras();
  command
      ->add_option("SHELL", *shell, R"(one of bash, zsh, fish
bash: source <(tristab completion bash) in ~/.bashrc. zsh: tristab completion zsh > _tristab in a directory of fpath,
before compinit runs. fish: tristab completion fish > ~/.config/fish/completions/tristab.fish.)")
      ->type_name("bash|zsh|fish");
  command->footer("source <(tristab completion bash)\ntristab completion zsh > _tristab");
  command->callback([&app, command, shell] { completion(app, *command, *shell); });
}

}  // namespace tristab
