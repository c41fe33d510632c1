// Runs a test body once for every SIMD level that the kernels were compiled for and this machine has.
#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cstdint>

#include "tristab/arithmetic/kernels.h"

namespace tristab {

template <class Body>
void for_each_simd_level(const Body& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    body(simd_level());
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace tristab
