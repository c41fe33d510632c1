#!/usr/bin/env bash
# tests/fuzz/run.sh SECONDS [TARGET...]: builds libFuzzer's binary and runs every target for so many seconds, as many at a
# time as there are processors. What a target finds is in build/fuzz/findings, inputs that reach new code are in
# build/fuzz/corpus; both stay there for the next run. README.md says more.
set -euo pipefail
. "$(cd "$(dirname "$0")" && pwd)/../../apps/setup.sh"

here=$top/tests/fuzz build=$top/build/fuzz
all="config results ndjson npy npz safetensors options recipe"
[ $# -ge 1 ] || { say "tests/fuzz/run.sh SECONDS [TARGET...], one of $all"; exit 2; }
seconds=$1
shift

# shellcheck disable=SC2086 # lists of words
install_missing $build_packages $fuzz_packages
cd "$top"
configure_and_build build/release tristab_report -DTRISTAB_TESTS=ON # what is not fuzzed
configure_and_build build/fuzz fuzz -DCMAKE_CXX_COMPILER=clang++ -DTRISTAB_FUZZ=ON -DTRISTAB_FUZZ_LIBRARIES="$top/build/release"

run_target() { # TARGET
  local target=$1 seeds=("$here/corpus/$1") options=()
  case $target in
    config) seeds+=("$top/configs/sweeps") ;;
    recipe) seeds+=("$top/configs/kernels") ;;
  esac
  [ -f "$here/$target.dict" ] && options=("-dict=$here/$target.dict")
  mkdir -p "$build/corpus/$target" "$build/findings"
  local status=0
  "$build/fuzz-$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -max_len=16384 -print_final_stats=1 \
    "${options[@]}" -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" "${seeds[@]}" \
    >"$build/$target.log" 2>&1 || status=$?
  local line
  line=$(grep -E '^#[0-9]+.*(cov|DONE)' "$build/$target.log" | tail -1 || true)
  say "$target: ${line:-no run}"
  [ $status -eq 0 ] && return 0
  say "$target: status $status; see build/fuzz/$target.log and build/fuzz/findings"
  grep -E 'broken:|ERROR:|runtime error:|SUMMARY:' "$build/$target.log" | head -5 >&2 || true
  return 1
}
export -f run_target say
export here build seconds top
# shellcheck disable=SC2086
printf '%s\n' "${@:-$all}" | tr ' ' '\n' | xargs -P "$(nproc)" -I{} bash -c 'run_target {}'
