tristab_tests(base
  SOURCES
    double_double_test.cc
    elementary_test.cc
    errors_test.cc
    file_ledger_test.cc
    for_all_test.cc
    json_member_test.cc
    json_reader_test.cc
    json_text_test.cc
    json_value_test.cc
    named_test.cc
    nearest_file_test.cc
    output_file_test.cc
    parameters_test.cc
    random_test.cc
    spool_test.cc
  USES tristab_base Boost::headers PkgConfig::MPFR)
