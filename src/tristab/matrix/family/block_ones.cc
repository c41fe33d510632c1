// A_ij = 1 for i > j inside the diagonal blocks of size `block` (floor(i / block) = floor(j / block)), else 0. Source:
// exactness tests of methods that start from diagonal blocks.
#include "tristab/matrix/family/family.h"

namespace tristab {

Family block_ones_family() {
  return {
      .description = {.name = "block-ones",
                      .summary = "ones below the diagonal of each diagonal block",
                      .formula = "A_ij = 1 for i > j and floor(i / block) = floor(j / block)",
                      .source =
                          "all ones in the blocks of a diagonal phase; all-ones matrices: arXiv 2605.21325, notebook",
                      .parameters = {Parameter::integer("block", 16, 1, 4096, "block size")}},
      .generate = [](const Settings& settings, int n, const RandomStream&) {
        const auto block = static_cast<int>(settings.integer("block"));
        return strictly_lower(n, [&](int i, int j) { return i / block == j / block ? 1.0 : 0.0; });
      }};
}

}  // namespace tristab
