// A result as one HTML file that needs no server and no network.
#pragma once

#include <memory>
#include <string>

#include "tristab/base/output_file.h"
#include "tristab/report/object_stream.h"

namespace tristab {

// The file of a page, which ends in .html ("-": standard output) and replaces pages only. Throws UsageError for another
// name, which `option` took, InputError if it cannot be created.
std::unique_ptr<OutputFile> open_page(const std::string& path, const std::string& option);

// Reads the result `results` (.json or .ndjson, complete or not; "-": standard input) and writes the page. Returns what
// the file says about itself. Throws InputError if reading or writing fails.
ResultHead write_html_report(const std::string& results, OutputFile& page);

}  // namespace tristab
