#include "tristab/arithmetic/accumulation.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <stdexcept>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

const std::array<std::string, 6> kModelNames{"sequential", "pairwise", "bfma", "vdpbf16", "exact", "lanes"};

}  // namespace

std::span<const std::string> accumulation_model_names() { return kModelNames; }

const std::string& name_of(AccumulationModel model) { return kModelNames.at(static_cast<std::size_t>(model)); }

AccumulationModel accumulation_model_of(std::string_view name) {
  for (std::size_t i = 0; i < kModelNames.size(); ++i) {
    if (kModelNames[i] == name) return static_cast<AccumulationModel>(i);
  }
  throw std::logic_error(fmt::format("no accumulation model is called '{}'", name));
}

LaneTree lane_tree_of(std::string_view text, std::string_view place) {
  const auto refuse = [&] {
    tristab::refuse(
        place, fmt::format("'{}'", text),
        "every bit of the lane index once, in the order of the additions, 'f' after the first where it is a fused "
        "multiply-add, such as '2f,1,8,4'");
  };
  LaneTree tree;
  int seen = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    int bit = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), bit);
    if (error != std::errc{} || bit < 1 || bit > 128 || (bit & (bit - 1)) != 0 || (seen & bit) != 0) refuse();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    seen |= bit;
    tree.order.push_back(bit);
    if (tree.order.size() == 1 && rest.starts_with('f')) {
      tree.fused = true;
      rest.remove_prefix(1);
    }
    if (rest.empty()) break;
    if (!rest.starts_with(',') || rest.size() == 1) refuse();
    rest.remove_prefix(1);
  }
  if (seen == 0 || seen + 1 != 1 << tree.order.size()) refuse();
  return tree;
}

}  // namespace tristab
