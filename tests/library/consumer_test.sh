#!/usr/bin/env bash
# consumer_test.sh CMAKE BUILD: installs the library of a build tree, and builds and runs the program in consumer/ with it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$1" --install "$2" --prefix "$place/prefix" --component library >/dev/null
"$1" -S "$here/consumer" -B "$place/build" -DCMAKE_PREFIX_PATH="$place/prefix" -DCMAKE_BUILD_TYPE=Debug >/dev/null
"$1" --build "$place/build" >/dev/null
"$place/build/consumer" | tee "$place/said"
grep -qx passed <(head -1 "$place/said")
grep -q "^kernel: no kernel is called 'fla-solve-trl'; did you mean 'fla-" "$place/said"
# Its headers include nothing but the language's and each other.
! grep -rhE '^#include' "$place/prefix/include" | grep -vE '<[a-z_]+>|"tristab/(library/library|base/(dtype|error_kinds))\.h"'
