// Pages from templates with {{name}} in them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tristab {

std::string escaped_for_html(std::string_view text);

// Replaces each {{name}} of the page; the replacement is not searched again.
std::string filled(std::string_view page, const std::vector<std::pair<std::string_view, std::string>>& values);

}  // namespace tristab
