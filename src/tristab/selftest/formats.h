// The formats and roundings that checks run over.
#pragma once

#include <span>
#include <vector>

#include "tristab/format/format.h"

namespace tristab::selftest {

// All but stochastic rounding, which needs draws.
std::span<const Rounding> deterministic_roundings();

// Every format of `tristab list formats` with at most 51 bits, and variants that saturate, flush or have odd ranges.
const std::vector<Format>& named_formats();

// The formats of at most 11 bits in which single operations are checked: fp16, bf16, tf32, e5m2, e4m3.
const std::vector<Format>& operation_formats();

}  // namespace tristab::selftest
