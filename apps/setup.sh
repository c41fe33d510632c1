# Functions of quickstart.sh and tests/run.sh: they install missing Debian packages, configure and build. Sourced, not run.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages="g++ cmake ninja-build pkg-config libcli11-dev libeigen3-dev libboost-dev libmpfr-dev libfmt-dev
                nlohmann-json3-dev libnlopt-dev libtbb-dev libhwy-dev librandom123-dev libzip-dev"
test_packages="git zsh fish groff-base man-db libbenchmark-dev libgtest-dev libvalijson-dev clang-format gnuplot-nox python3-pandas python3-matplotlib"
python_packages="python3-dev pybind11-dev python3-numpy python3-pytest"
torch_packages="python3-torch libopenblas0"
wheel_packages="python3-venv python3-pip python3-setuptools python3-wheel"
browser_packages="chromium"
fuzz_packages="clang libclang-rt-dev"
clang_packages="clang clang-tidy"
thread_packages="dpkg-dev"
cluster_packages="parallel slurm-wlm slurm-client"
package_packages="debootstrap dpkg-dev"

say() { printf '%s\n' "$*" >&2; }

# install_missing PACKAGE...: installs those that are missing with apt-get, as root or through sudo.
install_missing() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      say "These Debian packages are missing, and installing them needs root or sudo: ${missing[*]}"
      return 3
    }
    root=(sudo)
  fi
  say "Installing missing Debian packages with ${root[*]:+${root[*]} }apt-get: ${missing[*]}"
  "${root[@]}" apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# CPU seconds to compile the program and its libraries, measured on a server core of 2023; a slow core needs four times as
# many.
build_seconds=330

# configure DIRECTORY [CMAKE_OPTION...]: warnings are errors. Files that only carry results, and tests, are compiled eight at
# a time; -DCMAKE_UNITY_BUILD=OFF compiles each alone.
configure() {
  local directory=$1
  shift
  cmake -S "$top" -B "$directory" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTRISTAB_WARNINGS_AS_ERRORS=ON -DCMAKE_UNITY_BUILD=ON \
    --log-level=NOTICE "$@" >&2
}

# configure_and_build DIRECTORY TARGETS [CMAKE_OPTION...]: quiet when there is nothing to do.
configure_and_build() {
  local directory=$1 targets=$2
  shift 2
  configure "$directory" "$@"
  # shellcheck disable=SC2086 # a list of words
  NINJA_STATUS='[%f of %t, %e s] ' cmake --build "$directory" --target $targets >&2
}
