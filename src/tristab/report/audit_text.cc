#include "tristab/report/audit_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "tristab/report/table.h"

namespace tristab {
namespace {

std::string number_text(double x) {
  if (std::isnan(x)) return "-";
  if (std::isinf(x)) return "inf";
  return x == 0 ? "0" : x >= 0.01 && x < 1000 ? fmt::format("{:.3g}", x) : fmt::format("{:.1e}", x);
}

std::string count_text(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// "fla:1e-4", or "o fla:0.005, state fla:0.005" where there are several.
std::string gates_text(const TestCase& test) {
  std::vector<std::string> texts;
  for (const TestGate& gate : test.gates) texts.push_back(fmt::format("{} {}", name_of(gate.output), gate.gate.label));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t most = 12;
  if (names.size() <= most) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + most, ", "), names.size() - most);
}

std::string kernel_text(const CaseVerdict& verdict) {
  return fmt::format("{} {}", verdict.fate == Fate::killed ? "FAILS" : "passes", number_text(verdict.share));
}

std::string cases_table(const Audit& audit, const Page& page) {
  Table table({{.header = "case", .layout = broken_label, .widest = 36},
               {.header = "kernel", .right = true},
               {.header = "killed", .right = true},
               {.header = "only\nhere", .right = true},
               {.header = "survive", .right = true},
               {.header = "right\nhere", .right = true},
               {.header = "equal", .right = true, .dispensable = 1}},
              1);
  for (std::size_t c = 0; c < audit.cases.size(); ++c) {
    const CaseSummary& summary = audit.cases[c];
    const CaseVerdict& kernel = audit.kernel.cases[c];
    table.add_row({audit.suite->cases[c].name,
                   {kernel_text(kernel), kernel.fate == Fate::killed ? Style::fail : Style::plain},
                   std::to_string(summary.killed),
                   std::to_string(summary.only_here),
                   std::to_string(summary.survived),
                   std::to_string(summary.right),
                   std::to_string(summary.equal)});
  }
  return table.str(page);
}

std::string reach_table(const AuditReport& report, const Page& page) {
  Table table({{.header = "inputs", .layout = broken_label, .widest = 36},
               {.header = "row sum\nof |A|", .right = true},
               {.header = "powers\nof A", .right = true},
               {.header = "cosine\nof keys", .right = true},
               {.header = "largest\n|X|", .right = true},
               {.header = "|X| at\nn/4", .right = true}},
              1);
  const auto add = [&](const std::string& name, const InputReach& reach) {
    table.add_row({name, number_text(reach.row_sum), number_text(reach.power),
                   std::isnan(reach.cosine) ? "-" : fmt::format("{:.2f}", reach.cosine), number_text(reach.inverse),
                   number_text(reach.far)});
  };
  for (std::size_t c = 0; c < report.audit.cases.size(); ++c)
    add(report.audit.suite->cases[c].name, report.audit.cases[c].reach);
  for (const BesideReach& beside : report.beside) add(beside.name, beside.reach);
  return table.str(page);
}

// Survivors of a kind in one row: the fraction of the gates that the most visible one takes.
std::string survivors_table(const Audit& audit, const Page& page) {
  Table table({{.header = "survivor", .layout = broken_label, .widest = 34},
               {.header = "takes", .right = true},
               {.header = "what the kernel gives", .layout = wrapped_cell, .widest = 56}},
              1);
  for (const AuditRow* row : audit.survivors()) {
    double most = 0;
    for (const CaseVerdict& verdict : row->cases) {
      if (verdict.fate == Fate::survived) most = std::max(most, verdict.share);
    }
    table.add_row({row->name, number_text(most), row->text});
  }
  return table.str(page);
}

std::string work_sentence(const Audit& audit) {
  std::size_t killed = 0;
  for (const AuditRow& row : audit.rows) killed += row.killed_somewhere() ? 1 : 0;
  if (killed == 0) return "No case kills anything.";
  const std::vector<int> working = audit.working_cases();
  const auto name = [&](int c) { return audit.suite->cases[static_cast<std::size_t>(c)].name; };
  const int first = audit.cases[static_cast<std::size_t>(working.front())].killed;
  if (audit.cases.size() == 1) return fmt::format("Killed: {} of {} mutants.", killed, audit.rows.size());
  if (working.size() == 1)
    return fmt::format("One case does all the work: {} kills all {} that any case kills.", name(working[0]), killed);
  std::vector<std::string> names;
  for (std::size_t i = 1; i < working.size(); ++i) names.push_back(name(working[i]));
  return fmt::format("{} cases do all the work: {} kills {} of the {} that any case kills, the rest: {}.",
                     working.size(), name(working[0]), first, killed, joined(names));
}

std::string expectations_text(const Audit& audit, const Page& page) {
  if (audit.expectations.empty()) return "";
  std::string text = "\n" + styled("Expectations", Style::heading, page) + "\n";
  for (const ExpectationResult& result : audit.expectations) {
    const SuiteExpectation& expectation = *result.expectation;
    const std::string range = expectation.fewest == expectation.most
                                  ? std::to_string(expectation.most)
                                  : fmt::format("{} to {}", expectation.fewest, expectation.most);
    const std::size_t cases = expectation.cases.empty() ? audit.suite->cases.size() : expectation.cases.size();
    std::string line = fmt::format("{}: passes {} of {} cases, expected {}", result.worst, result.found, cases, range);
    if (expectation.why != " ") line += fmt::format(" ({})", expectation.why);
    const std::string mark = result.met ? "met    " : "NOT MET";
    text += styled(mark, result.met ? Style::pass : Style::fail, page) + paragraph(line, 8, page).substr(7);
  }
  return text;
}

std::string additions_text(const Additions& additions, const Page& page) {
  if (additions.chosen.empty() && additions.left.empty()) return "";
  std::string text = "\n" + styled("The smallest addition", Style::heading, page) + "\n";
  for (const Addition& addition : additions.chosen) {
    text += paragraph(
        fmt::format("{}: kills {} (the kernel takes {} of its gates).", addition.text,
                    count_text(addition.killed.size(), "survivor", "survivors"), number_text(addition.kernel_share)),
        0, page);
    text += sentence("  " + addition.test.family.spec.label, page);
    text += sentence("  " + gates_text(addition.test), page);
  }
  if (!additions.left.empty())
    text += paragraph(
        fmt::format("{} of what was tried ({} inputs) kills {}.", additions.chosen.empty() ? "Nothing" : "Nothing else",
                    additions.tried, joined(additions.left)),
        0, page);
  return text;
}

std::string percent(double share, int digits = 3) { return fmt::format("{:.{}g}%", 100 * share, digits); }
constexpr int as_given = 12;  // digits

std::string paste_of(const GateTolerance& tolerance) {
  const GateSpec& gate = tolerance.proposed;
  const char* name = name_of(tolerance.gate.output);
  const Settings& settings = gate.settings;
  if (gate.name == "torch")
    return fmt::format("torch.testing.assert_close({0}, {0}_reference, rtol={1:.3g}, atol={2:.3g})", name,
                       settings.has("rtol") ? settings.real("rtol") : 0,
                       settings.has("atol") ? settings.real("atol") : 0);
  if (gate.name == "fla" || gate.name == "fla-ci")
    return fmt::format("assert_close(\"{0}\", {0}_reference, {0}, {1:.3g})", name, settings.real("ratio"));
  if (gate.name == "flashinfer-bench")
    return fmt::format(R"({{"rtol": {:.3g}, "atol": {:.3g}, "required_matched_ratio": {:g}}})", settings.real("rtol"),
                       settings.real("atol"), settings.real("matched"));
  return gate.label;
}

// How many trials there were, and what they cover.
std::string coverage_text(const Tolerance& tolerance) {
  const ToleranceLimit& limit = tolerance.limit;
  const std::string trials =
      fmt::format("{} of {}", count_text(static_cast<std::size_t>(limit.trials), "trial", "trials"),
                  count_text(static_cast<std::size_t>(tolerance.variants), "kernel", "kernels"));
  if (tolerance.covers())
    return fmt::format(
        "{}, which differ in the order of sums, fusing and units: with {} confidence the {} covers {} of "
        "all trials.",
        trials, percent(limit.confidence),
        limit.rank == 1 ? "largest value" : fmt::format("value of rank {}", limit.rank),
        percent(limit.covered, as_given));
  return fmt::format(
      "{}: with {} confidence the largest value covers {} of all trials; {} need {:.0f} trials with inputs of "
      "their own, so nothing is proposed.",
      trials, percent(limit.confidence), percent(covered_by_largest(limit.trials, limit.confidence)),
      percent(limit.covered, as_given), trials_needed(limit.covered, limit.confidence));
}

// The command that audits the same test on other inputs.
std::string command_on(const TestCase& test, const TestCase& inputs) {
  std::vector<std::string> outputs;
  for (const TestGate& gate : test.gates) outputs.emplace_back(name_of(gate.output));
  std::string command =
      fmt::format("tristab audit {} --kernel {} --outputs {} --gate {} --chunk {} --heads {}", inputs.family.spec.label,
                  test.kernel.label, fmt::join(outputs, ","), test.gates.front().gate.label, test.chunk, inputs.heads);
  if (!inputs.tokens.empty()) command += fmt::format(" --length {}", inputs.tokens.front());
  return command + fmt::format(" --stored {}", test.output.name);
}

// Mutants that no gate tells from right kernels, and where to look instead.
std::string inseparable_text(const AuditReport& report, const Page& page) {
  const Tolerance& tolerance = *report.tolerance;
  const std::vector<std::string> names = tolerance.inseparable();
  if (names.empty()) return "";
  const auto near = [](const GateTolerance& own) { return own.near.size(); };
  const auto [fewest, most] = std::ranges::minmax(tolerance.gates, {}, near);
  const std::string counted =
      near(fewest) == near(most) ? std::to_string(near(most)) : fmt::format("{} to {}", near(fewest), near(most));
  const std::string of = near(most) == names.size()
                             ? count_text(names.size(), "mutant", "mutants")
                             : fmt::format("{} of the {} mutants that a gate takes for right", names.size(), counted);
  std::string text = paragraph(
      fmt::format("No tolerance of any gate separates right from wrong on these inputs for {}: {}.", of, joined(names)),
      0, page);
  if (report.additions && !report.additions->chosen.empty()) {
    text += sentence("Other inputs to try:", page);
    text += sentence("  " + command_on(report.audit.suite->cases.front(), report.additions->chosen.front().test), page);
  } else {
    text += sentence("Use other inputs.", page);
  }
  return text;
}

std::string paste_text(const Tolerance& tolerance, const Page& page) {
  if (!tolerance.covers()) return "";
  std::string pastes, refused;
  for (const GateTolerance& own : tolerance.gates) {
    if (own.proposes()) {
      pastes += sentence("  " + paste_of(own), page);
    } else {
      refused += paragraph(fmt::format("{} {} separates nothing on these inputs: {}.", name_of(own.gate.output),
                                       own.gate.gate.label, own.why_none),
                           0, page);
    }
  }
  if (tolerance.bound_factor) {
    pastes += sentence(fmt::format("  norm(T - X) <= {:.2g} * {:.3g} * norm(abs(X) @ abs(I + A) @ abs(X))",
                                   2 * *tolerance.bound_factor, tolerance.unit_roundoff),
                       page);
    pastes += paragraph(fmt::format("The last form follows the inputs (Frobenius norms; {:.3g} is the unit roundoff of "
                                    "what is stored; right kernels take {:.2g}, doubled here).",
                                    tolerance.unit_roundoff, *tolerance.bound_factor),
                        0, page);
  }
  if (!pastes.empty()) pastes = "\n" + styled("To paste", Style::heading, page) + "\n" + pastes;
  return refused + pastes;
}

std::string tolerance_text(const AuditReport& report, const Page& page) {
  const Tolerance& tolerance = *report.tolerance;
  std::string text = "\n" + styled("Tolerances", Style::heading, page) + "\n";
  text += paragraph(coverage_text(tolerance), 0, page);
  text += inseparable_text(report, page);
  Table table({{"output"},
               {.header = "gate", .layout = broken_label, .widest = 30},
               {.header = "right\nkernels", .right = true},
               {.header = "nearest\nmutant", .right = true},
               {.header = "which", .layout = broken_label, .widest = 30},
               {.header = "as\nright", .right = true},
               {.header = "assert", .layout = broken_label, .widest = 30}},
              2);
  for (const GateTolerance& own : tolerance.gates) {
    table.add_row({name_of(own.gate.output), own.gate.gate.label, number_text(own.limit), number_text(own.smallest),
                   own.smallest_by.empty() ? "-" : own.smallest_by, std::to_string(own.near.size()),
                   own.proposes() ? own.proposed.label : "none"});
  }
  text += table.str(page);
  text += paragraph(fmt::format("Values are what a gate must allow, as a multiple of what it allows as given (of atol, "
                                "where it has one beside rtol, which stays); \"as right\" counts the mutants, of {}, "
                                "that need no more than right kernels do.",
                                tolerance.mutants),
                    0, page);
  return text + paste_text(tolerance, page);
}

}  // namespace

