// ex2.approx.ftz.f32 as an H100 computes it.
#pragma once

namespace tristab {

// 2^x of a float, with an error of at most about 1.4 ulp. Subnormal x counts as 0. A result below 2^-126 is 0, a result
// of 2^128 or more is infinity. NaN stays NaN.
float ex2_approx(float x);

}  // namespace tristab
