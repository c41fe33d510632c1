#include "tristab/selftest/recorded_products.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

#include "tristab/arithmetic/machine.h"
#include "tristab/arithmetic/presets.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/selftest/codes.h"
#include "tristab/selftest/simd_levels.h"

namespace tristab::selftest {
namespace {

const std::vector<std::string> kOperands{"bf16", "fp16",     "fp32tf32", "fp32tf32x3", "e4m3",
                                         "e5m2", "e4m3e5m2", "e5m2e4m3", "s8"};

constexpr int kMostTerms = 64;  // of one instruction

// "mma", "wgmma" or "scaledmm", if the name begins with an instruction, and its k.
struct Instruction {
  std::string name;
  int k = 0;
};
Instruction instruction_of(const std::string& distribution) {
  const std::size_t end = distribution.find('-');
  if (end == std::string::npos) return {};
  const std::string word = distribution.substr(0, end);
  const std::size_t digits = word.find_first_of("0123456789");
  if (digits == std::string::npos) return {word, 0};
  const std::string number = word.substr(digits);
  if (number.size() > 3 || number.find_first_not_of("0123456789") != std::string::npos) return {word, 0};
  return {word.substr(0, digits), std::stoi(number)};
}

std::string code_format(const std::string& operand) { return operand.starts_with("fp32") ? "fp32" : operand; }

std::vector<float> values_of(const std::string& format, const std::vector<std::uint32_t>& codes) {
  std::vector<float> values;
  values.reserve(codes.size());
  for (const std::uint32_t code : codes) values.push_back(value_of_code(format, code));
  return values;
}

bool all_finite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

// The unit drops the low bits of an operand before it looks at the rest, so it reads a NaN whose payload lies only in
// these bits as an infinity. The emulated machine has only one NaN, so such operands are read here as the unit reads
// them.
constexpr std::uint32_t kDropped = 0x1fffU;
bool is_read_as_infinity(float x) {
  return std::isnan(x) && (std::bit_cast<std::uint32_t>(x) & ~kDropped & 0x7fffffffU) == 0x7f800000U;
}

bool holds_nan_read_as_infinity(const std::vector<std::uint32_t>& codes) {
  return std::any_of(codes.begin(), codes.end(),
                     [](std::uint32_t code) { return is_read_as_infinity(std::bit_cast<float>(code)); });
}

class Products {
 public:
  Products(const RecordedProducts& group, const Arithmetic& arithmetic)
      : group_(group),
        arithmetic_(arithmetic),
        a_(values_of(code_format(group.operand), group.a)),
        b_(values_of(code_format(group.operand), group.b)),
        c_(values_of(group.accumulator == "f16" ? "fp16" : "fp32", group.c)) {
    if (!arithmetic.split) {
      enter(a_);
      enter(b_);
    }
    finite_ = all_finite(a_) && all_finite(b_) && all_finite(c_);
  }

  std::vector<float> computed(int tile) const { return arithmetic_.split ? by_machine(tile) : by_kernel(tile); }

 private:
  void enter(std::vector<float>& values) const {
    if (arithmetic_.operand_rounding == Rounding::toward_zero) {
      for (float& x : values) {
        if (is_read_as_infinity(x)) x = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & ~kDropped);
      }
    }
    round_row<float>(values.data(), values.data(), static_cast<int>(values.size()), arithmetic_.operand,
                     arithmetic_.operand_rounding);
  }

  std::vector<float> by_kernel(int tile) const {
    const std::ptrdiff_t t = tile;
    const float* c = c_.data() + t * group_.m * group_.n;
    std::vector<float> sums(c, c + group_.m * group_.n);
    ProductTask<float> task;
    task.rows = group_.m;
    task.inner = group_.k;
    task.columns = group_.n;
    task.a = a_.data() + t * group_.m * group_.k;
    task.a_stride = group_.k;
    task.b = b_.data() + t * group_.k * group_.n;
    task.b_stride = task.accumulator_stride = group_.n;
    task.accumulator = sums.data();
    task.finite = finite_;
    task.operand_precision = arithmetic_.operand.precision;
    task.operand_min_exponent = arithmetic_.operand.min_exponent;
    task.operand_max_exponent = arithmetic_.operand.max_exponent;
    accumulate_product(task, arithmetic_.product);
    return sums;
  }

  // Three products and an addition: stages of a Machine, whose inputs are square.
  std::vector<float> by_machine(int tile) const {
    const std::ptrdiff_t t = tile;
    Machine machine(make_float_engine());
    machine.start({{"*", &arithmetic_}});
    const int size = std::max({group_.m, group_.k, group_.n});
    const auto block = [&](const std::vector<float>& values, int rows, int columns) {
      Matrix matrix(size, size);
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j)
          matrix(i, j) = static_cast<double>(values[static_cast<std::size_t>((t * rows + i) * columns + j)]);
      }
      return machine.block(machine.input(matrix, size), 0, 0, rows, columns);
    };
    const Value product = machine.stage("product").fl(block(c_, group_.m, group_.n),
                                                      {block(a_, group_.m, group_.k), block(b_, group_.k, group_.n)},
                                                      RoundTo::accumulator);
    const Matrix d = machine.output(product);
    std::vector<float> sums;
    for (int i = 0; i < group_.m; ++i) {
      for (int j = 0; j < group_.n; ++j) sums.push_back(static_cast<float>(d(i, j)));
    }
    return sums;
  }

  const RecordedProducts& group_;
  const Arithmetic& arithmetic_;
  std::vector<float> a_, b_, c_;
  bool finite_ = false;
};

}  // namespace

