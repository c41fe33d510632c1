# Writes OUTPUT: the function FUNCTION(), which gives the FILES in their order.
set(text "#include <span>\n\n#include \"tristab/base/embedded_file.h\"\n\nnamespace tristab {\n\n")
# A compiler need not take a text of more than 65,536 bytes. GCC and clang do; clang says that others might not.
string(APPEND text "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n")
string(APPEND text "std::span<const EmbeddedFile> ${FUNCTION}() {\n  static constexpr EmbeddedFile files[] = {\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} content)
  string(APPEND text "      {\"${name}\", R\"embedded(${content})embedded\"},\n")
endforeach()
string(APPEND text "  };\n  return files;\n}\n\n}  // namespace tristab\n")
file(WRITE ${OUTPUT} "${text}")
