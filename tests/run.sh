#!/usr/bin/env bash
# Sets up a fresh Debian 12 machine and runs tests, after clang-format.
#
# tests/run.sh                  build (g++, Release, in the tree of quickstart.sh), unit tests, tests of the built program
# tests/run.sh --full           every part of the table below, also those after a part that fails
# tests/run.sh --full PART...   these parts, for a machine too slow to run them all at once
set -euo pipefail
. "$(cd "$(dirname "$0")" && pwd)/../apps/setup.sh"

# Name, list of packages that it needs beyond those of the build and the tests, what it runs: part_NAME below does it. A part
# whose status is 77 cannot run on this machine.
parts="exhaustive -                every test (g++, Release), those of TRISTAB_FULL_TESTS=1 included, but corpus
       corpus     -                right and wrong kernels before check, in full size
       clang      clang_packages   every test of a build by clang++, each file alone and without precompiled headers
       tidy       clang_packages   clang-tidy of src and apps
       sanitize   -                tests but those of apps, with sanitizers: addresses, undefined behaviour, casts of numbers
       programs   -                tests of apps, with the sanitizers of sanitize
       thread     thread_packages  tests of what runs on several threads, with the sanitizer of threads
       fuzz       fuzz_packages    every target of tests/fuzz for two minutes
       builds     clang_packages   Release, Debug and clang++ give the same bytes
       cluster    cluster_packages shards under Slurm and GNU parallel
       package    package_packages the Debian package on a clean root
       wheel      wheel_packages   the Python package as a wheel in a virtual environment"

# Tests that sanitizers make too slow or too large, or whose program is not made with them; all run without in other parts.
without_sanitizers="apps\.(planted_faults|resume|check_corpus|measure_hunt|notebook|determinism|cluster|.*_in_chromium|Large)"
without_sanitizers="$without_sanitizers|library\.consumer"

corpus='^apps\.check_corpus$' # the longest test of all

part_names() { awk '{print $1}' <<<"$parts"; }
packages_of() { awk -v part="$1" '$1 == part && $2 != "-" {print $2}' <<<"$parts"; }

refuse() { # FOUND ALLOWED
  say "tests/run.sh: found '$1'; allowed: $2"
  exit 2
}

full=false chosen=""
for argument in "$@"; do
  if [ "$argument" = --full ]; then
    full=true
  elif ! $full; then
    refuse "$argument" --full
  elif part_names | grep -qxF -e "$argument"; then
    chosen="$chosen $argument"
  else
    say "parts of --full:"
    awk '{name = $1; $1 = $2 = ""; printf "  %-11s%s\n", name, $0}' <<<"$parts" >&2
    refuse "$argument" "$(part_names | paste -sd, | sed 's/,/, /g')"
  fi
done

# shellcheck disable=SC2086 # lists of words
install_missing $build_packages $test_packages $python_packages
# shellcheck disable=SC2086
install_missing $torch_packages || say "PyTorch cannot be installed: its tests are skipped"
# shellcheck disable=SC2086
install_missing $browser_packages || say "Chromium cannot be installed: the test of reports in a browser is skipped"
cd "$top"
export TRISTAB_TOOLS_INSTALLED=1 # a test whose tool is missing fails

sources() { find src apps tests -name '*.h' -o -name '*.cc' | sort; }

run_tests() { # DIRECTORY [OPTION_OF_CTEST...]; a test of torch or numpy takes one thread, for there are tests for the others
  local directory=$1
  shift
  OMP_NUM_THREADS=1 ctest --test-dir "$directory" --output-on-failure --parallel "$(nproc)" "$@"
}

build_release() { configure_and_build build/release "$1" -DTRISTAB_TESTS=ON; }

configure_clang() { # COMMAND [ARGUMENT...]: configure, or configure_and_build
  "$@" -DTRISTAB_TESTS=ON -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DCMAKE_UNITY_BUILD=OFF
}

# Programs that end at the first finding. GCC warns falsely where sanitizers change its code.
build_sanitized() { # DIRECTORY TARGETS SANITIZERS
  configure_and_build "$1" "$2" -DTRISTAB_TESTS=ON -DTRISTAB_PYTHON=OFF -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTRISTAB_WARNINGS_AS_ERRORS=OFF \
    -DTRISTAB_TEST_TIMEOUT=3000 \
    -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1 -DNDEBUG" -DCMAKE_CXX_FLAGS="-fsanitize=$3 -fno-sanitize-recover=all"
}

part_exhaustive() {
  build_release all
  TRISTAB_FULL_TESTS=1 run_tests build/release --exclude-regex "$corpus"
}

part_corpus() {
  build_release tristab
  TRISTAB_FULL_TESTS=1 run_tests build/release --tests-regex "$corpus"
}

part_clang() {
  configure_clang configure_and_build build/clang all
  run_tests build/clang
}

