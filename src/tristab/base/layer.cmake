# What every layer may use: errors with their mends, parameters, deterministic elementary functions, random numbers.
tristab_layer(base
  SOURCES errors.cc nearest_file.cc parameters.cc parameter_schema.cc elementary.cc random.cc spool.cc
  USES fmt::fmt nlohmann_json::nlohmann_json)
target_include_directories(tristab_base SYSTEM PRIVATE ${RANDOM123_INCLUDE_DIR})
