// A result as a Vega-Lite specification, for notebooks. https://vega.github.io/vega-lite/docs/spec.html
#pragma once

#include <string>

#include "tristab/report/object_stream.h"

namespace tristab {

// Median error against chunk size: a row of panels for each family, a column for each arithmetic, a line for each method, with
// the data in it. Throws InputError when reading or writing fails, or there is no finite error in `results`.
ResultHead export_vega(const std::string& results, const std::string& output);

}  // namespace tristab
