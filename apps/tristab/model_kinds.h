// The models from which families draw the parts of a delta rule: keys, betas and log decays.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tristab/base/parameters.h"

namespace tristab {

struct ModelKind {
  std::string listed_as;            // "betas"
  std::string parameter;            // of families: "beta"
  std::vector<Description> models;  // in listing order
};

std::span<const ModelKind> model_kinds();

}  // namespace tristab
