#!/usr/bin/env bash
# tests/fuzz/bundle.sh DIRECTORY: what tests/fuzz/run.sh has built, to be run on another x86-64 machine, whatever its C
# library: DIRECTORY/fuzz SECONDS [TARGET...]. Corpus and findings stay in DIRECTORY.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -eq 1 ] || { echo "tests/fuzz/bundle.sh DIRECTORY" >&2; exit 2; }
mkdir -p "$1/lib" "$1/seeds" "$1/corpus"
cp "$top/build/fuzz/fuzz" "$1/"
ldd "$top/build/fuzz/fuzz" | grep -o '/[^ ]*' | sort -u | xargs -I{} cp -L {} "$1/lib/"
cp -r "$top/tests/fuzz/corpus/." "$1/seeds/"
cp "$top"/configs/sweeps/*.json "$1/seeds/config/"
cp "$top"/configs/kernels/*.json "$1/seeds/recipe/"
cp "$top"/tests/fuzz/*.dict "$1/seeds/"
[ -d "$top/build/fuzz/corpus" ] && cp -r "$top/build/fuzz/corpus/." "$1/corpus/"
mv "$1/fuzz" "$1/fuzz.bin"
cat >"$1/fuzz" <<'SCRIPT'
#!/usr/bin/env bash
# fuzz SECONDS [TARGET...]: each target in a process of its own, all at once.
cd "$(dirname "$0")" || exit 2
seconds=$1
shift
[ $# -gt 0 ] || set -- config results ndjson npy npz safetensors options recipe
mkdir -p findings
for target in "$@"; do
  mkdir -p "corpus/$target"
  ln -sf fuzz.bin "fuzz-$target"
  dictionary=()
  [ -f "seeds/$target.dict" ] && dictionary=("-dict=seeds/$target.dict")
  ./lib/ld-linux-x86-64.so.2 --library-path lib "./fuzz-$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 \
    -max_len=16384 -print_final_stats=1 "${dictionary[@]}" -artifact_prefix="findings/$target-" "corpus/$target" \
    "seeds/$target" >"$target.log" 2>&1 &
done
wait
for target in "$@"; do
  echo "$target: $(grep -E '^#[0-9]+.*cov' "$target.log" | tail -1)"
  grep -E 'broken:|ERROR:|runtime error:|SUMMARY:' "$target.log" | head -5
done
ls findings
SCRIPT
chmod +x "$1/fuzz"