# Needs no build, only the commands. Most of the time goes into headers, so files are read together where they are compiled so:
# then one includes another, and declarations repeat.
part_tidy() {
  local together=-bugprone-suspicious-include,-readability-redundant-declaration
  configure build/tidy -DTRISTAB_TESTS=OFF -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
  python3 - build/tidy <<'END' | xargs -P "$(nproc)" -n 1 clang-tidy -p build/tidy --quiet --checks=$together
import json, os, re, sys

top, build = os.getcwd(), os.path.abspath(sys.argv[1])
commands = [each["file"] for each in json.load(open(f"{build}/compile_commands.json"))]
ours = re.compile(f"{top}/(src|apps)/|{build}/(src|apps)/.*/Unity/")
files = [file for file in commands if ours.match(file)]
read = {line.split('"')[1] for file in files if "/Unity/" in file for line in open(file) if line.startswith("#include")}
sources = [os.path.join(path, name) for part in ("src", "apps") for path, _, names in os.walk(f"{top}/{part}") for name in names]
left = [file for file in sources if file.endswith(".cc") and file not in read.union(files)]
print(*files, sep="\n")
sys.exit(f"not compiled, so not read: {left}" if left else 0)
END
}

sanitized_tests() { # [OPTION_OF_CTEST...]
  build_sanitized build/sanitize all address,undefined,float-cast-overflow
  # A pipeline that ends by an exception leaves what was on its way to the end of the process: no leak while it runs.
  ASAN_OPTIONS=detect_leaks=0 run_tests build/sanitize "$@"
}
part_sanitize() { sanitized_tests --exclude-regex "$without_sanitizers|^apps\\."; }
part_programs() { sanitized_tests --tests-regex "^apps\\." --exclude-regex "$without_sanitizers"; }

# oneTBB as Debian has it, with the sanitizer of threads, in DIRECTORY/lib: what its threads hand over to each other would
# look like races, and to suppress these would hide all.
instrumented_tbb() { # DIRECTORY
  local sources=$1/apt
  if [ ! -e "$1/lib/libtbb.so.12" ]; then
    rm -rf "$1"
    mkdir -p "$sources/lists/partial" "$sources/parts"
    # The places of packages have their sources, too.
    find /etc/apt -name '*.sources' -exec cp -t "$sources/parts" {} +
    find /etc/apt -name '*.list' -exec cp -t "$sources/parts" {} +
    find "$sources/parts" -type f -exec sed -i -E 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' {} +
    (
      cd "$1"
      options=(-o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$sources/parts" -o "Dir::State::Lists=$sources/lists")
      apt-get "${options[@]}" update -qq && apt-get "${options[@]}" source -qq onetbb
    ) >&2 || {
      say "no source of oneTBB can be fetched here"
      return 77
    }
    # shellcheck disable=SC2211 # one folder
    cmake -S "$1"/onetbb-*/ -B "$1/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTBB_TEST=OFF -DTBB_STRICT=OFF \
      -DTBB_SANITIZE=thread -DTBB_DISABLE_HWLOC_AUTOMATIC_SEARCH=ON --log-level=NOTICE >&2
    cmake --build "$1/build" --target tbb >"$1/build.log" 2>&1 || { tail -20 "$1/build.log" >&2; return 1; }
    mkdir -p "$1/lib"
    find "$1/build" -name 'libtbb.so*' -exec cp -dt "$1/lib" {} +
  fi
}

part_thread() {
  local layers="sweep report hunt judge choose inspect library"
  instrumented_tbb "$top/build/thread-tbb"
  build_sanitized build/thread "tristab $(printf '%s_test ' $layers)" thread
  export LD_LIBRARY_PATH=$top/build/thread-tbb/lib
  export TSAN_OPTIONS="suppressions=$top/tests/thread-sanitizer.supp halt_on_error=1"
  run_tests build/thread --tests-regex "^(${layers// /|})\\." --exclude-regex "$without_sanitizers"
  python3 -B tests/apps/determinism_test.py build/thread/apps/tristab
}

part_fuzz() { bash tests/fuzz/run.sh 120; }

part_builds() {
  build_release tristab
  configure_clang configure_and_build build/clang tristab
  configure_and_build build/debug tristab -DCMAKE_BUILD_TYPE=Debug
  python3 -B tests/apps/determinism_test.py build/release/apps/tristab build/debug/apps/tristab build/clang/apps/tristab
}

part_cluster() {
  build_release tristab
  python3 -B tests/apps/cluster_test.py build/release/apps/tristab .
}

part_package() {
  build_release tristab_shell_files
  bash tests/apps/package_test.sh build/release
}

part_wheel() {
  build_release tristab_shared
  bash tests/python/wheel_test.sh build/release
}

say "== clang-format"
sources | xargs clang-format --dry-run --Werror

if ! $full; then
  say "== build (g++, Release, warnings are errors)"
  build_release all
  say "== tests"
  run_tests build/release
  exit
fi

passed="" skipped="" failed=""
for part in ${chosen:-$(part_names)}; do
  say "== $part"
  started=$SECONDS
  packages=$(packages_of "$part")
  # In a process of its own, where the first failure ends the part.
  set +e
  (
    set -e
    # shellcheck disable=SC2086
    [ -z "$packages" ] || install_missing ${!packages}
    "part_$part"
  )
  status=$?
  set -e
  case $status in
    0) passed="$passed $part" ;;
    77) skipped="$skipped $part" ;;
    *) failed="$failed $part" ;;
  esac
  say "== $part: status $status after $(((SECONDS - started) / 60)) minutes"
done
say "passed:${passed:- none}; cannot run on this machine:${skipped:- none}; failed:${failed:- none}"
[ -z "$failed" ]
