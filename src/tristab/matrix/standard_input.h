// Standard input as a file of tensors, which is read at any offset and more than once.
#pragma once

#include <string>

namespace tristab {

// The path of a file in memory with all that standard input holds; the same one for every call. Throws InputError if
// standard input cannot be read.
const std::string& buffered_standard_input();

}  // namespace tristab
