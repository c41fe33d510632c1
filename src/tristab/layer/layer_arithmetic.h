// The arithmetic of everything in a layer except the inverse.
#pragma once

#include <string>
#include <string_view>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/layer/formation.h"

namespace tristab {

// Products use the arithmetic's matrix unit, elementwise operations its accumulator's format. What kernels store
// between their steps (T, w, u, V', the state as an operand, decayed factors, A_qk, o) has its storage format.
struct LayerArithmetic {
  std::string name;
  Settings settings;
  Arithmetic products;
  Formation scores;  // how A_qk is formed if gates are channel-wise
  Exponential exponential = Exponential::natural;
  int scan = 0;  // of the gates' running sums (ProductUnit::running_sums)

  std::string identity() const;  // equal only for equal arithmetics
  Json json() const;             // as make_layer_arithmetic reads it
};

// "bf16" (bf16 storage, fp32 accumulation), any floating-point arithmetic, or {"arithmetic": "bf16-h100",
// "exponential": "ex2.approx", "scan": 32, "scores": FORMATION}. Throws UsageError naming place, found and allowed.
LayerArithmetic make_layer_arithmetic(const Json& given, std::string_view place);

}  // namespace tristab
