#!/usr/bin/env bash
# Makes the page and the result of the quick sweep and the picture of the front page again:
#   results/make-quick-examples.sh build/release/apps/tristab
# Takes seconds. The commands are those of README.md here. example-quick.json has three inputs of the quick sweep,
# because the whole file has 42 MB.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$program" "$work/tristab" # results name the command that made them
PATH=$work:$PATH

# Results of an earlier configuration, and data of an earlier version, would be refused.
rm -rf results/quick.json results/finding.json results/example-quick.json results/finding-plots

tristab sweep configs/sweeps/quick.json -o results/quick.json
tristab report results/quick.json -o results/example-quick.html

tristab sweep configs/sweeps/finding.json -o results/finding.json
tristab export results/finding.json --gnuplot results/finding-plots
(cd results/finding-plots && gnuplot plot.gp)
cp results/finding-plots/error-by-size.svg results/example-finding.svg

tristab sweep configs/sweeps/quick.json --families ones,uniform,gdn:keys=silu --methods row-substitution,mbh,mch,mxr:block=16 \
  --arithmetics fp16,bf16 --chunks 64 --trials 1 -o results/example-quick.json
