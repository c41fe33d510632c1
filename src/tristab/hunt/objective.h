// What a hunt makes as large as it can.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/gate/gate.h"
#include "tristab/sweep/field.h"

namespace tristab {

// A number of a record by its name (of which the worse end is sought), or one of these:
//   overflow      largest intermediate before rounding, over the largest number of the coarsest format
//   achievable    total error over that of the exact inverse stored in the result's format
//   difference    ||Xh - Xh'||_F / ||X||_F, Xh' the result of the second setting
//   ratio         total error over that of the second setting (at least that of the exact inverse, stored)
//   gate:GATE     the larger error of the layer's outputs and state after this chunk, if the gate passes T; else 0
// A result that is not finite is the worst of all: infinite.
struct HuntObjective {
  enum class Kind { field, overflow, achievable, difference, ratio, gate };
  Kind kind = Kind::field;
  std::string name;
  const Field* field = nullptr;
  GateSpec gate;

  bool needs_second() const { return kind == Kind::difference || kind == Kind::ratio; }
  bool needs_layer() const { return kind == Kind::gate; }
  bool larger_is_better() const { return kind == Kind::field && field->info.larger_is_better; }
};

// Throws UsageError naming `place` and the nearest name.
HuntObjective make_objective(const std::string& text, std::string_view place);

// The special names, for completion.
const std::vector<std::string>& special_objectives();

}  // namespace tristab
