// Mixed recursion (MXR, rec_unroll): Cayley-Hamilton doubling on the b x b diagonal blocks, then the unrolled
// Bunch-Hopcroft recursion from m = b:
//   D = mch(A_ii) for every diagonal block, rounded;  X = mbh from diag(D), m = b
// Source: arXiv 2605.21325, MXR; huawei-csl/gdn-tri-inverse.
// Cost: 2 log2 b - 2 products of batches of b x b blocks and 2 log2(n/b) dense ones, depth log2 b + 2 log2(n/b).
// Logarithmically stable after the first phase, whose error it inherits.
#include "tristab/method/mbh.h"
#include "tristab/method/mch.h"
#include "tristab/method/registry.h"

namespace tristab {
namespace {

Value mxr(const Value& a, Machine& machine, const Settings& settings, const BlockCorrection& correct) {
  const int b = static_cast<int>(settings.integer("block"));
  const Value blocks = machine.diagonal_blocks(a, b);
  Value d = mch(blocks, b, machine, machine.stage("diagonal"), mch_options(settings),
                b < a.rows() || correct ? RoundTo::storage : RoundTo::accumulator);
  if (correct) d = correct(blocks, d, b < a.rows() ? RoundTo::storage : RoundTo::accumulator);
  return b < a.rows() ? mbh(a, machine, machine.block_diagonal(d), b) : d;
}

}  // namespace

Method mxr_method() {
  std::vector<Parameter> parameters = mch_parameters();
  parameters.insert(parameters.begin(), Parameter::integer("block", 16, 2, 256, "b, size of the diagonal blocks"));
  Method method;
  method.description = {"mxr", "mixed recursion (rec_unroll): mch on the diagonal blocks, then mbh",
                        "D = mch(b x b diagonal blocks), rounded; mbh from X = diag(D), m = b",
                        "arXiv 2605.21325, MXR; huawei-csl/gdn-tri-inverse", parameters};
  method.cost = "2 log2 b - 2 + 2 log2(n/b) products, depth log2 b + 2 log2(n/b)";
  method.stability = "logarithmically stable after the first phase, whose error it inherits";
  method.stages = {"diagonal", "merge"};
  method.padded_size = [](int n, const Settings& settings) {
    return doubled_size(n, static_cast<int>(settings.integer("block")));
  };
  method.check = [](const Settings& settings, std::string_view place) {
    check_mch_options(settings, place);
    return settings;
  };
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    return mxr(a, machine, settings, nullptr);
  };
  method.invert_corrected = mxr;
  return method;
}

}  // namespace tristab
