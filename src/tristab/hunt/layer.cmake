# Hunting: searches for the worst input that a layer can make for a setting.
pkg_check_modules(NLOPT REQUIRED IMPORTED_TARGET nlopt)
tristab_layer(hunt COMPUTES
  SOURCES
    direct.cc
    elites.cc
    evaluator.cc
    gradient.cc
    hunt.cc
    hunt_state.cc
    moves.cc
    objective.cc
    random.cc
    reproducer.cc
    search.cc
    shrink.cc
    space.cc
    structured.cc
    token_source.cc
    transfer.cc
  USES tristab_sweep PkgConfig::NLOPT)
