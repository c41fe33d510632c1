#include "tristab/arithmetic/site.h"

namespace tristab {

const std::string& name_of(RoundingKind kind) {
  static const std::array<std::string, kRoundingKinds> names{
      "entry", "operand", "alignment", "accumulator", "storage", "output", "flush", "saturation", "scale"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace tristab
