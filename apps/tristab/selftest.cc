// tristab selftest: checks the emulated arithmetic on this machine against independent oracles, or the production
// kernels against products recorded on hardware.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "command.h"
#include "interrupt.h"
#include "terminal.h"
#include "tristab/arithmetic/presets.h"
#include "tristab/base/errors.h"
#include "tristab/report/text_layout.h"
#include "tristab/selftest/check.h"
#include "tristab/selftest/recorded_products.h"
#include "tristab/selftest/simd_levels.h"

namespace tristab {
namespace {

using selftest::Check;
using selftest::CheckResult;
using selftest::Runner;

struct SelftestOptions {
  bool exhaustive = false;
  std::string vectors, unit;
  std::int64_t jobs = 0;
};

// Shows the name and the progress of the current check on standard error, if that is a terminal.
class CurrentCheck {
 public:
  void begin(const std::string& name) { name_ = name; }
  Runner::Progress progress() {
    if (!shows_progress()) return {};
    return [this](double fraction) {
      const auto now = std::chrono::steady_clock::now();
      if (now - last_ < std::chrono::milliseconds(200)) return;
      last_ = now;
      const std::string line = fmt::format("{:.0f}% of {}", 100 * fraction, name_);
      std::fputs(fmt::format("\r{}\033[K", elided(line, standard_error_page().width - 1)).c_str(), stderr);
      std::fflush(stderr);
    };
  }
  void end() const {
    if (shows_progress()) std::fputs("\r\033[K", stderr);
  }

 private:
  std::string name_;
  std::chrono::steady_clock::time_point last_;
};

// Prints each row of the table when its check is done; the widths are known before.
class Report {
 public:
  Report(std::size_t name_width, const Runner& runner) : width_(std::max<std::size_t>(name_width, 5)) {
    // Columns of the numbers, and of the seconds among them, with the spaces before them.
    constexpr std::size_t numbers = 38, seconds = 10, shortest_name = 12;
    if (page_.is_terminal()) {
      has_seconds_ = width_ + numbers <= page_.width;
      const std::size_t taken = has_seconds_ ? numbers : numbers - seconds;
      width_ = std::min(width_, std::max(page_.width, taken + shortest_name) - taken);
    }
    fmt::print(
        "{}",
        sentence(fmt::format("SIMD levels: {}; threads: {}", selftest::simd_level_names(), runner.threads()), page_));
    fmt::print("{}\n", styled(fmt::format("{:<{}}  {:>14}  {:>10}{}", "check", width_, "cases", "mismatches",
                                          has_seconds_ ? "   seconds" : ""),
                              Style::heading, page_));
  }
  void add(const std::string& name, const CheckResult& result) {
    const Style style = result.mismatches == 0 ? Style::pass : Style::fail;
    const std::vector<std::string> lines = name_lines(name);
    fmt::print("{:<{}}  {:>14}  {}{}\n", lines.front(), width_, result.cases,
               styled(fmt::format("{:>10}", result.mismatches), style, page_),
               has_seconds_ ? fmt::format("  {:>8.2f}", result.seconds) : "");
    for (std::size_t k = 1; k < lines.size(); ++k) fmt::print("{}\n", lines[k]);
    if (result.mismatches != 0) {
      print_below(fmt::format("first: {}", result.first_mismatch));
      failed_.push_back(name);
    }
    ++checks_;
    cases_ += result.cases;
    std::fflush(stdout);
  }
  void skip(const std::string& name, const std::string& reason) {
    const std::vector<std::string> lines = name_lines(name);
    if (page_.is_terminal()) {
      for (const std::string& line : lines) fmt::print("{}\n", line);
      print_below(fmt::format("skipped: {}", reason));
    } else {
      fmt::print("{:<{}}  skipped: {}\n", name, width_, reason);
    }
    ++skipped_;
  }
  // Prints the last line; returns whether everything passed.
  bool finish() const {
    const std::string skipped = skipped_ == 0 ? "" : fmt::format(", {} skipped", skipped_);
    if (failed_.empty()) {
      print_last(fmt::format("selftest passed: {} checks, {} cases{}", checks_, cases_, skipped), "selftest passed",
                 Style::pass);
      return true;
    }
    print_last(fmt::format("selftest FAILED: {} of {} checks, {} cases{}: {}", failed_.size(), checks_, cases_, skipped,
                           join_names(failed_)),
               "selftest FAILED", Style::fail);
    return false;
  }

