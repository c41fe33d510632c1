// tristab generate --describe FILE: describes a file of matrices, or of keys, betas and decays.
#pragma once

#include <cstdint>
#include <string>

#include "tristab/base/json_value.h"
#include "tristab/base/parameters.h"
#include "tristab/report/page.h"

namespace tristab {

struct DescribeOptions {
  JsonValue settings;        // of the family `file`, path among them
  int chunk = 64;            // size of the matrices formed from a layer
  std::int64_t sample = 32;  // chunks examined in each head, or matrices in each tensor
};

// Tables of at most 100 columns, or as wide as the terminal. First every tensor of the file, or of the layer or
// tensor that the settings name, with the range of all its elements; then, layer by layer, the keys, gates and
// matrices of every head; then the tensors of matrices. Throws UsageError for settings that the family `file`
// refuses, InputError if the file cannot be read.
std::string description_of_file(const DescribeOptions& options, const Page& page);

}  // namespace tristab
