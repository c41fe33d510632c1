# Writes source_commit.cc: the commit that is being built, with -dirty where files are changed; "unknown" outside a checkout.
# Runs with every build, for a result names this commit; what has not changed is not written, and nothing is compiled again.
execute_process(COMMAND git --no-optional-locks -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
set(text "#include \"tristab/report/tool_info.h\"\n\nnamespace tristab {\n\nconst char* const source_commit = \"${commit}\";\n\n}  // namespace tristab\n")
set(written "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} written)
endif()
if(NOT written STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
