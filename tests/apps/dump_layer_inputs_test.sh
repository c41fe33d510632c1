#!/usr/bin/env bash
# Runs dump_layer_inputs_test.py by a Python that has what it needs: dump_layer_inputs_test.sh PROGRAM SCRIPT writer|model
set -euo pipefail
needed=numpy
[ "$3" = writer ] || needed='numpy, torch'
for python in /usr/bin/python3 python3; do "$python" -c "import $needed" 2>/dev/null && break; done
exec "$python" -B "$(dirname "$0")/dump_layer_inputs_test.py" "$@"
