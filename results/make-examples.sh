#!/usr/bin/env bash
# Makes the examples of this directory again: results/make-examples.sh PROGRAM (build/apps/tristab). Two to three minutes
# on two cores; the sweeps' own files (400 MB) are written to a temporary directory and removed.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$program" sweep configs/sweeps/quick.json -o "$work/quick.json"
"$program" report "$work/quick.json" -o results/example-quick.html
"$program" export "$work/quick.json" --gnuplot "$work/plots"
(cd "$work/plots" && gnuplot -e "families='3 7 10'; arithmetics='3 4'" plot.gp)
cp "$work/plots/error-by-size.svg" results/example-quick.svg

"$program" sweep configs/sweeps/zoo.json -o "$work/zoo.ndjson"
zoo() { "$program" compare "$work/zoo.ndjson" --metrics strict_lower,total_frobenius --format "$1"; }
zoo csv > results/example-zoo.csv
zoo markdown > results/example-zoo.md

"$program" sweep configs/sweeps/paper-2606-06034.json -o "$work/paper.ndjson"
snr() { "$program" compare "$work/paper.ndjson" --metrics snr_db --format "${format:-markdown}" "$@"; }
exact=neumann:evaluation=horner/powers/product
rows=$exact,residual-neumann:mask=false:terms=1,residual-neumann:mask=false:terms=8,residual-neumann:mask=true:terms=8
tensor=int16:scale=tensor:identity=outside,int8:scale=tensor:identity=outside
format=csv snr --chunk 64 --methods $rows --arithmetics "fp64,fp16,$tensor" > "$work/rows.csv"
{
  echo "# The SNR table of arXiv 2606.06034 on trained layers and key models"
  echo
  echo "Rows: \`neumann\`, the exact series (by Horner's scheme, by powers, by doubling); \`residual-neumann\`, N = 3 and"
  echo "S = 8 with the mask, unless its label says otherwise (\`order\` is N, \`terms\` is S)."
  printf '\n## Published order\n\n'
  python3 results/beside_published.py snr "$work/rows.csv"
  printf '\n## Its rows, n = 64\n\n'
  snr --chunk 64 --methods $rows --arithmetics "fp64,fp16,$tensor"
  printf '\n## N, S and mask, n = 64\n\n'
  snr --chunk 64 --arithmetics "fp16,$tensor" --methods residual-neumann
  printf '\n## Scale and identity, n = 64\n\n'
  snr --chunk 64 --arithmetics int16,int8 --methods residual-neumann:mask=true/false:terms=8,residual-neumann:terms=16
  printf '\n## n = 32: its rows, and its setting for this size, N = 4, S = 3\n\n'
  snr --chunk 32 --arithmetics "fp64,fp16,$tensor" --methods $rows,residual-neumann:order=4:terms=3:mask=true/false
} > results/example-paper-2606-06034.md

ascend() { "$program" compare "$@" --trials 16 --metrics frobenius --format csv; }
kernels=pto-rec-unroll,pto-rec-unroll-kept
ascend --kernels $kernels --chunk 128 --family uniform:scale=0.1 > "$work/ascend.csv"
ascend --kernels $kernels --chunk 64 --family uniform-signed:condition=1.2/2/4/8 >> "$work/ascend.csv"
ascend --methods mxr --arithmetics bf16 --chunk 64 --family uniform-signed:condition=1.2/2/4/8 >> "$work/ascend.csv"
python3 results/beside_published.py ascend "$work/ascend.csv" > results/example-ascend.md
