// Draws over the whole space: what a search is measured against.
#include "tristab/hunt/strategy.h"

namespace tristab {

Strategy random_strategy() {
  return {"random", "draws over the whole space", false,
          [](Search& search, const HuntRequest&, std::span<const Trial* const>) {
            while (!search.done()) search.examine(search.anywhere());
          }};
}

}  // namespace tristab
