// tristab generate --describe FILE: what a file of matrices, or of keys, betas and decays, holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "tristab/base/json.h"
#include "tristab/base/parameters.h"
#include "tristab/report/page.h"

namespace tristab {

struct DescribeOptions {
  Json settings;             // of the family `file`, path among them
  int chunk = 64;            // size of the matrices formed from a layer
  std::int64_t sample = 32;  // chunks looked at a head (matrices, of a tensor)
};

// Tables of at most 100 columns, or as many as a terminal has: every tensor (of the layer or tensor that the settings
// name, or of the file) with its range (read whole, piece by piece), then layer by layer the keys, gates and matrices
// of every head, then the tensors of matrices. Throws UsageError for settings that the family `file` refuses,
// InputError where the file cannot be read, and Stopped where `stop` became true.
std::string description_of_file(const DescribeOptions& options, const Page& page, const std::atomic<bool>& stop);

}  // namespace tristab
