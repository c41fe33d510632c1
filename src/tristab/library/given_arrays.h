// The caller's arrays as a source of matrices.
#pragma once

#include <tbb/enumerable_thread_specific.h>
#include <tbb/task_arena.h>

#include <string>

#include "tristab/base/for_all.h"
#include "tristab/base/interruption.h"
#include "tristab/library/library.h"
#include "tristab/library/opened_input.h"
#include "tristab/matrix/memory_file.h"

namespace tristab::library {

// The arrays as those of a file, each with its name.
std::vector<BorrowedArray> borrowed(const Tensors& tensors);

// Matrices, {"A": ...}, or a layer. "A" is what a .npy file of them is, with the same ids.
class GivenArrays {
 public:
  explicit GivenArrays(const Tensors& tensors);

  Json family() const;
  // `chunk`: 0 for the matrices' own, or the usual one.
  OpenedInput open(const std::string& who, int chunk, const Recipe* kernel = nullptr) const;

 private:
  MemoryFile file_;
};

// body(index, machines) for each index, on all cores. Throws what the first index throws that throws anything. A caller
// that is itself a task of oneTBB gets no other task of its own on this thread, which has arrays of this call
// (MemoryFile).
template <class Body>
void on_all_cores(int count, const Body& body) {
  tbb::enumerable_thread_specific<Machines> machines;
  tbb::this_task_arena::isolate([&] {
    for_all(0, count, [&](int index) {
      stop_if_interrupted();
      body(index, machines.local());
    });
  });
}

inline constexpr int largest_size = 4096, most_trials = 1000000, most_chunks = 4096;

// Throws UsageError unless low <= value <= high.
void check_range(const char* name, std::int64_t value, std::int64_t low, std::int64_t high);

}  // namespace tristab::library
