// Small hunts for tests.
#pragma once

#include <memory>
#include <string>

#include "tristab/hunt/evaluator.h"
#include "tristab/hunt/hunt.h"

namespace tristab {

// A request with all that its setting points to.
struct SmallHunt {
  std::optional<Recipe> recipe, second_recipe;
  std::optional<MethodSpec> method;
  std::optional<Arithmetic> arithmetic;
  Formation formation;
  HuntRequest request;
};

// "mch fp16", or a kernel; on gdn with 16 channels, from random starts, with seed 1.
std::unique_ptr<SmallHunt> small_hunt(const std::string& setting, int n, std::int64_t evaluations,
                                      const std::string& objective = "total_frobenius",
                                      const std::string& against = "");

// The value of the objective and the record for one input, evaluated as the sweep does.
HuntFind evaluate_again(const HuntRequest& request, const TokenInputs& tokens);

}  // namespace tristab
