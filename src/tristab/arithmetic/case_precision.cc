#include "tristab/arithmetic/case_precision.h"

#include <algorithm>

namespace tristab {
namespace {

double unit_of(const Format& format, Rounding rounding) {
  const bool nearest = rounding == Rounding::nearest_even || rounding == Rounding::nearest_away;
  return nearest ? format.unit_roundoff() : 2 * format.unit_roundoff();
}

class Coarsest {
 public:
  void round(const std::string& name, double u) { keep(name, u, precision.unit_roundoff); }
  void sum(const Accumulation& unit) {
    keep(unit.format.name, unit_of(unit.format, unit.rounding), precision.unit_roundoff_sums);
  }
  void quantise(const Arithmetic& arithmetic, const Quantiser& quantiser) {
    if (quantiser.kind == Quantiser::Kind::integer) {
      keep(arithmetic.name, 0.5 / quantiser.largest_code, precision.step);
    } else {
      round(arithmetic.name, quantiser.element.unit_roundoff());
    }
  }

  CasePrecision precision;

 private:
  void keep(const std::string& name, double u, double& largest_of_kind) {
    largest_of_kind = std::max(largest_of_kind, u);
    if (u <= largest_) return;
    largest_ = u;
    precision.coarsest = name;
  }
  double largest_ = 0;
};

void add_operands(const Arithmetic& arithmetic, Coarsest& coarsest) {
  if (arithmetic.quantiser) return coarsest.quantise(arithmetic, *arithmetic.quantiser);
  if (!arithmetic.split)
    return coarsest.round(arithmetic.operand.name, unit_of(arithmetic.operand, arithmetic.operand_rounding));
  const double part = arithmetic.split->part.unit_roundoff();
  coarsest.round(arithmetic.name, part * part);
}

// A result, or A itself, as it is stored.
void add_storage(const Arithmetic& arithmetic, Coarsest& coarsest) {
  const bool integers = arithmetic.quantiser && !arithmetic.is_block_scaled();
  if (integers) return coarsest.quantise(arithmetic, *arithmetic.quantiser);
  coarsest.round(arithmetic.storage.name, unit_of(arithmetic.storage, arithmetic.storage_rounding));
}

}  // namespace

CasePrecision precision_of(const StageArithmetics& stages, const Trace& trace) {
  Coarsest coarsest;
  const Arithmetic& all = *stages.find("*")->second;
  add_storage(all, coarsest);
  for (const StageTrace& stage : trace.stages) {
    if (stage.name == "input") continue;  // counts what happened to A, which is stored as "*" says
    const auto add = [&](const Arithmetic& arithmetic) {
      add_storage(arithmetic, coarsest);
      if (stage.matmuls > 0) {
        add_operands(arithmetic, coarsest);
        coarsest.sum(arithmetic.product);
      }
      if (stage.vector_steps > 0) {
        coarsest.round(arithmetic.vector.format.name, unit_of(arithmetic.vector.format, arithmetic.vector.rounding));
        coarsest.sum(arithmetic.vector);
      }
    };
    const auto named = stages.find(stage.name);
    add(named == stages.end() ? all : *named->second);
    for (const auto& [name, arithmetic] : stages) {
      if (name.starts_with(stage.name + ".")) add(*arithmetic);  // of a step
    }
  }
  return coarsest.precision;
}

}  // namespace tristab
