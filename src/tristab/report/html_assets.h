// The page of a report, its style sheet and its scripts (html/), made part of the program by html_embed.cmake.
#pragma once

#include <initializer_list>

namespace tristab {

extern const char* const html_page;  // with {{title}}, {{style}}, {{script}} and {{data}}
extern const char* const html_style;
extern const std::initializer_list<const char*> html_scripts;  // in the order in which they run

}  // namespace tristab
