// Stages: the operations of a method that can round. Each stage is a named part of the method, with its own arithmetic
// and counters.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/arithmetic/trace.h"
#include "tristab/arithmetic/value.h"

namespace tristab {

using Factors = std::pair<Value, Value>;  // the product first * second

// What the result of a product is rounded to: the storage format, or only the accumulator's format.
enum class RoundTo { storage, accumulator };

// Whether an addend starts the accumulator or is added to the finished sum.
enum class AddendOrder { first, last };

class Stage {
 public:
  // The same stage when only the elements of `region` will be kept; the growth of the others is counted separately.
  Stage live(Region region) const;

  // Products on the matrix unit: fl(P Q), fl(C + P Q), and fl(P Q + R S + ...) as one accumulation chain. C starts the
  // accumulator. Operands are rounded to the operand format on entry; C is rounded only if the accumulator's format is
  // too narrow for it.
  Value fl(const Factors& product, RoundTo format = RoundTo::storage) const;
  Value fl(const Value& c, const Factors& product, RoundTo format = RoundTo::storage) const;
  Value fl_chain(std::span<const Factors> products, RoundTo format = RoundTo::storage) const;

  // Only rounds to storage. `kind`: output for the last results of a method.
  Value stored(const Value& x, RoundingKind kind = RoundingKind::storage) const;

  // On the vector unit: every multiplication and addition is rounded to its format, and the result to storage.
  Value vector(const Value& c, const Factors& product,
               AddendOrder order = AddendOrder::first) const;  // fl(C + P Q)
  Value add(const Value& x, const Value& y) const;             // fl(X + Y)
  Value subtract(const Value& x, const Value& y) const;        // fl(X - Y)
  // fl(x_ij g_ij) for i >= j, in the vector unit's format, to which the constants g are rounded first (to nearest where
  // the unit rounds stochastically: constants take no draws); zero above.
  Value decayed(const Value& x, const Matrix& factors) const;

  const Arithmetic& arithmetic() const { return *arithmetic_; }

 private:
  friend class Machine;
  enum class Unit { matrix, vector };
  // What an operation passes on to finish().
  struct Operation {
    bool finite = true;                       // all operands
    std::int64_t cut_live = 0, cut_dead = 0;  // elements that a saturating format cut on the way
    QuantiserCounts quantised;
    RoundingKind rounds = RoundingKind::storage;
  };
  Stage(Machine& machine, const Arithmetic& arithmetic, std::size_t index);
  StageTrace& counts() const;
  Value multiply(const Value* c, std::span<const Factors> products, RoundTo format, Unit unit, AddendOrder order) const;
  Value combine(const Value& x, const Value& y, double sign) const;
  void accumulate(const View& target, const Value& left, const Value& right, const ProductRounding& rounding,
                  std::uint64_t draws) const;
  using SplitDraws = std::array<std::uint64_t, 3>;  // of the three products
  void accumulate_split(const View& target, const Value& left, const Value& right, const Accumulation& accumulation,
                        const SplitDraws& draws, bool from_zero) const;
  std::pair<Value, Value> split(const Value& x) const;
  Value entered(const Value& x, Unit unit, Operation& operation) const;
  void count_vector_step(Value& result, double flops) const;
  void begin() const;
  void count_cut(const Value& unbounded, Operation& operation) const;
  void finish(Value& result, RoundTo format, Unit unit, const Format& sums, const Grid& unrounded,
              Operation operation) const;
  void note_overflow(std::int64_t live, std::int64_t dead) const;

  Machine* machine_;
  mutable const Arithmetic* arithmetic_;  // of the step
  std::size_t index_;                     // of the stage's counters
  std::uint64_t case_;                    // of the machine: a stage does not outlive it
  Region live_;
};

}  // namespace tristab
