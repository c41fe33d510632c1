// What a kernel was given: matrices A, or layers; and what a setting, or exact arithmetic, makes of it.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tristab/arithmetic/machines.h"
#include "tristab/judge/kernel_output.h"
#include "tristab/layer/layer_arithmetic.h"
#include "tristab/matrix/source.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

// Which of the quantities are meant.
using OutputParts = std::array<bool, output_part_count>;

// All results for one matrix, or for one sequence of one head: for each part one matrix a chunk; one state.
struct Results {
  std::array<std::vector<Matrix>, output_part_count> of;
  std::vector<Matrix>& operator[](OutputPart q) { return of[static_cast<std::size_t>(q)]; }
  const std::vector<Matrix>& operator[](OutputPart q) const { return of[static_cast<std::size_t>(q)]; }
};

// A as formations make it, chunk by chunk: variants of a recipe form the same A. Any number of threads may ask.
class FormedInputs {
 public:
  Matrix formed(std::int64_t chunk, const std::string& formation, const std::function<Matrix()>& form);

 private:
  static constexpr std::size_t kMost = 256;  // matrices that are kept
  std::mutex mutex_;
  std::map<std::pair<std::int64_t, std::string>, Matrix> known_;
};

// One matrix, or one sequence.
struct CheckedUnit {
  std::string id;
  std::vector<OutputPlace> places;            // of its chunks
  std::vector<Matrix> a;                      // of its chunks, in double
  std::shared_ptr<const TokenInputs> tokens;  // null: A was given; of a sequence all its rows
  std::shared_ptr<FormedInputs> formed;       // of these tokens; null: nothing is kept
  bool has_outputs = false;                   // q and v are there: a whole sequence
  std::string text(std::size_t chunk) const;  // "head 2, chunk 5", "matrix 3"
};

class CheckedInput {
 public:
  // `source` must outlive this. Units are sequences if the source has them, else matrices.
  CheckedInput(const Source& source, int n);

  int n() const { return n_; }
  int units() const { return units_; }
  int matrices() const { return matrices_; }
  bool has_outputs() const { return sequences_; }
  CheckedUnit unit(int index) const;  // thread-safe

 private:
  const Source& source_;
  int n_, units_ = 0, matrices_ = 0;
  bool sequences_;
};

// A of one chunk as the recipe's method takes it; `tokens` of the chunk, n rows.
Matrix recipe_input(const CheckedUnit& unit, std::size_t chunk, const TokenInputs* tokens, const Recipe& recipe,
                    Machines& machines);

// What the recipe returns, bit for bit. Layers are computed in its layer arithmetic, or in `layer` if it has none, with
// its own T; with `given_t` with these inverses instead. Throws UsageError if it refuses the input.
Results emulated(const CheckedUnit& unit, const Recipe& recipe, const LayerArithmetic& layer, const OutputParts& wanted,
                 Machines& machines, const std::vector<Matrix>* given_t = nullptr);

// The same without any rounding, to double's accuracy: inverses and w, u of the exact A; o and the state of the
// recurrence.
Results exact(const CheckedUnit& unit, const OutputParts& wanted);

// The kernel's.
Results found(const CheckedUnit& unit, const KernelOutput& output, int n);

}  // namespace tristab
