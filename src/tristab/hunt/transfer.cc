// Transfer between sizes: a search with fewer tokens, where an evaluation is cheap, and what it finds repeated up to
// the size of the hunt. Where rates may be 0 it also stands alone, before tokens that write nothing.
#include <algorithm>

#include "tristab/hunt/strategy.h"

namespace tristab {
namespace {

constexpr int smallest = 8;

}  // namespace

Strategy transfer_strategy() {
  return {"transfer", "searches with fewer tokens, repeated up to the size", false,
          [](Search& search, const HuntRequest& request, std::span<const Trial* const> elites) {
            const InputSpace& space = search.space();
            while (!search.done()) {
              InputSpace small = space;
              small.condition = 0;
              small.n = search.chance(0.5) ? block_of(request) : space.n / 2;
              small.n = std::clamp(small.n, std::min(smallest, space.n), space.n);
              small.n -= small.n % space.steps;
              if (small.n < space.steps) small.n = space.n;
              const bool anew = search.chance(0.5);
              TokenInputs first = anew ? TokenInputs() : resized(search.start(elites), small.n);
              Search inner = search.inside(small);
              if (anew) first = inner.anywhere();
              climb_by_moves(inner, {}, std::move(first), false, std::max<std::int64_t>(1, inner.left() - 4));
              search.absorb(inner);
              const Trial* best = inner.found().worst();
              if (best == nullptr) continue;
              TokenInputs repeated = resized(best->tokens, space.n);
              search.examine(repeated);
              for (int t = small.n; t < space.n; ++t) {
                for (int d = 0; d < rate_of(repeated).columns(); ++d) rate_of(repeated)(t, d) = space.rate.low;
              }
              search.examine(std::move(repeated));
            }
          }};
}

}  // namespace tristab
