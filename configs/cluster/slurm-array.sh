#!/usr/bin/env bash
# A sweep as a job array of Slurm, a shard for each task:
#
#   mkdir -p results/big
#   sbatch --array=1-16 configs/cluster/slurm-array.sh CONFIG.json results/big 16
#   tristab merge results/big/shard-*-of-16.ndjson -o results/big.json     # when the array is done
#
# The last number is that of all shards. A task that was killed or requeued goes on where it stopped. `tristab merge` names
# shards that are missing; the same command with --array=3,7 runs only those.
#SBATCH --job-name=tristab
#SBATCH --cpus-per-task=2
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

if [ $# -ne 3 ]; then
  echo "found $# arguments; allowed: CONFIG.json DIRECTORY SHARDS" >&2
  exit 2
fi
if [ -z "${SLURM_ARRAY_TASK_ID:-}" ]; then
  echo "found no SLURM_ARRAY_TASK_ID; allowed: sbatch --array=1-$3 $0 $*" >&2
  exit 2
fi
exec tristab sweep "$1" --shard "auto/$3" --resume --jobs "${SLURM_CPUS_PER_TASK:-1}" \
  -o "$2/shard-$SLURM_ARRAY_TASK_ID-of-$3.ndjson"
