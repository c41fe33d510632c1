// Readable names of settings: what identifies a method, an arithmetic or a family in tables and case ids.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/base/parameters.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"

namespace tristab {

// The name and those parameters that differ from their defaults, as one types them on the command line:
// "mxr", "mxr:block=8", "refine:base=(mxr:block=8):steps=2". Two settings of one name have the same label
// only if they are the same. A parameter that `table` lacks is shown.
std::string settings_label(std::string_view name, const Json& settings, std::span<const Parameter> table);

std::string label_of(const MethodSpec& spec);
std::string label_of(const Arithmetic& arithmetic);
std::string label_of(const FamilySpec& spec);

// The parameters of an arithmetic name, presets and formats ("e5m7") alike.
std::span<const Parameter> arithmetic_parameters(std::string_view name);

}  // namespace tristab
