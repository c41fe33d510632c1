// The steps of one check (check.h), each in a file of its own: what is loaded (checking.cc), bits and recipes
// (check_bits.cc), rounding or bug (check_spread.cc), bugs by name (check_bugs.cc), numbers (check_numbers.cc).
#pragma once

#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "tristab/base/for_all.h"
#include "tristab/base/interruption.h"
#include "tristab/judge/check.h"
#include "tristab/judge/mutant.h"
#include "tristab/judge/spread.h"

namespace tristab {

// The sum of the squares of x - y; infinite where a difference is not a number.
double squared_distance(const Matrix& x, const Matrix& y);

// One chunk of a sequence as a unit of its own, without the layer.
CheckedUnit chunk_of(const CheckedUnit& unit, std::size_t chunk);

int block_of(const Recipe& recipe);  // rows of its blocks; 16 if it has none

class Checking {
 public:
  Checking(const CheckRequest& request, CheckReport& report, const std::atomic<bool>& stop);
  void run();

 private:
  void guard() const {
    if (stop_.load(std::memory_order_relaxed)) throw Stopped{};
  }

  template <class Body>
  void for_units(Body body) const {
    for_all(0, input_.units(), [&](int index) {
      guard();
      body(static_cast<std::size_t>(index));
    });
  }

  void load();
  bool wanted_layer() const {
    return std::any_of(wanted_.begin() + 1, wanted_.end(), [](bool each) { return each; });
  }

  Results run_recipe(const Recipe& recipe, std::size_t unit) const;
  // What the numbers are stored in: people keep bf16 results in fp32 files, too.
  const Format& format(OutputPart part) const {
    const Format* narrower = formats_[static_cast<std::size_t>(part)];
    return narrower != nullptr ? *narrower : output_.format(part);
  }
  void find_formats();

  template <class Body>
  void for_parts(Body body) const {
    for (std::size_t q = 0; q < output_part_count; ++q) {
      if (wanted_[q]) body(static_cast<OutputPart>(q));
    }
  }

  int block(OutputPart part) const { return part == OutputPart::inverse ? block_of(report_.against) : 16; }

  // (a)
  void compare_second_run();
  CheckedPiece piece_at(std::size_t unit, std::size_t chunk, OutputPart part) const;
  // The declared kernel; else, for now, the listed one whose numbers are nearest. Nearest in bits comes from the
  // search.
  void choose_recipe();
  OutputPart first_part() const;
  // The matrix with the largest norm of A: where methods differ most.
  std::size_t telling_unit() const;
  std::size_t telling_chunk(std::size_t unit) const;
  // (b)
  void compare_bits();
  PartCheck& of(OutputPart part) { return *std::ranges::find(report_.parts, part, &PartCheck::part); }

  // (c)
  void search();
  // (d)
  void test_spread();
  // A kernel that rounds nothing but what it stores is no bug: exact inverses; w, u, o and the state by the kernel's
  // own T, if it is there, in fp32.
  Results more_accurate(std::size_t unit) const;
  void judge_spread(OutputPart part, std::vector<CheckedPiece>& pieces, const SpreadTest& test);
  // The bugs that are looked for: wrong inverses (mutant.h), what stands elsewhere, and bugs of the layer.
  std::vector<Hypothesis> hypotheses(OutputPart part);
  void wrong_inputs(std::vector<Hypothesis>& list) const;
  // A mutant of T, from A as the recipe takes it.
  Matrix mutated(const Mutant& mutant, const CheckedPiece& piece) const;
  // The layer with a mutant of T in every chunk.
  Matrix layer_of_mutant(const Mutant& mutant, OutputPart part, const CheckedPiece& piece) const;
  Matrix layer_with(const CheckedUnit& unit, OutputPart part, const CheckedPiece& piece,
                    const std::vector<Matrix>* t) const;
  void layer_hypotheses(OutputPart part, std::vector<Hypothesis>& list) const;
  // (e)
  void measure_inverses();
  // (f)
  void measure_layer();
  void measure_reference();
  void ask_gates();
  // Row substitution with every step in the format, and its results.
  static Recipe plain_recipe(const Format& format);
  std::vector<Results> plain_results(const Format& format) const;
  void conclude();
  std::string rounding_or_bug(const PartCheck& each) const;

  const CheckRequest& request_;
  CheckReport& report_;
  const std::atomic<bool>& stop_;
  CheckedInput input_;
  KernelOutput output_;
  OutputParts wanted_{};
  std::array<const Format*, output_part_count> formats_{};  // narrower than the file's
  std::vector<CheckedUnit> units_;
  std::vector<Results> found_, exact_, recipe_;
  std::vector<Recipe> candidates_, right_here_;  // if no kernel is declared: all recipes, and those that are right here
  // Unit and chunk by sequence, head, chunk, and index of a matrix in a batch.
  std::map<std::array<std::int64_t, 4>, std::pair<std::size_t, std::size_t>> pieces_;
  mutable tbb::enumerable_thread_specific<Machines> machines_;
};

}  // namespace tristab
