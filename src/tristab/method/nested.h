// Methods as parameters of methods: the base of a refinement, the diagonal phase of a blocked method.
#pragma once

#include <string_view>

#include "tristab/method/method.h"

namespace tristab {

// The method that the parameter `name` holds in settings as the user gave them, with its parameters completed and
// checked. Throws UsageError naming `place` unless it is one method without lists.
MethodSpec given_method(const Settings& settings, std::string_view name, std::string_view place);

// The settings with the complete parameters of that method instead of those given.
Settings with_method(const Settings& settings, std::string_view name, const MethodSpec& spec);

// The method that the parameter `name` holds in checked settings.
MethodSpec held_method(const Settings& settings, std::string_view name);

// The parameter `diagonal`: the method that inverts the diagonal blocks. It runs in the stage `diagonal`.
Parameter diagonal_parameter(std::string_view default_method);

// Checks and completes `diagonal`; throws UsageError naming `place` for a method that cannot run in one stage.
Settings check_diagonal(const Settings& settings, std::string_view place);

// The inverses of I + the diagonal blocks, by the method that `diagonal` names. `last` says whether they are rounded to
// storage.
Value invert_diagonal(const Value& blocks, Machine& machine, const Stage& stage, const Settings& settings,
                      RoundTo last);

}  // namespace tristab