RecordedMachine machine_of(const RecordedProducts& group, std::string_view unit, std::string_view path) {
  if (std::find(kOperands.begin(), kOperands.end(), group.operand) == kOperands.end()) {
    const std::string near = nearest_name(group.operand, kOperands);
    throw InputError(fmt::format("{}: group {}: no operand is called '{}'{}; allowed: {}", path, group.name,
                                 group.operand, near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                                 join_names(kOperands)));
  }
  const bool integers = group.operand == "s8";
  const std::vector<std::string> accumulators =
      integers ? std::vector<std::string>{"s32"} : std::vector<std::string>{"f32", "f16"};
  if (std::find(accumulators.begin(), accumulators.end(), group.accumulator) == accumulators.end()) {
    throw InputError(fmt::format("{}: group {}: no accumulator of {} is called '{}'; allowed: {}", path, group.name,
                                 group.operand, group.accumulator, join_names(accumulators)));
  }
  RecordedMachine machine;
  const Instruction instruction = instruction_of(group.distribution);
  if (instruction.k > kMostTerms) {
    throw InputError(fmt::format("{}: group {}: found an instruction of {} products; allowed: at most {}", path,
                                 group.name, instruction.k, kMostTerms));
  }
  const bool fp8 = group.operand[0] == 'e';
  if (integers) {
    machine.skipped = "integers that wrap or saturate: no named arithmetic does";
  } else if (group.operand == "e4m3e5m2" || group.operand == "e5m2e4m3") {
    machine.skipped = "operands of two formats: no named arithmetic has them";
  } else if (fp8 && instruction.name == "mma") {
    machine.skipped = "fp8 mma.sync is made of fp16 products on this hardware";
  } else if (group.distribution.starts_with("scaledmm-promoted")) {
    machine.skipped = "several chains added in fp32";
  } else if (group.operand == "fp32tf32x3" &&
             (holds_nan_read_as_infinity(group.a) || holds_nan_read_as_infinity(group.b))) {
    machine.skipped = "a NaN that one of the three products reads as an infinity: the machine has one NaN";
  }
  if (!machine.skipped.empty()) return machine;
  const std::string operand = group.operand.starts_with("fp32") ? group.operand.substr(4) : group.operand;
  const std::string plain = operand.ends_with("x3") ? operand.substr(0, operand.size() - 2) : operand;
  const std::span<const UnitPreset> presets = unit_presets();
  const auto preset = std::find_if(presets.begin(), presets.end(), [&](const UnitPreset& candidate) {
    return candidate.machine == unit && candidate.operand == plain;
  });
  if (preset == presets.end()) {
    machine.skipped = fmt::format("no named arithmetic is a {} of {} operands", unit, plain);
    return machine;
  }
  machine.arithmetic = plain == operand ? preset->name : fmt::format("{}-{}", operand, unit);
  machine.terms = instruction.k;
  machine.fp16_sums = group.accumulator == "f16";
  return machine;
}

CheckResult compare_recorded(const RecordedProducts& group, const RecordedMachine& machine, const Runner& runner) {
  const auto start = std::chrono::steady_clock::now();
  Json parameters = Json::object();
  if (machine.terms != 0) parameters["terms"] = machine.terms;
  if (machine.fp16_sums) parameters["accumulate"] = "fp16";
  const Arithmetic arithmetic = make_arithmetic(machine.arithmetic, parameters, group.name);
  const Products products(group, arithmetic);
  const std::string accumulator = group.accumulator == "f16" ? "fp16" : "fp32";
  const auto elements = static_cast<std::size_t>(group.m) * static_cast<std::size_t>(group.n);
  std::vector<unsigned char> differs(group.d.size(), 0);
  Tally tally;
  for_each_simd_level([&](const std::string& level) {
    runner.over(
        static_cast<std::size_t>(group.batch),
        [&](std::size_t tile, Tally& own) {
          const std::vector<float> d = products.computed(static_cast<int>(tile));
          for (std::size_t e = 0; e < elements; ++e) {
            const std::uint32_t code = code_of_value(accumulator, d[e]), recorded = group.d[tile * elements + e];
            if (code == recorded || differs[tile * elements + e] != 0) continue;
            differs[tile * elements + e] = 1;
            own.mismatch([&] {
              return fmt::format("{}, {}, tile {}, row {}, column {}: 0x{:x}, recorded 0x{:x}", group.name, level, tile,
                                 e / static_cast<std::size_t>(group.n), e % static_cast<std::size_t>(group.n), code,
                                 recorded);
            });
          }
        },
        tally);
  });
  return {static_cast<std::int64_t>(group.d.size()), tally.mismatches(), tally.first(),
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

}  // namespace tristab::selftest
