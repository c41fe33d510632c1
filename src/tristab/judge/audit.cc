#include "tristab/judge/audit.h"

#include <fmt/format.h>
#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "tristab/base/errors.h"
#include "tristab/base/for_all.h"
#include "tristab/base/interruption.h"
#include "tristab/judge/case_outputs.h"

namespace tristab {
namespace {

// Something to try in a case.
struct Attempt {
  std::string kind, name, text;
  std::function<CaseOutputs(const CaseRunner& runner, Machines& machines)> run;
  bool is_kernel = false;  // wrong only where its outputs are; a bug is wrong wherever it changes something
};

void add_recipes(std::vector<Attempt>& attempts, const std::vector<RecipeMutant>& recipes, bool whole) {
  for (const RecipeMutant& mutant : recipes) {
    attempts.push_back({mutant.kind, mutant.name, mutant.text,
                        [recipe = mutant.recipe, whole](const CaseRunner& runner, Machines& machines) {
                          return runner.of(recipe, machines, whole);
                        },
                        true});
  }
}

// The size of the kernel's blocks: mutants of merges follow it.
int block_of(const Recipe& kernel, int n) {
  constexpr int usual = 16;
  return std::min(n, kernel.method.settings.has("block") && !kernel.method.settings.is_automatic("block")
                         ? std::max(4, static_cast<int>(kernel.method.settings.integer("block")))
                         : usual);
}

std::vector<Attempt> attempts_of(const TestCase& test, const DeltaRule* rule) {
  std::vector<Attempt> attempts;
  attempts.push_back(
      {"unmodified", "unmodified", "the kernel itself",
       [&test](const CaseRunner& runner, Machines& machines) { return runner.of(test.kernel, machines, true); }});
  for (Mutant& mutant : mutants({test.chunk, block_of(test.kernel, test.chunk), rule})) {
    Attempt attempt{mutant.kind, mutant.name, mutant.text, nullptr};
    attempt.run = [mutant = std::move(mutant)](const CaseRunner& runner, Machines& machines) {
      return runner.of(mutant, machines);
    };
    attempts.push_back(std::move(attempt));
  }
  if (test.looks_at_layer() && rule != nullptr) {
    for (LayerMutant& mutant : layer_mutants(*rule)) {
      Attempt attempt{mutant.kind, mutant.name, mutant.text, nullptr};
      attempt.run = [mutant = std::move(mutant)](const CaseRunner& runner, Machines& machines) {
        return runner.of(mutant, machines);
      };
      attempts.push_back(std::move(attempt));
    }
  }
  add_recipes(attempts, recipe_mutants(test.kernel, test.chunk), true);
  add_recipes(attempts, failing_recipes(test.chunk), false);
  return attempts;
}

// What the kernel itself gives.
struct Unmodified {
  CaseOutputs outputs;
  std::vector<double> errors;
};

bool as_right(const Attempt& attempt, const std::vector<double>& errors, const CaseRunner& runner,
              const Unmodified& unmodified) {
  if (!attempt.is_kernel) return false;
  for (std::size_t g = 0; g < errors.size(); ++g) {
    const double right = std::fmax(unmodified.errors[g], runner.error(g, runner.right()));
    if (!(errors[g] <= right_factor * right)) return false;
  }
  return true;
}

// `unmodified`: null while that is being found.
CaseVerdict verdict_of(const Attempt& attempt, const TestCase& test, const CaseRunner& runner,
                       const Unmodified* unmodified, CaseOutputs& outputs, Machines& machines) {
  CaseVerdict verdict;
  verdict.share = std::numeric_limits<double>::quiet_NaN();
  try {
    outputs = attempt.run(runner, machines);
  } catch (const UsageError& error) {
    verdict.text = error.what();
    return verdict;
  }
  bool passes = true;
  for (std::size_t g = 0; g < test.gates.size(); ++g) {
    const GateResult result = runner.evaluate(g, outputs);
    passes = passes && result.passes;
    verdict.needed.push_back(runner.needed(g, outputs, result));
    verdict.errors.push_back(runner.error(g, outputs));
    if (verdict.gate >= 0 && !(result.share > verdict.share)) continue;
    verdict.gate = static_cast<int>(g);
    verdict.share = result.share;
    verdict.text = result.text;
  }
  const bool equal = outputs == runner.right() || (unmodified != nullptr && outputs == unmodified->outputs);
  verdict.as_right = equal || (unmodified != nullptr && as_right(attempt, verdict.errors, runner, *unmodified));
  verdict.fate = !passes ? Fate::killed : equal ? Fate::equal : verdict.as_right ? Fate::right : Fate::survived;
  return verdict;
}

ExpectationResult check(const SuiteExpectation& expectation, const Audit& audit) {
  ExpectationResult result{&expectation, -1, "", true};
  bool known = false;
  const auto examine = [&](const AuditRow& row) {
    if (row.name != expectation.mutant && row.kind != expectation.mutant) return;
    known = true;
    int passed = 0;
    for (std::size_t c = 0; c < row.cases.size(); ++c) {
      const bool selected =
          expectation.cases.empty() || std::ranges::count(expectation.cases, audit.suite->cases[c].name) > 0;
      const Fate fate = row.cases[c].fate;
      passed += selected && fate != Fate::killed && fate != Fate::absent ? 1 : 0;
    }
    const bool met = passed >= expectation.fewest && passed <= expectation.most;
    if (result.found >= 0 && (met || !result.met)) return;
    result.found = passed;
    result.met = met;
    result.worst = row.name;
  };
  examine(audit.kernel);
  for (const AuditRow& row : audit.rows) examine(row);
  if (known) return result;
  std::vector<std::string> names{"unmodified"};
  for (const AuditRow& row : audit.rows) names.push_back(row.name);
  throw_unknown_name(expectation.place, "mutant", expectation.mutant, names);
}

}  // namespace

int AuditRow::count(Fate fate) const { return static_cast<int>(std::ranges::count(cases, fate, &CaseVerdict::fate)); }

std::vector<const AuditRow*> Audit::survivors() const {
  std::vector<const AuditRow*> list;
  for (const AuditRow& row : rows) {
    if (row.survives()) list.push_back(&row);
  }
  return list;
}

std::vector<int> Audit::working_cases() const {
  std::vector<int> chosen;
  std::vector<const AuditRow*> left;
  for (const AuditRow& row : rows) {
    if (row.killed_somewhere()) left.push_back(&row);
  }
  while (!left.empty()) {
    int best = 0;
    std::ptrdiff_t most = -1;
    for (std::size_t c = 0; c < cases.size(); ++c) {
      const std::ptrdiff_t kills =
          std::ranges::count_if(left, [c](const AuditRow* row) { return row->cases[c].fate == Fate::killed; });
      if (kills <= most) continue;
      most = kills;
      best = static_cast<int>(c);
    }
    chosen.push_back(best);
    std::erase_if(
        left, [best](const AuditRow* row) { return row->cases[static_cast<std::size_t>(best)].fate == Fate::killed; });
  }
  return chosen;
}

std::vector<std::pair<AuditRow, CaseVerdict>> audit_case(const TestCase& test, const CaseInputs& inputs,
                                                         const std::vector<std::string>& names,
                                                         const std::atomic<bool>* stop) {
  const CaseRunner runner(test, inputs);
  std::vector<Attempt> attempts = attempts_of(test, inputs.rule());
  if (!names.empty()) {
    std::erase_if(attempts, [&](const Attempt& attempt) {
      return attempt.kind != "unmodified" && std::ranges::count(names, attempt.name) == 0;
    });
  }
  std::vector<std::pair<AuditRow, CaseVerdict>> results(attempts.size());
  tbb::enumerable_thread_specific<Machines> machines;
  Unmodified unmodified;
  const auto run = [&](std::size_t i) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) throw Stopped{};
    const Attempt& attempt = attempts[i];
    CaseOutputs outputs;
    CaseVerdict verdict = verdict_of(attempt, test, runner, i > 0 ? &unmodified : nullptr, outputs, machines.local());
    if (i == 0) unmodified = {std::move(outputs), verdict.errors};
    results[i].first = {attempt.kind, attempt.name, attempt.text, {}};
    results[i].second = std::move(verdict);
  };
  run(0);
  for_all(std::size_t{1}, attempts.size(), run);
  return results;
}

