// A result as one HTML file that needs no server and no network.
#pragma once

#include <string>

#include "tristab/report/object_stream.h"

namespace tristab {

// Reads the result `results` (.json or .ndjson, complete or not; "-": standard input) and writes the page to `output`
// ("-": standard output). Returns what the file says about itself. Throws InputError if reading or writing fails.
ResultHead write_html_report(const std::string& results, const std::string& output);

}  // namespace tristab
