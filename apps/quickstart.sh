#!/usr/bin/env bash
# From a fresh Debian 12 machine to a first result: installs what is missing, builds tristab in Release, runs the quick
# sweep (synthetic families and a slice of a trained model), prints its ranked table and writes its page of figures.
set -euo pipefail
. "$(cd "$(dirname "$0")" && pwd)/setup.sh"

# shellcheck disable=SC2086 # a list of words
install_missing $build_packages
cores=$(nproc)
[ -x "$top/build/release/apps/tristab" ] ||
  say "Building tristab takes $((build_seconds / cores / 60 + 1)) to $((4 * build_seconds / cores / 60 + 1)) minutes on $cores cores."
configure_and_build "$top/build/release" tristab_shell_files # the program too, and what cmake --install puts beside it

tristab="$top/build/release/apps/tristab"
cd "$top"
"$tristab" sweep configs/sweeps/quick.json -o results/quick.json --html results/quick.html
"$tristab" compare results/quick.json --family file --arithmetics fp16 --chunk 64
say ""
say "The whole result: results/quick.json. Its figures, for a browser: results/quick.html."
say "Next: $tristab --help, and README.md."
