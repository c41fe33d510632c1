#!/usr/bin/env bash
# wheel_test.sh BUILD: a wheel of the Python package installs into a virtual environment, and runs there without anything of
# this checkout. The library comes from the build tree, the module is built by pip. Ends with 77 (skipped) without venv.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
python=/usr/bin/python3
"$python" -c 'import venv, ensurepip, setuptools, wheel' 2>/dev/null || {
  echo "python3-venv, python3-setuptools or python3-wheel is not installed: not tried"
  exit 77
}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cmake --install "$1" --prefix "$place/prefix" --component library >/dev/null
# A copy: pip writes beside setup.py.
mkdir -p "$place/source/apps" "$place/source/tests"
cp -r "$top/apps/python" "$top/apps/dump_layer_inputs.py" "$place/source/apps"
cp -r "$top/tests/data" "$place/source/tests"
cp "$top/CMakeLists.txt" "$place/source"
CMAKE_ARGS="-DCMAKE_PREFIX_PATH=$place/prefix" "$python" -m pip wheel -q --no-build-isolation --no-deps --no-index -w "$place/wheels" \
  "$place/source/apps/python"
ls -l "$place/wheels"
"$python" -m venv --system-site-packages "$place/venv" # for numpy
rm -rf "$place/prefix" "$place/source"
"$place/venv/bin/pip" install -q --no-index --no-deps "$place"/wheels/tristab-*.whl
inside() { (cd "$place" && env -i PATH=/usr/bin:/bin HOME="$place" "$@"); }
inside "$place/venv/bin/python" -c '
import os, sys, tristab
assert tristab.__file__.startswith(sys.prefix), tristab.__file__
A = tristab.inputs("trained", chunk=64, trials=2)
tristab.assert_inverse(A, tristab.invert(A, kernel="fla-solve-tril"), kernel="fla-solve-tril")
loaded = [line.split()[-1] for line in open("/proc/self/maps") if ".so" in line]
ours = [path for path in set(loaded) if any(name in path for name in ("tristab", "mpfr", "libzip", "libtbb.so", "libfmt", "nlopt"))]
assert len(ours) > 5 and all(path.startswith(sys.prefix) for path in ours), ours
print("tristab", tristab.__version__, "with", len(ours), "libraries of its own")'
cat >"$place/plugin_test.py" <<'PY'
def test(tristab_inputs):
    assert tristab_inputs("hard", chunk=16, trials=2).shape[1:] == (16, 16)
PY
inside "$place/venv/bin/python" -m pytest -q plugin_test.py
echo "the wheel installs and runs"
