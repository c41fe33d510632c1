#include "tristab/arithmetic/machines.h"

#include <algorithm>

namespace tristab {

Machines::Machines()
    : float_machine_(std::make_unique<Machine>(make_float_engine())),
      double_machine_(std::make_unique<Machine>(make_double_engine())) {}
Machines::~Machines() = default;

Machine& Machines::machine_for(const StageArithmetics& arithmetics) {
  const bool in_float = std::all_of(arithmetics.begin(), arithmetics.end(), [](const auto& named) {
    const Arithmetic& arithmetic = *named.second;
    return arithmetic.operand.inside(fp32_format()) && arithmetic.storage.inside(fp32_format()) &&
           arithmetic.product.format.inside(fp32_format()) && arithmetic.vector.format.inside(fp32_format());
  });
  return in_float ? *float_machine_ : *double_machine_;
}

Machine& Machines::exact_machine() {
  if (!exact_machine_) {
    no_sites_.on_beyond = {};
    exact_machine_ = std::make_unique<Machine>(make_site_engine(no_sites_));
  }
  return *exact_machine_;
}

Machine& Machines::machine_for(const Arithmetic& arithmetic) { return machine_for({{"*", &arithmetic}}); }

}  // namespace tristab
