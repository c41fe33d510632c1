// ex2.approx.ftz.f32 as an H100 computes it.
#pragma once

namespace tristab {

// 2^x of a float, at most about 1.4 ulp from it. Subnormal x counts as 0, a result below 2^-126 is 0, one of 2^128 and
// beyond infinity; NaN stays NaN.
float ex2_approx(float x);

}  // namespace tristab
