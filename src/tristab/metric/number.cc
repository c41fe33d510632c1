#include "tristab/metric/number.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tristab {
namespace {

constexpr std::array<std::pair<Undefined, std::string_view>, 20> texts{{
    {Undefined::no, ""},
    {Undefined::zero_over_zero, "0/0"},
    {Undefined::exact_result, "infinite: the result is exact"},
    {Undefined::exact_zero, "infinite: the exact value is 0"},
    {Undefined::zero_column, "infinite: a column of the result is zero"},
    {Undefined::zero_scale, "infinite: |L| |Xh| has a zero where the residual has none"},
    {Undefined::beyond_double, "beyond the range of double"},
    {Undefined::nonfinite_result, "non-finite result"},
    {Undefined::above_diagonal, "result has entries above the diagonal"},
    {Undefined::zero_diagonal, "zero on the diagonal of the result"},
    {Undefined::ill_conditioned, "result too ill-conditioned for double-double"},
    {Undefined::too_small, "perturbation too small for double-double"},
    {Undefined::no_ulp, "the format has no ulp"},
    {Undefined::lost_input, "the input overflows its format"},
    {Undefined::not_formed, "A is not formed"},
    {Undefined::formed_nonfinite, "A as formed is not finite"},
    {Undefined::not_decomposed, "not asked for"},
    {Undefined::not_required, "the requirement is about layers"},
    {Undefined::no_answer, "no answer"},
    {Undefined::other, "unknown"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].first != static_cast<Undefined>(i)) return false;
  }
  return texts.back().first == Undefined::other;
}
static_assert(in_order(), "the texts follow the enumeration");

}  // namespace

std::string_view text_of(Undefined reason) { return texts[static_cast<std::size_t>(reason)].second; }

Undefined undefined_of(std::string_view text) {
  const auto* const found = std::ranges::find(texts, text, [](const auto& entry) { return entry.second; });
  return found == texts.end() ? Undefined::other : found->first;
}

bool is_infinite(Undefined reason) {
  return reason == Undefined::exact_result || reason == Undefined::exact_zero || reason == Undefined::zero_column ||
         reason == Undefined::zero_scale;
}

}  // namespace tristab
