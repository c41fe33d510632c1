// An inspection as one HTML file: what the text says, and where in the inverse the error lies, as a whole and for the
// rounding sites that make most of it.
#pragma once

#include "tristab/base/output_file.h"
#include "tristab/inspect/inspection.h"

namespace tristab {

// `page` of open_page. Throws InputError if writing fails.
void write_inspection_page(const Inspection& inspection, OutputFile& page);

}  // namespace tristab
