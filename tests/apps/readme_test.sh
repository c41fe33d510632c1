#!/usr/bin/env bash
# Runs a document's plotting lines as they stand there: readme_test.sh PROGRAM DOCUMENT gnuplot|python
set -euo pipefail
program=$1 document=$2 language=$3
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

# The first fenced block of that language in the section "Plot".
awk -v fence='```'"$language" '/^## /{plot = ($0 == "## Plot")} plot && $0 == fence {inside = 1; next}
     inside && $0 == "```" {exit} inside' "$document" > "$directory/snippet"
[ -s "$directory/snippet" ] || { echo "$document has no $language lines under '## Plot'"; exit 1; }

cd "$directory"
mkdir results
printf '%s' '{"name": "quick", "trials": 2, "chunks": [16, 32], "families": [{"family": "uniform"}],
  "methods": ["row-substitution", "mbh", "mxr", "mch"], "arithmetics": ["fp16", "bf16"]}' > quick.json
"$program" sweep quick.json -o results/quick.csv
case $language in
  gnuplot)
    gnuplot snippet 2> messages || { cat messages; exit 1; }
    [ ! -s messages ] || { cat messages; exit 1; }
    # Four methods, two sizes, two matrices: 16 points, and the legend's four.
    points=$(grep -c "<use xlink:href='#gpPt[0-9]*' transform='translate" error.svg)
    [ "$points" -eq 20 ] || { echo "error.svg has $points points, not 20"; exit 1; }
    ;;
  python)
    for python in /usr/bin/python3 python3; do "$python" -c 'import pandas, matplotlib' 2>/dev/null && break; done
    "$python" snippet > table 2> messages || { cat messages; exit 1; }
    if grep -i warning messages; then exit 1; fi
    for method in row-substitution mbh mxr mch; do grep -q "^$method " table; done
    grep -q '<svg' methods.svg
    ;;
esac
echo "the $language lines of $document run"
