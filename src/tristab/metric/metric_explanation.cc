#include "tristab/metric/metric_explanation.h"

#include <algorithm>
#include <stdexcept>

#include "tristab/metric/verdict.h"

namespace tristab {
namespace {

static_assert(pass_limit == 3 && marginal_limit == 30 && strict_lower_limit == 0.1, "the texts say so");

struct Row {
  Metric metric;
  MetricExplanation text;
};

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

constexpr Row rows[] = {
    {Metric::frobenius,
     {relative,
      "the error of the whole inverse in one number; verdicts and rankings within one arithmetic use it",
      "errors behind the unit diagonal, which alone adds n to ||X||_F^2 (see strict_lower); where one block "
      "of large "
      "entries dominates, errors of all others",
      never}},
    {Metric::strict_lower,
     {relative,
      "the part that an algorithm computes: X and Xh share the unit diagonal; above 0.1 the verdict is fail",
      "which entries are wrong; for weakly correlated keys the triangle is small and the ratio large "
      "although T is "
      "nearly I",
      zero_region}},
    {Metric::max_abs,
     {absolute, "one wrong entry is seen however large the matrix; what kernels' unit tests bound by atol",
      "the scale: 1e-3 is excellent beside entries of 100 and useless beside 1e-4", never}},
    {Metric::max_rel,
     {relative, "accuracy of small entries, which norms cannot see",
      "zeros of X that come out non-zero (nonzero_at_zero counts them); one tiny entry far from the "
      "diagonal, harmless "
      "to the layer, may decide it",
      "0/0 where X has no entry but zeros"}},
    {Metric::nonzero_at_zero,
     {"a count, 0 to n^2; smaller is better",
      "structure that rounding destroyed: half of an all-ones inverse is zero", "how large these entries are",
      "never: 0 where X has no zeros"}},
    {Metric::normwise_1,
     {relative, "the error of the worst column, as in textbooks' bounds in the 1-norm",
      "errors of small columns and of small entries", zero_region}},
    {Metric::normwise_inf,
     {relative, "the error of the worst row: what a token's output can be off by where |V| <= 1",
      "errors of small rows and of small entries", zero_region}},
    {Metric::normwise_2,
     {relative, "the largest error of X b relative to ||X||_2 over all right-hand sides b of length 1",
      "errors of small entries; right-hand sides that are better than the worst", zero_region}},
    {Metric::rms_ratio,
     {relative,
      "comparison with thresholds of flash-linear-attention's tests (1e-4 for solve_tril, 5e-3 to 2e-2 for "
      "layers)",
      "what frobenius hides, of which it is the value but for the 1e-8; matrices with entries of 1e-8 and "
      "below",
      never}},
    {Metric::snr_db,
     {"(-inf, inf) dB, 20 dB a decimal digit; larger is better",
      "comparison with the tables of arXiv 2606.06034", "what frobenius hides: it is -20 log10(frobenius)",
      "infinite where the result is exact, or X is zero over the region"}},
    {Metric::pearson,
     {"[-1, 1]; 1 is best", "comparison with tt-metal's tests (PCC)",
      "a wrong scale and a wrong offset altogether; 0.999 can be an error of 4%; over the whole matrix the "
      "diagonal "
      "and the zeros above it make it large",
      "0/0 where the entries of X or of Xh are all equal"}},
    {Metric::cosine,
     {"[-1, 1]; 1 is best", "comparison with vLLM's tests",
      "a wrong scale altogether; errors below sqrt(u) of double: 1 - cosine is about frobenius^2 / 2",
      "0/0 where X or Xh is zero over the region"}},
    {Metric::max_ulp,
     {"[0, inf), units in the last place of the storage format; 0.5 is a correctly rounded inverse",
      "how far the worst entry is from the best that the format can store",
      "zeros of X; as max_rel, tiny entries far from the diagonal decide it",
      "0/0 where X has no entry but zeros; integer and block-scaled formats have no ulp"}},
    {Metric::residual_left,
     {"[0, inf); 0 where Xh L = I, smaller is better", residual_shows, residual_hides, never}},
    {Metric::residual_left_inf,
     {"[0, inf); 0 where Xh L = I, smaller is better", residual_shows, residual_hides, never}},
    {Metric::residual_left_scaled,
     {"[0, inf), units of n u; of order 1 or less is a backward stable result (LAPACK's testers stop at 30)",
      "one threshold for all sizes, formats and condition numbers", residual_hides,
      "never for a finite result that is not zero"}},
    {Metric::residual_left_inf_scaled,
     {"[0, inf), units of n u; of order 1 or less is a backward stable result (LAPACK's testers stop at 30)",
      "one threshold for all sizes, formats and condition numbers", residual_hides,
      "never for a finite result that is not zero"}},
    {Metric::residual_right,
     {"[0, inf); 0 where L Xh = I, smaller is better", residual_shows, residual_hides, never}},
    {Metric::residual_right_inf,
     {"[0, inf); 0 where L Xh = I, smaller is better", residual_shows, residual_hides, never}},
    {Metric::residual_right_scaled,
     {"[0, inf), units of n u; of order 1 or less is a backward stable result (LAPACK's testers stop at 30)",
      "one threshold for all sizes, formats and condition numbers", residual_hides,
      "never for a finite result that is not zero"}},
    {Metric::residual_right_inf_scaled,
     {"[0, inf), units of n u; of order 1 or less is a backward stable result (LAPACK's testers stop at 30)",
      "one threshold for all sizes, formats and condition numbers", residual_hides,
      "never for a finite result that is not zero"}},
    {Metric::backward_normwise,
     {relative,
      "each column of Xh is exact for L changed by this much: the algorithm's fault without the problem's",
      "that each column has a perturbation of its own: no single L need explain Xh (backward_exact); small "
      "entries of L",
      "infinite where a column of Xh is zero"}},
    {Metric::backward_componentwise,
     {relative,
      "the same with every entry of L changed in proportion: zeros stay zeros, small entries stay small",
      "that each column has a perturbation of its own (backward_exact)",
      "infinite where |L| |Xh| has a zero and the residual has none"}},
    {Metric::backward_exact,
     {relative, "the only perturbation of L that explains all of Xh: is Xh the inverse of something near L?",
      "entries of L that are small beside ||L||_F",
      "where Xh has entries above the diagonal, a zero on it, or is too ill-conditioned for double-double; "
      "over the triangle 0/0 where A = 0"}},
    {Metric::bound,
     {"[0, inf), relative; 1 or more is vacuous",
      "a priori, for this matrix and arithmetic: what substitution can err by",
      "everything about the result: it does not depend on Xh; usually far above the error", never}},
    {Metric::bound_ratio,
     {"[0, inf), units of the bound without n; up to 3 passes, up to 30 is marginal, above it fails",
      "the error beside what a stable method achieves on this very matrix: comparable between matrices and "
      "formats",
      "the error's absolute size: a pass may be a relative error of 1 where the matrix is ill-conditioned "
      "enough",
      "0/0 and infinite where A = 0, whose bound is 0"}},
    {Metric::nonfinite,
     {"a count, 0 to n^2; above 0 the verdict is nonfinite and every other metric is null",
      "overflow and what came of it", "intermediate overflow that left no trace in Xh (overflows counts it)",
      "never"}},
};

}  // namespace

Metric whole_metric(Metric metric) {
  constexpr std::string_view suffix = "_strict_lower";
  std::string_view name = metrics()[static_cast<std::size_t>(metric)].name;
  if (!name.ends_with(suffix)) return metric;
  name.remove_suffix(suffix.size());
  const auto found = std::ranges::find(metrics(), name, &MetricInfo::name);
  if (found == metrics().end()) throw std::logic_error("a metric over a triangle without one over the whole");
  return found->metric;
}

const MetricExplanation& explain(Metric metric) {
  const auto found = std::ranges::find(rows, whole_metric(metric), &Row::metric);
  if (found == std::end(rows)) throw std::logic_error("a metric without an explanation");
  return found->text;
}

}  // namespace tristab
