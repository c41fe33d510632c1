#!/bin/bash
# What random draws find and what a hunt finds, for every kernel: apps/hunt_against_draws.sh PROGRAM DIR [DRAWS [EVALUATIONS]]
# Writes DIR/KERNEL.draws.json and DIR/KERNEL.hunt.json, cheap kernels first; those that are there already are kept. Each
# kernel stands at the smallest size that it takes, with 16 channels, on the rule of its gates. Prints one line a kernel.
set -euo pipefail
program=$1 directory=$2 draws=${3:-1000000} evaluations=${4:-20000}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$directory"
sizes() {  # "KERNEL SIZE RULE", small sizes first
  for file in "$here"/configs/kernels/*.json; do
    name=$(basename "$file" .json)
    size=$(python3 -c "import json, sys; print(min(json.load(open(sys.argv[1])).get('chunks') or [16]))" "$file")
    case $name in
      fla-dplr*) rule=rwkv7 ;;
      *kda*) rule=kda ;;
      *) rule=gdn ;;
    esac
    echo "$name $size $rule"
  done | sort -s -n -k2,2
}
hunt() {  # FILE KERNEL SIZE RULE OPTIONS...
  local file=$1 kernel=$2 size=$3 rule=$4
  shift 4
  [ -s "$file" ] || "$program" hunt --kernel "$kernel" --chunk "$size" --family "$rule" --head-dim 16 "$@" --json "$file" --force >/dev/null
}
while read -r kernel size rule; do
  hunt "$directory/$kernel.hunt.json" "$kernel" "$size" "$rule" --from random --evaluations "$evaluations"
  hunt "$directory/$kernel.draws.json" "$kernel" "$size" "$rule" --from draws --evaluations "$draws"
  python3 - "$kernel" "$size" "$rule" "$directory/$kernel" <<'PYTHON'
import json, sys
kernel, size, rule, stem = sys.argv[1:]
def worst(kind):
    report = json.load(open(f"{stem}.{kind}.json"))
    find = report["worst"]
    return float("inf") if not find["finite"] else find["value"], report["evaluations"]
(hunted, evaluations), (drawn, draws) = worst("hunt"), worst("draws")
print(f"{kernel} n={size} {rule}: hunt {hunted:.3g} ({evaluations} evaluations), draws {drawn:.3g} ({draws}): "
      f"{'beaten' if hunted > drawn else 'NOT beaten'}", flush=True)
PYTHON
done < <(sizes)
