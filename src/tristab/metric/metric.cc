#include "tristab/metric/metric.h"

#include <cmath>
#include <optional>
#include <stdexcept>
#include <vector>

namespace tristab {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr std::string_view higham = "Higham 2002, section 7.1";
constexpr std::string_view lapack = "LAPACK 3, TESTING/LIN/dtrt01.f (ratio to n u ||L|| ||Xh||); SLATE's testers";
// Kernels for these inverses are compared by the relative Frobenius error and the largest absolute error.
constexpr std::string_view kernel_tests =
    "arXiv 2605.21325 and its notebook; rec_unroll's tests, github.com/huawei-csl/pto-kernels";
constexpr std::string_view relative = "[0, inf), relative; 0 is exact, smaller is better";
constexpr std::string_view absolute = "[0, inf), in the units of X; 0 is exact, smaller is better";
constexpr std::string_view zero_region =
    "0/0 and infinite where X is zero over the region (the strictly lower "
    "triangle of A = 0); the whole X never is";
constexpr std::string_view never = "never for a finite result";
constexpr std::string_view residual_shows =
    "needs no exact inverse, so a kernel's own test can compute it; small for every backward stable result, "
    "however "
    "ill-conditioned L is";
constexpr std::string_view residual_hides =
    "the forward error, which may be kappa(L) times larger; a method usually keeps one of the left and the "
    "right "
    "residual small and not the other (Higham 2002, section 14.2)";

// A metric, and if `strict_lower` names one, the same over the strictly lower triangle: its name ends in
// "_strict_lower", its formula in "over i > j" unless a separate formula is given here, and everything else is the
// same.
struct Row {
  Metric metric;
  const char* name;
  std::optional<Metric> strict_lower{};
  const char* strict_lower_formula = nullptr;
  const char* formula;
  std::string_view range, shows, hides, undefined, source;
  std::string_view words = {};  // of those in figures
  bool is_count = false, larger_is_better = false, decibels = false;
  double minimum = 0, maximum = infinity;
};

const Row rows[] = {
    {.metric = Metric::frobenius,
     .name = "frobenius",
     .formula = "||E||_F / ||X||_F",
     .range = relative,
     .shows = "the error of the whole inverse in one number; verdicts and rankings within one arithmetic use it",
     .hides = "errors behind the unit diagonal, which alone adds n to ||X||_F^2 (see strict_lower); where one block of "
              "large entries dominates, errors of all others",
     .undefined = never,
     .source = kernel_tests,
     .words = "relative error against the inverse of A as stored"},
    {.metric = Metric::strict_lower,
     .name = "strict_lower",
     .formula = "||E||_F / ||X||_F, both over the strictly lower triangle",
     .range = relative,
     .shows = "the part that an algorithm computes: X and Xh share the unit diagonal",
     .hides = "which entries are wrong; for weakly correlated keys the triangle is small and the ratio large although "
              "T is nearly I",
     .undefined = zero_region,
     .source =
         "tristab's own: frobenius without the diagonal that X and Xh share; norms as in Higham 2002, section 6.2",
     .words = "relative error below the diagonal"},
    {.metric = Metric::max_abs,
     .name = "max_abs",
     .strict_lower = Metric::max_abs_strict_lower,
     .formula = "max |E_ij|",
     .range = absolute,
     .shows = "one wrong entry is seen however large the matrix; what kernels' unit tests bound by atol",
     .hides = "the scale: 1e-3 is excellent beside entries of 100 and useless beside 1e-4",
     .undefined = never,
     .source = kernel_tests},
    {.metric = Metric::max_rel,
     .name = "max_rel",
     .strict_lower = Metric::max_rel_strict_lower,
     .strict_lower_formula = "max |E_ij| / |X_ij| over X_ij != 0, i > j",
     .formula = "max |E_ij| / |X_ij| over X_ij != 0",
     .range = relative,
     .shows = "accuracy of small entries, which norms cannot see",
     .hides = "zeros of X that come out non-zero (nonzero_at_zero counts them); one tiny entry far from the diagonal, "
              "harmless to the layer, may decide it",
     .undefined = "0/0 where X has no entry but zeros",
     .source = "the componentwise relative error of Higham 2002, section 1.2"},
    {.metric = Metric::nonzero_at_zero,
     .name = "nonzero_at_zero",
     .strict_lower = Metric::nonzero_at_zero_strict_lower,
     .strict_lower_formula = "number of Xh_ij != 0 where X_ij = 0, i > j",
     .formula = "number of Xh_ij != 0 where X_ij = 0",
     .range = "a count, 0 to n^2; smaller is better",
     .shows = "structure that rounding destroyed: half of an all-ones inverse is zero",
     .hides = "how large these entries are",
     .undefined = "never: 0 where X has no zeros",
     .source = "tristab's own: what the componentwise relative error of Higham 2002, section 1.2, leaves out",
     .is_count = true},
    {.metric = Metric::normwise_1,
     .name = "normwise_1",
     .strict_lower = Metric::normwise_1_strict_lower,
     .formula = "||E||_1 / ||X||_1",
     .range = relative,
     .shows = "the error of the worst column, as in textbooks' bounds in the 1-norm",
     .hides = "errors of small columns and of small entries",
     .undefined = zero_region,
     .source = "Higham 2002, section 6.2"},
    {.metric = Metric::normwise_inf,
     .name = "normwise_inf",
     .strict_lower = Metric::normwise_inf_strict_lower,
     .formula = "||E||_inf / ||X||_inf",
     .range = relative,
     .shows = "the error of the worst row: bounds the error of a token's output if |V| <= 1",
     .hides = "errors of small rows and of small entries",
     .undefined = zero_region,
     .source = "Higham 2002, section 6.2"},
    {.metric = Metric::normwise_2,
     .name = "normwise_2",
     .strict_lower = Metric::normwise_2_strict_lower,
     .formula = "||E||_2 / ||X||_2",
     .range = relative,
     .shows = "the largest error of X b relative to ||X||_2 over all right-hand sides b of length 1",
     .hides = "errors of small entries; right-hand sides that are better than the worst",
     .undefined = zero_region,
     .source = "Higham 2002, section 6.2"},
    {.metric = Metric::row_relative,
     .name = "row_relative",
     .strict_lower = Metric::row_relative_strict_lower,
     .strict_lower_formula = "max_i ||E_i||_2 / ||X_i||_2 over the rows without their diagonal, zero rows left out",
     .formula = "max_i ||E_i||_2 / ||X_i||_2 over the rows",
     .range = relative,
     .shows = "what the worst token sees: row i of X weighs the values that token i writes",
     .hides = "how many rows are wrong, and which entries of a row are",
     .undefined = zero_region,
     .source = "tristab's own: the normwise relative error of Higham 2002, section 6.2, row by row"},
    {.metric = Metric::rms_ratio,
     .name = "rms_ratio",
     .strict_lower = Metric::rms_ratio_strict_lower,
     .formula = "RMS(E) / (RMS(X) + 1e-8)",
     .range = relative,
     .shows =
         "comparison with thresholds of flash-linear-attention's tests (1e-4 for solve_tril, 5e-3 to 2e-2 for layers)",
     .hides = "what frobenius hides, which it equals except for the 1e-8; matrices with entries of 1e-8 and below",
     .undefined = never,
     .source = "flash-linear-attention, assert_close of fla/utils.py, github.com/fla-org/flash-linear-attention"},
    {.metric = Metric::snr_db,
     .name = "snr_db",
     .strict_lower = Metric::snr_db_strict_lower,
     .formula = "10 log10(||X||_F^2 / ||E||_F^2)",
     .range = "(-inf, inf) dB, 20 dB a decimal digit; larger is better",
     .shows = "comparison with the tables of arXiv 2606.06034",
     .hides = "what frobenius hides: it is -20 log10(frobenius)",
     .undefined = "infinite where the result is exact, or X is zero over the region",
     .source = "arXiv 2606.06034, the table of signal-to-noise ratios",
     .larger_is_better = true,
     .decibels = true,
     .minimum = -infinity},
    {.metric = Metric::pearson,
     .name = "pearson",
     .strict_lower = Metric::pearson_strict_lower,
     .strict_lower_formula = "correlation coefficient of the entries i > j of Xh and X",
     .formula = "correlation coefficient of the entries of Xh and X",
     .range = "[-1, 1]; 1 is best",
     .shows = "comparison with tt-metal's tests (PCC)",
     .hides = "a wrong scale and a wrong offset altogether; 0.999 can be an error of 4%; over the whole matrix the "
              "diagonal and the zeros above it make it large",
     .undefined = "0/0 where the entries of X or of Xh are all equal",
     .source = "tt-metal, comp_pcc of its tests, github.com/tenstorrent/tt-metal",
     .larger_is_better = true,
     .minimum = -1,
     .maximum = 1},
    {.metric = Metric::cosine,
     .name = "cosine",
     .strict_lower = Metric::cosine_strict_lower,
     .formula = "sum Xh_ij X_ij / (||Xh||_F ||X||_F)",
     .range = "[-1, 1]; 1 is best",
     .shows = "comparison with vLLM's tests",
     .hides = "a wrong scale altogether; errors below sqrt(u) of double: 1 - cosine is about frobenius^2 / 2",
     .undefined = "0/0 where X or Xh is zero over the region",
     .source = "vLLM, tests of kernels, github.com/vllm-project/vllm",
     .larger_is_better = true,
     .minimum = -1,
     .maximum = 1},
    {.metric = Metric::max_ulp,
     .name = "max_ulp",
     .strict_lower = Metric::max_ulp_strict_lower,
     .strict_lower_formula = "max |E_ij| / ulp(X_ij) over X_ij != 0, i > j",
     .formula =
         "max |E_ij| / ulp(X_ij) over X_ij != 0; ulp(x) = 2^(max(floor log2 |x|, emin) - p + 1) of the storage format",
     .range = "[0, inf), units in the last place of the storage format; 0.5 is a correctly rounded inverse",
     .shows = "how far the worst entry is from the best that the format can store",
     .hides = "zeros of X; as max_rel, tiny entries far from the diagonal decide it",
     .undefined = "0/0 where X has no entry but zeros; integer and block-scaled formats have no ulp",
     .source = "Muller et al., Handbook of Floating-Point Arithmetic, section 2.3"},
    {.metric = Metric::residual_left,
     .name = "residual_left",
     .strict_lower = Metric::residual_left_strict_lower,
     .formula = "||Xh L - I||_F",
     .range = "[0, inf); 0 where Xh L = I, smaller is better",
     .shows = residual_shows,
     .hides = residual_hides,
     .undefined = never,
     .source = lapack},
    {.metric = Metric::residual_left_inf,
     .name = "residual_left_inf",
     .strict_lower = Metric::residual_left_inf_strict_lower,
     .formula = "||Xh L - I||_inf",
     .range = "[0, inf); 0 where Xh L = I, smaller is better",
     .shows = residual_shows,
     .hides = residual_hides,
     .undefined = never,
     .source = lapack},
    {.metric = Metric::residual_left_scaled,
     .name = "residual_left_scaled",
     .formula = "||Xh L - I||_F / (n u ||L||_F ||Xh||_F)",
     .range = "[0, inf), units of n u; of order 1 or less is a backward stable result (LAPACK's testers stop at 30)",
     .shows = "one threshold for all sizes, formats and condition numbers",
     .hides = residual_hides,
     .undefined = "never for a finite result that is not zero",
     .source = lapack},
    {.metric = Metric::residual_left_inf_scaled,
     .name = "residual_left_inf_scaled",
     .formula = "||Xh L - I||_inf / (n u ||L||_inf ||Xh||_inf)",
     .range = "[0, inf), units of n u; of order 1 or less is a backward stable result (LAPACK's testers stop at 30)",
     .shows = "one threshold for all sizes, formats and condition numbers",
     .hides = residual_hides,
     .undefined = "never for a finite result that is not zero",
     .source = lapack},
    {.metric = Metric::residual_right,
     .name = "residual_right",
     .strict_lower = Metric::residual_right_strict_lower,
     .formula = "||L Xh - I||_F",
     .range = "[0, inf); 0 where L Xh = I, smaller is better",
     .shows = residual_shows,
     .hides = residual_hides,
     .undefined = never,
     .source = lapack},
    {.metric = Metric::residual_right_inf,
     .name = "residual_right_inf",
     .strict_lower = Metric::residual_right_inf_strict_lower,
     .formula = "||L Xh - I||_inf",
     .range = "[0, inf); 0 where L Xh = I, smaller is better",
     .shows = residual_shows,
     .hides = residual_hides,
     .undefined = never,
     .source = lapack},
    {.metric = Metric::residual_right_scaled,
     .name = "residual_right_scaled",
     .formula = "||L Xh - I||_F / (n u ||L||_F ||Xh||_F)",
     .range = "[0, inf), units of n u; of order 1 or less is a backward stable result (LAPACK's testers stop at 30)",
     .shows = "one threshold for all sizes, formats and condition numbers",
     .hides = residual_hides,
     .undefined = "never for a finite result that is not zero",
     .source = lapack},
    {.metric = Metric::residual_right_inf_scaled,
     .name = "residual_right_inf_scaled",
     .formula = "||L Xh - I||_inf / (n u ||L||_inf ||Xh||_inf)",
     .range = "[0, inf), units of n u; of order 1 or less is a backward stable result (LAPACK's testers stop at 30)",
     .shows = "one threshold for all sizes, formats and condition numbers",
     .hides = residual_hides,
     .undefined = "never for a finite result that is not zero",
     .source = lapack},
    {.metric = Metric::backward_normwise,
     .name = "backward_normwise",
     .strict_lower = Metric::backward_normwise_strict_lower,
     .strict_lower_formula = "max_j ||R e_j||_2 / (||L||_F ||Xh e_j||_2), R over i > j",
     .formula = "max_j ||R e_j||_2 / (||L||_F ||Xh e_j||_2): columnwise, never above backward_exact",
     .range = relative,
     .shows = "each column of Xh is exact for L changed by this much: the algorithm's fault without the problem's",
     .hides = "that each column may need a different perturbation, so no single L need explain Xh (backward_exact); "
              "small entries of L",
     .undefined = "infinite where a column of Xh is zero",
     .source = higham},
    {.metric = Metric::backward_componentwise,
     .name = "backward_componentwise",
     .strict_lower = Metric::backward_componentwise_strict_lower,
     .strict_lower_formula = "max |R_ij| / (|L| |Xh|)_ij over i > j, 0/0 = 0",
     .formula = "max |R_ij| / (|L| |Xh|)_ij, 0/0 = 0: each column has its own perturbation",
     .range = relative,
     .shows = "the same with every entry of L changed in proportion: zeros stay zeros, small entries stay small",
     .hides = "that each column may need a different perturbation (backward_exact)",
     .undefined = "infinite where |L| |Xh| has a zero and the residual has none",
     .source = "Oettli and Prager; Higham 2002, section 7.2"},
    {.metric = Metric::backward_exact,
     .name = "backward_exact",
     .strict_lower = Metric::backward_exact_strict_lower,
     .strict_lower_formula = "||Xh^-1 - L||_F / ||L||_F, both over the strictly lower triangle",
     .formula = "||Xh^-1 - L||_F / ||L||_F: the only perturbation of L that explains all of Xh",
     .range = relative,
     .shows = "the only perturbation of L that explains all of Xh: is Xh the inverse of something near L?",
     .hides = "entries of L that are small beside ||L||_F",
     .undefined =
         "where Xh has entries above the diagonal, a zero on it, or is too ill-conditioned for double-double, or "
         "where the perturbation is too small for it (A far below 1e-31); "
         "over the triangle 0/0 where A = 0",
     .source = "Higham 2002, section 14.1"},
    {.metric = Metric::bound,
     .name = "bound",
     .formula =
         "n max(u, u_s) || |X| |A| |X| ||_F / ||X||_F, for integers plus n h max|A| || |X| S |X| ||_F / ||X||_F: "
         "a priori, for substitution",
     .range = "[0, inf), relative; 1 or more is vacuous",
     .shows = "an a priori bound on the error of substitution, for this matrix and arithmetic",
     .hides = "everything about the result: it does not depend on Xh; usually far above the error",
     .undefined = never,
     .source = "Higham 2002, section 14.2"},
    {.metric = Metric::bound_ratio,
     .name = "bound_ratio",
     .formula =
         "frobenius / b, b = (u + sqrt(n) u_s) || |X| |A| |X| ||_F / ||X||_F, for integers plus h max|A| || |X| S "
         "|X| ||_F / ||X||_F; u of the coarsest format, u_s of the coarsest sums, h = 1 / (2 qmax), S_ij = 1 for i > j",
     .range = "[0, inf); about 1 or less is normal (for_format says so)",
     .shows =
         "the error beside what a stable method achieves on this very matrix: comparable between matrices and formats",
     .hides =
         "the error's absolute size: a normal error may be a relative error of 1 where the matrix is ill-conditioned",
     .undefined = "0/0 and infinite where A = 0, whose bound is 0",
     .source = "Higham 2002, section 14.2"},
    {.metric = Metric::nonfinite,
     .name = "nonfinite",
     .formula = "number of entries of Xh that are infinite or NaN",
     .range = "a count, 0 to n^2; above 0 every error is null",
     .shows = "overflow and its consequences",
     .hides = "intermediate overflow that left no trace in Xh (overflows counts it)",
     .undefined = "never",
     .source = "IEEE 754-2019, section 6: infinity and NaN",
     .is_count = true},
};

std::vector<MetricInfo> make_table() {
  std::vector<MetricInfo> table(metric_count);
  const auto put = [&](const Row& row, Metric metric, std::string name, std::string formula) {
    MetricInfo& info = table[static_cast<std::size_t>(metric)];
    if (!info.name.empty()) throw std::logic_error("two rows describe the metric " + name);
    info.metric = metric;
    info.name = std::move(name);
    info.formula = std::move(formula);
    info.range = row.range;
    info.shows = row.shows;
    info.hides = row.hides;
    info.undefined = row.undefined;
    info.source = row.source;
    info.is_count = row.is_count;
    info.larger_is_better = row.larger_is_better;
    info.words = row.words;
    info.decibels = row.decibels;
    info.minimum = row.minimum;
    info.maximum = row.maximum;
    info.aggregate = row.is_count ? Aggregate::none : Aggregate::judged_trials;
    if (metric != row.metric) info.whole = row.name;
  };
  for (const Row& row : rows) {
    put(row, row.metric, row.name, row.formula);
    if (!row.strict_lower) continue;
    put(row, *row.strict_lower, std::string(row.name) + "_strict_lower",
        row.strict_lower_formula != nullptr ? row.strict_lower_formula : std::string(row.formula) + " over i > j");
  }
  for (const MetricInfo& info : table) {
    if (info.name.empty()) throw std::logic_error("a metric has no row");
  }
  return table;
}

}  // namespace

std::span<const MetricInfo> metrics() {
  static const std::vector<MetricInfo> table = make_table();
  return table;
}

void MetricValues::set(Metric m, double value) {
  values_[position(m)] = std::isfinite(value) ? Measured(value) : Measured(Undefined::beyond_double);
}

void MetricValues::set_ratio(Metric m, double numerator, double denominator) {
  if (denominator == 0) return set_undefined(m, numerator == 0 ? Undefined::zero_over_zero : Undefined::exact_zero);
  set(m, numerator / denominator);
}

}  // namespace tristab
