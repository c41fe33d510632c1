// Completion scripts for shells, each from the option table and the registries.
#pragma once

#include <string>

#include "command_table.h"

namespace tristab {

// For bash 4.3 and newer, with or without the package bash-completion.
std::string bash_completion(const CommandTable& table);
// For zsh 5: the file _tristab of a directory in fpath.
std::string zsh_completion(const CommandTable& table);
// For fish 3.
std::string fish_completion(const CommandTable& table);

// A word of a shell script: 'it'\''s' in the quotes of bash and zsh.
std::string shell_quoted(const std::string& text);

}  // namespace tristab
