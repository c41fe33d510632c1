// Files of the source tree that are compiled into the program (tristab_embed in src/CMakeLists.txt), so that it finds
// them wherever it is installed.
#pragma once

#include <string_view>

namespace tristab {

struct EmbeddedFile {
  std::string_view name;  // with its extension
  std::string_view text;
};

}  // namespace tristab
