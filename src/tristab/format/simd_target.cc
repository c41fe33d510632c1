// How Highway (hwy/targets.h) learns which instructions the machine has. Its library says that too, but measures a
// timer for 4 ms whenever it is loaded, which is more than `tristab version` takes; of all else tristab needs only the
// headers.
#include <hwy/targets.h>

#if HWY_ARCH_X86

#include <atomic>
#include <cstdint>

namespace hwy {
namespace {

constinit std::atomic<std::int64_t> targets_of_tests{0};  // 0: those of the machine
constinit ChosenTarget chosen;

// The targets of which the machine has all instructions, and those that every machine has. AVX3_DL is left out: no
// kernel is compiled for it.
std::int64_t targets_of_machine() {
  __builtin_cpu_init();
  std::int64_t targets = HWY_EMU128 | HWY_SCALAR;
  if (!__builtin_cpu_supports("ssse3")) return targets;
  targets |= HWY_SSSE3;
  if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("aes") || !__builtin_cpu_supports("pclmul"))
    return targets;
  targets |= HWY_SSE4;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2"))
    return targets;
  targets |= HWY_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    targets |= HWY_AVX3;
  return targets;
}

}  // namespace

std::int64_t SupportedTargets() {
  static const std::int64_t machine = targets_of_machine();
  const std::int64_t asked = targets_of_tests.load();
  return asked != 0 ? asked : machine;
}

ChosenTarget& GetChosenTarget() { return chosen; }

void SetSupportedTargetsForTest(std::int64_t targets) {
  targets_of_tests.store(targets);
  chosen.DeInit();  // the next call of a kernel chooses anew
}

}  // namespace hwy

#endif
