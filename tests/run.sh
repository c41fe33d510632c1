#!/usr/bin/env bash
# Sets up a fresh Debian 12 machine and runs every test: formatting, build (g++, Release, in the tree of quickstart.sh), unit
# tests, tests of the built program. --full adds what takes longer: exhaustive checks, clang++, clang-tidy, sanitizers.
set -euo pipefail
. "$(cd "$(dirname "$0")" && pwd)/../apps/setup.sh"

full=false
for argument in "$@"; do
  case $argument in
    --full) full=true ;;
    *)
      say "tests/run.sh: found '$argument'; allowed: --full"
      exit 2
      ;;
  esac
done

# shellcheck disable=SC2086 # lists of words
install_missing $build_packages $test_packages
# shellcheck disable=SC2086
install_missing $browser_packages || say "Chromium cannot be installed: the test of reports in a browser is skipped"
cd "$top"

sources() { find src apps tests -name '*.h' -o -name '*.cc' | sort; }

say "== clang-format"
sources | xargs clang-format --dry-run --Werror

run_tests() { # DIRECTORY
  ctest --test-dir "$1" --output-on-failure --parallel "$(nproc)"
}

say "== build (g++, Release, warnings are errors)"
configure_and_build build/release all -DTRISTAB_TESTS=ON
$full && export TRISTAB_FULL_TESTS=1
say "== tests"
export TRISTAB_TOOLS_INSTALLED=1 # a test whose tool is missing fails
run_tests build/release

if $full; then
  # shellcheck disable=SC2086
  install_missing $full_packages
  say "== build and tests (clang++)"
  # Every file alone and without precompiled headers: it includes what it uses.
  configure_and_build build/clang all -DTRISTAB_TESTS=ON -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
    -DCMAKE_UNITY_BUILD=OFF
  TRISTAB_FULL_TESTS= run_tests build/clang
  say "== clang-tidy"
  sources | grep '\.cc$' | grep -v '^tests/' | xargs -P "$(nproc)" -n 1 clang-tidy -p build/clang --quiet --warnings-as-errors='*'
  say "== build and tests (g++, address and undefined-behaviour sanitizers)"
  configure_and_build build/sanitize all -DTRISTAB_TESTS=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_CXX_FLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined"
  TRISTAB_FULL_TESTS= run_tests build/sanitize
fi
