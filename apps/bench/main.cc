// tristab-bench: the speed of the emulation, compared with Eigen's float product (Google Benchmark).
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../released_memory.h"
#include "benchmarks.h"
#include "ratio_reporter.h"
#include "tristab/base/errors.h"

namespace tristab {
namespace {

constexpr int failure_status = 1, usage_status = 2, input_status = 3;
constexpr std::string_view level_option = "--level=";

void print_help() {
  std::fputs(
      "tristab-bench: emulated products against Eigen's, rounding, whole cases, references, a sweep.\n\n"
      "  --level=avx512|avx2|baseline   one SIMD level of the kernels and of Eigen (all that the machine "
      "has)\n\n"
      "The ratios to Eigen are printed as a table to standard error at the end. Google Benchmark's "
      "options:\n\n",
      stdout);
  benchmark::PrintDefaultHelp();
}

std::vector<std::string> names_of(std::span<const SimdLevel> levels) {
  std::vector<std::string> names(levels.size());
  std::transform(levels.begin(), levels.end(), names.begin(), [](const SimdLevel& level) { return level.name; });
  return names;
}

// The levels to measure, best first.
std::vector<SimdLevel> chosen_levels(const std::optional<std::string>& wanted) {
  std::vector<SimdLevel> supported = supported_levels();
  if (!wanted) return supported;
  for (const SimdLevel& level : supported) {
    if (level.name == *wanted) return {level};
  }
  const std::vector<std::string> names = names_of(simd_levels());
  if (std::find(names.begin(), names.end(), *wanted) == names.end()) {
    throw_unknown_name("--level", "SIMD level", *wanted, names);
  }
  refuse("--level", fmt::format("{}, which this machine or the kernels lack", *wanted),
         join_names(names_of(supported)));
}

int run(int count, char** arguments) {
  // Long enough for stable medians; a --benchmark_min_time on the command line comes later and wins.
  std::string min_time = "--benchmark_min_time=0.1";
  std::vector<char*> rest{arguments[0], min_time.data()};
  std::optional<std::string> wanted;
  for (int k = 1; k < count; ++k) {
    const std::string_view argument = arguments[k];
    if (argument.starts_with(level_option)) {
      wanted = argument.substr(level_option.size());
    } else {
      rest.push_back(arguments[k]);
    }
  }
  int rest_count = static_cast<int>(rest.size());
  rest.push_back(nullptr);
  benchmark::Initialize(&rest_count, rest.data(), print_help);
  if (rest_count > 1) refuse("tristab-bench", fmt::format("'{}'", rest[1]), "see tristab-bench --help");

  const std::vector<SimdLevel> levels = chosen_levels(wanted);
  benchmark::AddCustomContext("simd_levels", join_names(names_of(levels)));
  RatioReporter reporter(register_product_benchmarks(levels));
  register_rounding_benchmarks(levels);
  register_formation_benchmarks(levels.front());
  register_case_benchmarks(levels.front());
  benchmark::RunSpecifiedBenchmarks(&reporter);
  std::fputs(reporter.table().c_str(), stderr);
  benchmark::Shutdown();
  return reporter.failed() ? failure_status : 0;
}

}  // namespace
}  // namespace tristab

int main(int count, char** arguments) {
  const auto complain = [](int status, const char* message) {
    std::fputs(fmt::format("tristab-bench: error: {}\n", message).c_str(), stderr);
    return status;
  };
  tristab::keep_released_memory();  // as the program does
  try {
    return tristab::run(count, arguments);
  } catch (const tristab::UsageError& error) {
    return complain(tristab::usage_status, error.what());
  } catch (const std::exception& error) {
    return complain(tristab::input_status, error.what());
  }
}
