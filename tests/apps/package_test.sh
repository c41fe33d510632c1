#!/usr/bin/env bash
# The Debian package installs on a clean Debian and runs there.
#
# package_test.sh BUILD_DIRECTORY. Makes the package, a minimal root with debootstrap from the mirror that apt uses here, and
# installs and runs the program in it. Ends with 77 (skipped) without root or debootstrap.
set -euo pipefail
build=$(cd "$1" && pwd)
if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
  echo "no root, or debootstrap is not installed: not tried"
  exit 77
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

(cd "$place" && cpack -G DEB --config "$build/CPackConfig.cmake" -B "$place/package" >"$place/cpack.log" 2>&1) || {
  cat "$place/cpack.log"
  exit 1
}
package=$(ls "$place"/package/*.deb)
dpkg-deb --info "$package" | sed -n '/Package:/,$p'

read -r mirror codename < <(apt-get indextargets --format '$(SITE) $(CODENAME)' | grep -v -e security -e updates | head -1)
root=$place/root
debootstrap --variant=minbase "$codename" "$root" "$mirror" >"$place/debootstrap.log" 2>&1 || {
  tail -5 "$place/debootstrap.log"
  echo "no clean root can be made from this machine's mirror: not tried"
  exit 77
}
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
cp "$package" "$root/tmp/tristab.deb"
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"; }
inside apt-get update -qq
inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /tmp/tristab.deb >"$place/install.log" 2>&1 || {
  tail -20 "$place/install.log"
  exit 1
}
inside tristab --version
inside tristab selftest
inside tristab sweep /usr/share/tristab/configs/sweeps/quick.json -o /tmp/quick.json
inside tristab sweep /usr/share/tristab/configs/sweeps/quick.json --shard 1/2 -o /tmp/1.ndjson
inside tristab sweep /usr/share/tristab/configs/sweeps/quick.json --shard 2/2 -o /tmp/2.ndjson
inside tristab merge /tmp/1.ndjson /tmp/2.ndjson -o /tmp/merged.json
inside tristab diff /tmp/quick.json /tmp/merged.json --fail-on changed >/dev/null
inside tristab report /tmp/quick.json -o /tmp/quick.html
# The Python package, which is there where the module was built.
if [ -e "$root/usr/lib/python3/dist-packages/tristab" ]; then
  inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-numpy python3-pytest >"$place/python.log" 2>&1
  inside python3 -c '
import tristab
A = tristab.inputs("trained", chunk=32, trials=2)
tristab.assert_inverse(A, tristab.invert(A, method="mbh", arithmetic="fp16"), method="mbh", arithmetic="fp16")'
  inside bash -c 'cd /tmp && echo "def test(tristab_inputs): assert len(tristab_inputs(\"hard\", chunk=16)) > 2" >plugin_test.py &&
                  python3 -m pytest -q plugin_test.py'
fi
for file in /usr/share/man/man1/tristab.1 /usr/share/bash-completion/completions/tristab /usr/share/tristab/configs/results.schema.json \
  /usr/share/doc/tristab/changelog.gz /usr/share/doc/tristab/copyright /usr/share/tristab/configs/cluster/slurm-array.sh; do
  [ -s "$root$file" ] || [ -s "$root$file.gz" ] || { echo "$file is missing"; exit 1; }
done
inside apt-get remove -y -qq tristab >/dev/null
[ ! -e "$root/usr/bin/tristab" ] || { echo "the program is still there after its removal"; exit 1; }
echo "the package installs, runs and goes on a clean $codename"