Audit audit(const std::shared_ptr<const Suite>& suite, const AuditOptions& options) {
  Audit result;
  result.suite = suite;
  std::map<std::string, std::size_t> places;  // of mutants in rows
  const std::size_t count = suite->cases.size();
  for (std::size_t c = 0; c < count; ++c) {
    const TestCase& test = suite->cases[c];
    const CaseInputs inputs = draw_inputs(test);
    CaseSummary& summary = result.cases.emplace_back();
    summary.reach = reach_of(inputs, options.reach_chunks);
    for (auto& [row, verdict] : audit_case(test, inputs, {}, options.stop)) {
      if (row.kind == "unmodified") {
        if (c == 0) result.kernel = row;
        result.kernel.cases.resize(count);
        result.kernel.cases[c] = std::move(verdict);
        continue;
      }
      const auto [place, fresh] = places.try_emplace(row.name, result.rows.size());
      if (fresh) {
        result.rows.push_back(std::move(row));
        result.rows.back().cases.resize(count);
      }
      result.rows[place->second].cases[c] = std::move(verdict);
    }
    if (options.progress) options.progress(static_cast<double>(c + 1) / static_cast<double>(count));
  }
  for (std::size_t c = 0; c < count; ++c) {
    CaseSummary& summary = result.cases[c];
    for (const AuditRow& row : result.rows) {
      const Fate fate = row.cases[c].fate;
      summary.killed += fate == Fate::killed ? 1 : 0;
      summary.survived += fate == Fate::survived ? 1 : 0;
      summary.right += fate == Fate::right ? 1 : 0;
      summary.equal += fate == Fate::equal ? 1 : 0;
      summary.absent += fate == Fate::absent ? 1 : 0;
      summary.only_here += fate == Fate::killed && row.count(Fate::killed) == 1 ? 1 : 0;
    }
  }
  for (const SuiteExpectation& expectation : suite->expectations)
    result.expectations.push_back(check(expectation, result));
  return result;
}

}  // namespace tristab
