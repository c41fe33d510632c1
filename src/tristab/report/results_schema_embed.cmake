# Writes results_schema.cc: the schema as a raw string.
file(READ ${SCHEMA} schema)
file(WRITE ${OUTPUT} "#include \"tristab/report/results_schema.h\"\n\nnamespace tristab {\n\nconst char* const results_schema = R\"json(${schema})json\";\n\n}  // namespace tristab\n")
