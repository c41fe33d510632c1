#!/usr/bin/env bash
# Makes the examples of this directory again: results/make-examples.sh PROGRAM [MODELS]. PROGRAM is build/apps/tristab. MODELS
# is the directory of gdn.safetensors, gdnneg.safetensors, deltanet.safetensors and kda.safetensors (layers 0 and 6, 512
# tokens of 4 heads); without it, example-layers.md stays as it is. Takes some minutes on two cores. The result files (500 MB)
# are written to a temporary directory and removed.
set -euo pipefail
program=$(realpath "$1")
models=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

results/make-quick-examples.sh "$program"
kernels=$(python3 results/kernel_table.py "$program")
echo "$kernels" > results/example-kernels.md

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

if [ -n "$models" ]; then
  slices=file:path=tests/data/h100-fla-layers.safetensors:layer=gdn.layer0/gdn.layer6/gdnneg.layer6/kda.layer0/kda.layer6
  whole=
  for model in gdn gdnneg deltanet kda; do whole+=${whole:+,}file:path=$models/$model.safetensors:layer=layer0/layer6; done
  layers() { "$program" sweep "$@" > "$work/tables.txt"; }
  layers configs/sweeps/layers.json -o "$work/slices.json"
  layers configs/sweeps/layers.json -o "$work/gdn.json" --families "file:path=$models/gdn.safetensors:layer=layer0/layer6"
  layers configs/sweeps/zoo.json --layer-outputs -o "$work/recipes.json" --families "$slices"
  layers configs/sweeps/zoo.json --layer-outputs -o "$work/models.json" --families "$whole" --chunks 16,32,64
  {
    echo "# Which inversion errors matter at the layer"
    echo
    echo "Relative Frobenius errors, median / worst: of T against the inverse of A; of the outputs o and the final state against"
    echo "the recurrence, token by token in high precision. nf: not finite, which counts as infinitely wrong."
    echo
    echo "First 40 ways of inverting, results rounded to the format at every step, everything else at the layer in fp32, beside"
    echo "the perplexity that a Gated DeltaNet language model had with them (\`published-perplexity.csv\`; 105M parameters, 12"
    echo "layers, chunks of 64, 16,384 held-out tokens, 18,432 matrices with ||A||_inf up to 48; 67.97 with the exact inverse)."
    echo "Broken: not finite, or above 1.5 x 67.97; nothing lies between 68.06 and 131.78. The layers here are another, longer"
    echo "run of the same recipe. \`collinear keys\`: four drawn sequences of eight chunks, keys normalise(base + 0.57 randn),"
    echo "beta = 0.9997, no decay, ||A||_inf 44 to 49. Thresholds are fitted to the table that they separate."
    python3 results/layer_tables.py perplexity results/published-perplexity.csv "$work/slices.json" "$work/gdn.json"
    printf '\n## Every recipe: layers 0 and 6 of four models, 512 tokens of 4 heads each\n\n'
    echo "Everything but the inverse as the kernel does it where its recipe says so, else in bf16 with fp32 sums. An exact T gives"
    echo "the error of \`tcu-exact\`; the third column is the worst o over that of \`tcu-exact\`, on the input where it is largest."
    python3 results/layer_tables.py recipes "$work/models.json"
    printf '\n## Every recipe: 128 tokens of one head each (tests/data)\n'
    python3 results/layer_tables.py recipes "$work/recipes.json"
  } > results/example-layers.md
fi
