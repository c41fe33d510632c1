// Standard input as a file that can be read at offsets.
#pragma once

#include <string>

namespace tristab {

// Copies standard input to an unnamed file in memory and gives a path to it, valid while the process lives.
// Throws InputError when reading fails.
std::string buffer_standard_input();

}  // namespace tristab
