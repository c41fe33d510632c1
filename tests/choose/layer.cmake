tristab_tests(choose
  SOURCES
    front_search_test.cc
    recommend_test.cc
    setting_space_test.cc
  USES tristab_choose)
