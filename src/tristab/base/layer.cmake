# What every layer may use: errors with their mends, parameters, deterministic elementary functions, random numbers.
tristab_layer(base COMPUTES
  SOURCES errors.cc file_ledger.cc input_file.cc interruption.cc json_instance.cc json_reader.cc json_text.cc json_value.cc named.cc nearest_file.cc
    output_file.cc parameters.cc elementary.cc random.cc spool.cc
  USES fmt::fmt nlohmann_json::nlohmann_json TBB::tbb)
target_include_directories(tristab_base SYSTEM PRIVATE ${RANDOM123_INCLUDE_DIR})
