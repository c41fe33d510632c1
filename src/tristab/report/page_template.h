// Pages from a template, style sheets, scripts and data.
#pragma once

#include <span>
#include <string_view>

#include "tristab/base/embedded_file.h"
#include "tristab/base/output_file.h"

namespace tristab {

// Writes the page and commits it: of the assets the one .html, with all styles at its {{style}}, all scripts at its
// {{script}}, and `json`, without '<', which could end its element, at its {{data}}.
void write_page(std::span<const EmbeddedFile> assets, std::string_view title, std::string_view json,
                OutputFile& output);

}  // namespace tristab
