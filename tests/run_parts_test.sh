#!/usr/bin/env bash
# tests/run.sh refuses parts that it does not have and names those that it has; each is in the table of src/README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

message=$(bash "$here/run.sh" --full thread nonsense 2>&1) && status=0 || status=$?
[ $status -eq 2 ] || { echo "status $status"; exit 1; }
allowed=$(sed -n "s/^tests\/run.sh: found 'nonsense'; allowed: //p" <<<"$message" | tr -d ,)
[ -n "$allowed" ] || { echo "not refused: $message"; exit 1; }
documented=$(sed -n '/^## Tests$/,/^## How/s/^| `\([a-z]*\)` |.*/\1/p' "${here%tests}src/README.md" | paste -sd' ')
[ "$allowed" = "$documented" ] || { echo "run.sh has the parts $allowed; src/README.md has $documented"; exit 1; }
for part in $allowed; do
  grep -q "^part_$part() {" "$here/run.sh" || { echo "no function part_$part"; exit 1; }
done