 private:
  std::vector<std::string> name_lines(const std::string& name) const {
    if (!page_.is_terminal()) return {name};
    return lines_of(cut_lines(wrapped_cell(name, width_), width_));
  }

  // Prints a line under a row: in the columns after the name, on a terminal over the whole width.
  void print_below(const std::string& text) const {
    if (!page_.is_terminal()) {
      fmt::print("{:<{}}  {}\n", "", width_, text);
      return;
    }
    fmt::print("{}", cut_lines(wrapped(text, page_.width, 2), page_.width));
  }

  // The text, which begins with `verdict`.
  void print_last(const std::string& text, std::string_view verdict, Style style) const {
    const std::string lines = sentence(text, page_);
    fmt::print("{}{}", styled(verdict, style, page_), lines.substr(verdict.size()));
  }

  Page page_ = standard_output_page();
  std::size_t width_;
  bool has_seconds_ = true;
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

bool run_vectors(const std::string& path, const std::string& unit, const Runner& runner, CurrentCheck& current) {
  const std::vector<selftest::RecordedProducts> groups = selftest::read_recorded_products(path);
  std::size_t width = 0;
  std::vector<selftest::RecordedMachine> machines;
  for (const selftest::RecordedProducts& group : groups) {
    machines.push_back(selftest::machine_of(group, unit, path));  // resolves every group before any is run
    width = std::max(width, group.name.size());
  }
  const bool any = std::any_of(machines.begin(), machines.end(), [](const auto& m) { return m.skipped.empty(); });
  if (!any) {
    refuse_input(path,
                 fmt::format("no group that a named arithmetic emulates ({}: {})", groups.front().name,
                             machines.front().skipped),
                 "at least one");
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

// The machines whose products can be compared, the default one first.
const std::vector<std::string>& units() {
  static const std::vector<std::string> names = tensor_core_names();
  return names;
}

bool passes(const Command& command, const SelftestOptions& options) {
  command.excludes("--vectors", {"--exhaustive"}, "one of them");
  if (command.given("--vectors") && options.vectors.empty()) refuse("--vectors", "nothing", "a .safetensors file");
  command.needs({"--unit"}, "--vectors", "both, or neither");
  CurrentCheck current;
  const Runner runner(static_cast<int>(options.jobs), listen_for_interrupts(), current.progress());
  try {
    return options.vectors.empty()
               ? run_checks(options.exhaustive, runner, current)
               : run_vectors(options.vectors, options.unit.empty() ? units().front() : options.unit, runner, current);
  } catch (const selftest::Stopped&) {
    current.end();
    throw Stopped{};
  }
}

}  // namespace

Command selftest_command(int& status) {
  auto options = std::make_shared<SelftestOptions>();
  SelftestOptions& o = *options;
  Command command(
      "selftest", "Check the emulated arithmetic on this machine",
      R"(Checks rounding, single operations, sums of products and matrix units at every SIMD level of this machine
against MPFR and independent oracles, in under a minute. The exit status is 1 if anything differs.)",
      {"tristab selftest", "tristab selftest --vectors tests/data/h100-dots.safetensors",
       "tristab selftest --vectors tests/data/unit-ada.safetensors --unit ada"});
  command.flag("--exhaustive", o.exhaustive, R"(all pairs of fp16 and bf16, all floats (minutes)
+ - * / and square root on all pairs of operands, fma on all triples of e4m3 and e5m2, and the rounding of all 2^32
floats.)");
  command.option("--vectors", "FILE.safetensors", o.vectors, R"(check products recorded on hardware instead
The file has tensors <operand>_<accumulator>.<tile>.<name>.{a,b,c,d}. Every bit of the products must agree.)");
  command.option("--unit", fmt::format("{}", fmt::join(units(), "|")).c_str(), o.unit,
                 fmt::format("the machine that recorded them ({})", units().front()));
  command.option("--jobs", "N", thread_count(o.jobs), "threads (all cores)");
  command.run([options, &status](const Command& given) {
    if (!passes(given, *options)) status = 1;
  });
  return command;
}

}  // namespace tristab
