// tristab selftest: the arithmetic of this machine against expectations that are not the emulator's own, or recorded
// hardware products through the production kernels.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "command.h"
#include "interrupt.h"
#include "tristab/base/errors.h"
#include "tristab/selftest/check.h"
#include "tristab/selftest/recorded_products.h"
#include "tristab/selftest/simd_levels.h"
#include "tristab/sweep/evaluate.h"

namespace tristab {
namespace {

using selftest::Check;
using selftest::CheckResult;
using selftest::Runner;

struct SelftestOptions {
  bool exhaustive = false;
  std::string vectors, jobs;
};

// The name of what is being checked and how far it is: on standard error, and only where that is a terminal.
class CurrentCheck {
 public:
  void begin(const std::string& name) { name_ = name; }
  Runner::Progress progress() {
    if (isatty(STDERR_FILENO) == 0) return {};
    return [this](double fraction) {
      const auto now = std::chrono::steady_clock::now();
      if (now - last_ < std::chrono::milliseconds(200)) return;
      last_ = now;
      fmt::print(stderr, "\r\033[K{}: {:.0f}%", name_, 100 * fraction);
      std::fflush(stderr);
    };
  }
  void end() const {
    if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\033[K");
  }

 private:
  std::string name_;
  std::chrono::steady_clock::time_point last_;
};

// Rows of the table as they are finished: the widths are known before.
class Report {
 public:
  Report(std::size_t name_width, const Runner& runner) : width_(std::max<std::size_t>(name_width, 5)) {
    fmt::print("SIMD levels: {}; threads: {}\n", selftest::simd_level_names(), runner.threads());
    fmt::print("{:<{}}  {:>14}  {:>10}  {:>8}\n", "check", width_, "cases", "mismatches", "seconds");
  }
  void add(const std::string& name, const CheckResult& result) {
    fmt::print("{:<{}}  {:>14}  {:>10}  {:>8.2f}\n", name, width_, result.cases, result.mismatches,
               result.seconds);
    if (result.mismatches != 0) {
      fmt::print("{:<{}}  first: {}\n", "", width_, result.first_mismatch);
      failed_.push_back(name);
    }
    ++checks_;
    cases_ += result.cases;
    std::fflush(stdout);
  }
  void skip(const std::string& name, const std::string& reason) {
    fmt::print("{:<{}}  skipped: {}\n", name, width_, reason);
    ++skipped_;
  }
  // The last line; whether everything passed.
  bool finish() const {
    const std::string skipped = skipped_ == 0 ? "" : fmt::format(", {} skipped", skipped_);
    if (failed_.empty()) {
      fmt::print("selftest passed: {} checks, {} cases{}\n", checks_, cases_, skipped);
      return true;
    }
    fmt::print("selftest FAILED: {} of {} checks, {} cases{}: {}\n", failed_.size(), checks_, cases_, skipped,
               join_names(failed_));
    return false;
  }

 private:
  std::size_t width_;
  std::vector<std::string> failed_;
  std::int64_t checks_ = 0, skipped_ = 0, cases_ = 0;
};

bool run_checks(bool exhaustive, const Runner& runner, CurrentCheck& current) {
  std::size_t width = 0;
  for (const Check& check : selftest::checks()) width = std::max(width, check.name.size());
  Report report(width, runner);
  for (const Check& check : selftest::checks()) {
    if (check.exhaustive_only && !exhaustive) continue;
    current.begin(check.name);
    const CheckResult result =
        selftest::perform(check, runner, exhaustive ? selftest::Effort::exhaustive : selftest::Effort::quick);
    current.end();
    report.add(check.name, result);
  }
  return report.finish();
}

bool run_vectors(const std::string& path, const Runner& runner, CurrentCheck& current) {
  const std::vector<selftest::RecordedProducts> groups = selftest::read_recorded_products(path);
  std::size_t width = 0;
  std::vector<selftest::RecordedMachine> machines;
  for (const selftest::RecordedProducts& group : groups) {
    machines.push_back(selftest::machine_of(group, path));  // every group is known before any is run
    width = std::max(width, group.name.size());
  }
  const bool any =
      std::any_of(machines.begin(), machines.end(), [](const auto& m) { return m.skipped.empty(); });
  if (!any) {
    throw InputError(
        fmt::format("{}: found no group that a named arithmetic emulates ({}: {}); allowed: one at least",
                    path, groups.front().name, machines.front().skipped));
  }
  Report report(width, runner);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (!machines[g].skipped.empty()) {
      report.skip(groups[g].name, machines[g].skipped);
      continue;
    }
    current.begin(groups[g].name);
    const CheckResult result = selftest::compare_recorded(groups[g], machines[g], runner);
    current.end();
    report.add(groups[g].name, result);
  }
  return report.finish();
}

bool passes(const CLI::App& command, const SelftestOptions& options) {
  refuse_leftovers(command);
  if (options.exhaustive && !options.vectors.empty()) {
    throw UsageError("tristab selftest: found --exhaustive with --vectors; allowed: one of them");
  }
  if (command.count("--vectors") != 0 && options.vectors.empty())
    throw UsageError("--vectors: found nothing; allowed: a .safetensors file");
  CurrentCheck current;
  const Runner runner(job_count(options.jobs), listen_for_interrupts(), current.progress());
  try {
    return options.vectors.empty() ? run_checks(options.exhaustive, runner, current)
                                   : run_vectors(options.vectors, runner, current);
  } catch (const selftest::Stopped&) {
    current.end();
    throw Stopped{};
  }
}

}  // namespace

void add_selftest(CLI::App& app, int& status) {
  auto options = std::make_shared<SelftestOptions>();
  CLI::App* command = app.add_subcommand("selftest", R"(Check the emulated arithmetic on this machine
Rounding, single operations, sums of products, matrix units and every SIMD level of this machine against MPFR and
independent oracles, in under a minute. The exit status is 1 where anything differs.)");
  command->allow_extras();
  command->add_flag("--exhaustive", options->exhaustive,
                    R"(all pairs of fp16 and bf16, all floats: minutes
+ - * / and square root on all pairs of operands, fma on all triples of e4m3 and e5m2, and the rounding of all 2^32
floats.)");
  command
      ->add_option("--vectors", options->vectors, R"(instead: products recorded on hardware
Tensors <operand>_<accumulator>.<tile>.<name>.{a,b,c,d}, which must agree in every bit.)")
      ->type_name("FILE.safetensors");
  command->add_option("--jobs", options->jobs, "threads (all cores)")->type_name("N");
  command->footer("tristab selftest\ntristab selftest --vectors tests/data/h100-dots.safetensors");
  command->callback([command, options, &status] {
    if (!passes(*command, *options)) status = 1;
  });
}

}  // namespace tristab
