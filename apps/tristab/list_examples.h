// An example command for each entry of tristab list. It runs in a second or less and needs no file except those that
// it writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tristab/matrix/rule/rule.h"
#include "tristab/metric/number.h"

namespace tristab {

std::string method_example(std::string_view name);
std::string arithmetic_example(std::string_view name);  // of formats too: each is an arithmetic
std::string family_example(std::string_view name);
std::string rule_example(const DeltaRule& rule);
std::string formation_example(std::string_view name);
std::string gate_example(std::string_view name);
std::string metric_example(const NumberInfo& metric);
std::string kernel_example(std::string_view name, const std::vector<int>& chunks);

// `choice` is the parameter that takes the model: "keys", "beta", "gate".
std::string model_example(std::string_view choice, std::string_view name);

}  // namespace tristab
