# Chooses a setting: the cheapest that meets a requirement, the front of error against cost, recipes to ship.
tristab_layer(choose
  SOURCES
    explain.cc
    front_search.cc
    input_pool.cc
    recommend.cc
    setting_space.cc
  USES tristab_judge tristab_inspect tristab_cost tristab_hunt)
