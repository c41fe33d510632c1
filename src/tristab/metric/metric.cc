#include "tristab/metric/metric.h"

#include <cmath>
#include <limits>

namespace tristab {
namespace {

constexpr std::string_view higham = "Higham 2002, section 7.1";
constexpr std::string_view lapack =
    "LAPACK 3, TESTING/LIN/dtrt01.f (ratio to n u ||L|| ||Xh||); SLATE's testers";
// Relative Frobenius and largest absolute error are what kernels of these inverses are compared by.
constexpr std::string_view kernel_tests =
    "arXiv 2605.21325 and its notebook; rec_unroll's tests, github.com/huawei-csl/pto-kernels";
constexpr std::string_view region = "the same over the strictly lower triangle";

constexpr std::array<MetricInfo, metric_count> table = {{
    {Metric::frobenius, "frobenius", "||E||_F / ||X||_F", kernel_tests},
    {Metric::strict_lower, "strict_lower", "||E||_F / ||X||_F, both over the strictly lower triangle",
     "tristab's own: frobenius without the diagonal that X and Xh share; norms as in Higham 2002, section "
     "6.2"},
    {Metric::max_abs, "max_abs", "max |E_ij|", kernel_tests},
    {Metric::max_abs_strict_lower, "max_abs_strict_lower", "max |E_ij| over i > j", region},
    {Metric::max_rel, "max_rel", "max |E_ij| / |X_ij| over X_ij != 0",
     "the componentwise relative error of Higham 2002, section 1.2"},
    {Metric::max_rel_strict_lower, "max_rel_strict_lower", "max |E_ij| / |X_ij| over X_ij != 0, i > j",
     region},
    {Metric::nonzero_at_zero, "nonzero_at_zero", "number of Xh_ij != 0 where X_ij = 0",
     "tristab's own: what the componentwise relative error of Higham 2002, section 1.2, leaves out", true},
    {Metric::nonzero_at_zero_strict_lower, "nonzero_at_zero_strict_lower",
     "number of Xh_ij != 0 where X_ij = 0, i > j", region, true},
    {Metric::normwise_1, "normwise_1", "||E||_1 / ||X||_1", "Higham 2002, section 6.2"},
    {Metric::normwise_1_strict_lower, "normwise_1_strict_lower", "||E||_1 / ||X||_1 over i > j", region},
    {Metric::normwise_inf, "normwise_inf", "||E||_inf / ||X||_inf", "Higham 2002, section 6.2"},
    {Metric::normwise_inf_strict_lower, "normwise_inf_strict_lower", "||E||_inf / ||X||_inf over i > j",
     region},
    {Metric::normwise_2, "normwise_2", "||E||_2 / ||X||_2", "Higham 2002, section 6.2"},
    {Metric::normwise_2_strict_lower, "normwise_2_strict_lower", "||E||_2 / ||X||_2 over i > j", region},
    {Metric::rms_ratio, "rms_ratio", "RMS(E) / (RMS(X) + 1e-8)",
     "flash-linear-attention, assert_close of fla/utils.py, github.com/fla-org/flash-linear-attention"},
    {Metric::rms_ratio_strict_lower, "rms_ratio_strict_lower", "RMS(E) / (RMS(X) + 1e-8) over i > j", region},
    {Metric::snr_db, "snr_db", "10 log10(||X||_F^2 / ||E||_F^2)",
     "arXiv 2606.06034, the table of signal-to-noise ratios"},
    {Metric::snr_db_strict_lower, "snr_db_strict_lower", "10 log10(||X||_F^2 / ||E||_F^2) over i > j",
     region},
    {Metric::pearson, "pearson", "correlation coefficient of the entries of Xh and X",
     "tt-metal, comp_pcc of its tests, github.com/tenstorrent/tt-metal"},
    {Metric::pearson_strict_lower, "pearson_strict_lower",
     "correlation coefficient of the entries i > j of Xh and X", region},
    {Metric::cosine, "cosine", "sum Xh_ij X_ij / (||Xh||_F ||X||_F)",
     "vLLM, tests of kernels, github.com/vllm-project/vllm"},
    {Metric::cosine_strict_lower, "cosine_strict_lower", "sum Xh_ij X_ij / (||Xh||_F ||X||_F) over i > j",
     region},
    {Metric::max_ulp, "max_ulp",
     "max |E_ij| / ulp(X_ij) over X_ij != 0; ulp(x) = 2^(max(floor log2 |x|, emin) - p + 1) of the storage "
     "format",
     "Muller et al., Handbook of Floating-Point Arithmetic, section 2.3"},
    {Metric::max_ulp_strict_lower, "max_ulp_strict_lower", "max |E_ij| / ulp(X_ij) over X_ij != 0, i > j",
     region},
    {Metric::residual_left, "residual_left", "||Xh L - I||_F", lapack},
    {Metric::residual_left_strict_lower, "residual_left_strict_lower", "||Xh L - I||_F over i > j", region},
    {Metric::residual_left_inf, "residual_left_inf", "||Xh L - I||_inf", lapack},
    {Metric::residual_left_inf_strict_lower, "residual_left_inf_strict_lower", "||Xh L - I||_inf over i > j",
     region},
    {Metric::residual_left_scaled, "residual_left_scaled", "||Xh L - I||_F / (n u ||L||_F ||Xh||_F)", lapack},
    {Metric::residual_left_inf_scaled, "residual_left_inf_scaled",
     "||Xh L - I||_inf / (n u ||L||_inf ||Xh||_inf)", lapack},
    {Metric::residual_right, "residual_right", "||L Xh - I||_F", lapack},
    {Metric::residual_right_strict_lower, "residual_right_strict_lower", "||L Xh - I||_F over i > j", region},
    {Metric::residual_right_inf, "residual_right_inf", "||L Xh - I||_inf", lapack},
    {Metric::residual_right_inf_strict_lower, "residual_right_inf_strict_lower",
     "||L Xh - I||_inf over i > j", region},
    {Metric::residual_right_scaled, "residual_right_scaled", "||L Xh - I||_F / (n u ||L||_F ||Xh||_F)",
     lapack},
    {Metric::residual_right_inf_scaled, "residual_right_inf_scaled",
     "||L Xh - I||_inf / (n u ||L||_inf ||Xh||_inf)", lapack},
    {Metric::backward_normwise, "backward_normwise",
     "max_j ||R e_j||_2 / (||L||_F ||Xh e_j||_2): columnwise, never above backward_exact", higham},
    {Metric::backward_normwise_strict_lower, "backward_normwise_strict_lower",
     "max_j ||R e_j||_2 / (||L||_F ||Xh e_j||_2), R over i > j", region},
    {Metric::backward_componentwise, "backward_componentwise",
     "max |R_ij| / (|L| |Xh|)_ij, 0/0 = 0: each column has a perturbation of its own",
     "Oettli and Prager; Higham 2002, section 7.2"},
    {Metric::backward_componentwise_strict_lower, "backward_componentwise_strict_lower",
     "max |R_ij| / (|L| |Xh|)_ij over i > j, 0/0 = 0", region},
    {Metric::backward_exact, "backward_exact",
     "||Xh^-1 - L||_F / ||L||_F: the only perturbation of L that explains all of Xh",
     "Higham 2002, section 14.1"},
    {Metric::backward_exact_strict_lower, "backward_exact_strict_lower",
     "||Xh^-1 - L||_F / ||L||_F, both over the strictly lower triangle", region},
    {Metric::bound, "bound",
     "n u || |X| |A| |X| ||_F / ||X||_F: a priori, for substitution; vacuous from 1 on",
     "Higham 2002, section 14.2"},
    {Metric::bound_ratio, "bound_ratio",
     "frobenius / (u || |X| |A| |X| ||_F / ||X||_F): what verdicts compare", "Higham 2002, section 14.2"},
    {Metric::nonfinite, "nonfinite", "number of entries of Xh that are infinite or NaN",
     "IEEE 754-2019, section 6: infinity and NaN", true},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < metric_count; ++i) {
    if (table[i].metric != static_cast<Metric>(i) || table[i].name.empty()) return false;
  }
  return true;
}
static_assert(in_order(), "the table follows the enumeration");

}  // namespace

std::span<const MetricInfo> metrics() { return table; }

void MetricValues::set(Metric m, double value) {
  if (!std::isfinite(value)) return set_undefined(m, "beyond the range of double");
  values_[position(m)] = value;
  reasons_[position(m)] = nullptr;
}

void MetricValues::set_undefined(Metric m, const char* reason) {
  values_[position(m)] = std::numeric_limits<double>::quiet_NaN();
  reasons_[position(m)] = reason;
}

void MetricValues::set_ratio(Metric m, double numerator, double denominator) {
  if (denominator == 0) return set_undefined(m, numerator == 0 ? "0/0" : "infinite: the exact value is 0");
  set(m, numerator / denominator);
}

}  // namespace tristab