bool AuditReport::passed() const {
  return not_killed.empty() && std::ranges::all_of(audit.expectations, &ExpectationResult::met);
}

std::string audit_text(const AuditReport& report, const Page& page) {
  const Audit& audit = report.audit;
  const Suite& suite = *audit.suite;
  std::string text = styled(fmt::format("{}: {}", suite.name, suite.summary), Style::heading, page) + "\n";
  text += paragraph(
      fmt::format("{}, {}; kernel {}; source {}.", count_text(suite.cases.size(), "case", "cases"),
                  count_text(audit.rows.size(), "mutant", "mutants"), suite.cases.front().kernel.label, suite.source),
      0, page);
  for (const std::string& note : suite.notes) text += paragraph(note, 0, page);
  text += "\n" + cases_table(audit, page);
  text += paragraph(
      fmt::format("killed: a gate refuses it. right here: another kernel, whose errors are at most {:g} times those of "
                  "this one. equal: its output is the right one or the kernel's own, bit for bit. "
                  "Numbers behind the kernel are the share that it takes of what its gates allow.",
                  right_factor),
      0, page);
  text += "\n" + paragraph(work_sentence(audit), 0, page);
  const std::size_t survivors = audit.survivors().size();
  if (survivors > 0) {
    text += "\n" + styled(fmt::format("Survivors: {} of {}", survivors, audit.rows.size()), Style::heading, page) +
            "\n" + survivors_table(audit, page);
    text += paragraph("takes: the largest share, over the cases, of what their gates allow.", 0, page);
  }
  text += "\n" + styled("How far the inputs reach", Style::heading, page) + "\n" + reach_table(report, page);
  text += expectations_text(audit, page);
  if (report.tolerance) text += tolerance_text(report, page);
  if (report.additions) text += additions_text(*report.additions, page);
  if (!report.not_killed.empty())
    text += "\n" + styled(fmt::format("NOT KILLED: {}", joined(report.not_killed)), Style::fail, page) + "\n";
  return text;
}

}  // namespace tristab
