// The counts of a Machine while a method runs: cost, growth and the first overflow, by stage.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tristab {

// One product's shape: `batch` products of rows x inner by inner x columns, `count` times.
struct ProductShape {
  int rows = 0, inner = 0, columns = 0, batch = 1;
  std::int64_t count = 0;
};

struct StageTrace {
  std::string name;
  int steps = 0;                              // operations; step k is the k-th
  std::int64_t matmuls = 0;                   // matrix products; a product of a batch of blocks is one
  std::int64_t vector_steps = 0;              // operations of the vector unit
  double matmul_flops = 0, vector_flops = 0;  // dense: 2 m k n a product
  std::int64_t casts = 0;                     // elements that are converted to another format
  std::vector<ProductShape> products;         // on the matrix unit; of split ones each of the three counts
  double largest_live = 0, largest_dead = 0;  // largest finite magnitude before rounding to storage
  double largest_coded = 0;  // magnitude that a tensor stored as integer codes can hold: its scale times qmax
  std::int64_t overflows_live = 0, overflows_dead = 0;
  std::int64_t underflows = 0, saturations = 0;

  void count_product(const ProductShape& shape);
};

// The first operation that turned finite operands into something non-finite.
struct FirstOverflow {
  std::string stage;           // empty: nothing overflowed
  std::int64_t operation = 0;  // number of operations before it
  bool live = true;            // false: in elements that the method discards
};

struct Trace {
  std::vector<StageTrace> stages;
  FirstOverflow first_overflow;
  std::int64_t operations = 0;
  std::int64_t product_depth = 0;    // longest chain of matrix products behind the result
  std::int64_t vector_depth = 0;     // longest chain of vector steps behind the result
  std::int64_t workspace_bytes = 0;  // largest number of bytes alive at once, in the formats they are stored in

  StageTrace total() const;  // sums and maxima over the stages
};

}  // namespace tristab
