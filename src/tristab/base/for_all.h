// A loop over independent items on all cores.
#pragma once

#include <tbb/parallel_for.h>

#include <concepts>
#include <cstddef>

#include "tristab/base/first_error.h"

namespace tristab {

// body(index) for begin <= index < end. Throws what the first index throws that throws anything, for any number of
// threads; indices after it may be left out.
template <std::integral Index, class Body>
void for_all(Index begin, Index end, const Body& body) {
  FirstError error;
  oneapi::tbb::parallel_for(begin, end, [&](Index index) {
    const auto item = static_cast<std::size_t>(index - begin);
    if (error.at_or_before(item)) return;
    try {
      body(index);
    } catch (...) {
      error.keep(item);
    }
  });
  error.rethrow();
}

}  // namespace tristab
