#include "tristab/judge/tolerance.h"

#include <fmt/format.h>
#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "tristab/base/errors.h"
#include "tristab/base/for_all.h"
#include "tristab/base/interruption.h"
#include "tristab/base/json.h"
#include "tristab/judge/case_outputs.h"
#include "tristab/judge/spread.h"
#include "tristab/judge/variant.h"
#include "tristab/matrix/norms.h"

namespace tristab {
namespace {

// Between the limit and the nearest mutant there must be this much.
constexpr double least_gap = 1.2;

// The kernel and its benign variants that take the case's size.
std::vector<Recipe> right_kernels(const TestCase& test) {
  std::vector<Recipe> kernels{test.kernel};
  const LayerArithmetic layer =
      test.kernel.layer ? *test.kernel.layer : make_layer_arithmetic(Json(test.output.name), "a layer");
  for (Recipe& variant : benign_variants(test.kernel, test.chunk, layer)) kernels.push_back(std::move(variant));
  return kernels;
}

// A relative tolerance of a usual form is at most this many unit roundoffs: what right kernels need beyond it is left
// to the absolute one.
constexpr double most_roundoffs = 4;

// The usual forms beside the case's own gates.
TestCase with_usual_gates(TestCase test) {
  const std::size_t own = test.gates.size();
  for (std::size_t g = 0; g < own; ++g) {
    const TestOutput output = test.gates[g].output;
    for (const char* usual : {"torch", "fla", "flashinfer-bench"}) {
      const bool has = std::ranges::any_of(
          test.gates, [&](const TestGate& gate) { return gate.output == output && gate.gate.name == usual; });
      if (has) continue;
      std::string text = usual;
      const double rtol = most_roundoffs * test.stored(output).unit_roundoff();
      const GateSpec gate = make_gate(text, "a usual gate");
      if (gate.settings.has("rtol") && !gate.settings.is_automatic("rtol") && gate.settings.real("rtol") > rtol)
        text += fmt::format(":rtol={:.2g}", rtol);
      test.gates.push_back({output, make_gate(text, "a usual gate")});
    }
  }
  return test;
}

// What the kernels give in one trial.
struct RightTrial {
  std::vector<double> needed;   // of each gate, the largest
  std::vector<std::size_t> by;  // the kernel that gave it
  double bound_factor = 0;
};

double bound_factor_of(const CaseRunner& runner, const CaseInputs& inputs, const std::vector<Matrix>& found,
                       std::size_t gate, double u) {
  double largest = 0;
  std::size_t index = 0;
  for (const CaseInputs::Sequence& sequence : inputs.sequences) {
    for (const CaseInputs::Chunk& chunk : sequence.chunks) {
      const Matrix& exact = runner.expected()[gate][index];
      Matrix error = found[index++];
      if (chunk.rows < chunk.a.rows()) continue;
      for (std::size_t i = 0; i < error.values().size(); ++i) error.values()[i] -= exact.values()[i];
      largest = max_or_nan(largest, frobenius_norm(error) / frobenius_norm(reordering_floor(chunk.a, chunk.x, u)));
    }
  }
  return largest;
}

RightTrial right_trial(const TestCase& test, const std::vector<Recipe>& kernels, int trial, Machines& machines) {
  const CaseInputs inputs = draw_inputs(test, trial);
  const CaseRunner runner(test, inputs);
  RightTrial result{std::vector<double>(test.gates.size(), 0.0), std::vector<std::size_t>(test.gates.size(), 0), 0};
  for (std::size_t k = 0; k < kernels.size(); ++k) {
    CaseOutputs outputs;
    try {
      outputs = runner.of(kernels[k], machines, true);
    } catch (const UsageError&) {
      if (k == 0) throw;
      continue;  // a variant that does not take these inputs
    }
    for (std::size_t g = 0; g < test.gates.size(); ++g) {
      const double needed = runner.needed(g, outputs, runner.evaluate(g, outputs));
      if (needed <= result.needed[g]) continue;
      result.needed[g] = needed;
      result.by[g] = k;
    }
    if (test.gates.front().output == TestOutput::inverse) {
      const double u = test.output.unit_roundoff();
      result.bound_factor = max_or_nan(result.bound_factor, bound_factor_of(runner, inputs, outputs[0], 0, u));
    }
  }
  return result;
}

// ln of N over k
double log_choose(int n, int k) { return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0); }

// A factor of two digits between the two.
double factor_between(double limit, double smallest) {
  if (!(smallest > least_gap * limit) || !std::isfinite(limit)) return 0;
  if (limit == 0) return std::isfinite(smallest) ? smallest / 10 : 1;
  const double middle = std::isfinite(smallest) ? std::sqrt(limit * smallest) : 10 * limit;
  const double digit = std::pow(10.0, std::floor(std::log10(middle)));
  const double rounded = std::round(middle / digit) * digit;
  return rounded > limit && rounded < smallest ? rounded : middle;
}

// Why no tolerance is worth asserting; "" if one may be.
std::string refusal(const GateTolerance& own, const Tolerance& found) {
  const auto zero = [](const Near& near) { return near.name == "zero"; };
  if (std::ranges::any_of(own.near, zero)) return "zeros are as right as the kernel";
  if (found.mutants == 0) return "no mutant is wrong";
  if (2 * own.near.size() > static_cast<std::size_t>(found.mutants)) return "most mutants are as right as the kernel";
  if (!std::isfinite(own.limit)) return "it accepts no right kernel";
  return "";
}

// Runs the proposed gates: they must accept the kernel and refuse zeros. Their numbers were rounded, and have floors.
void verify(Tolerance& found, const TestCase& test, const ToleranceRequest& request) {
  TestCase proposed = test;
  proposed.gates.clear();
  std::vector<GateTolerance*> owners;
  for (GateTolerance& own : found.gates) {
    if (!own.proposes()) continue;
    proposed.gates.push_back({own.gate.output, own.proposed});
    owners.push_back(&own);
  }
  if (owners.empty()) return;
  for (int t = 0; t < std::min(request.trials, request.wrong_trials); ++t) {
    for (const auto& [row, verdict] : audit_case(proposed, draw_inputs(proposed, t), {}, request.stop)) {
      const bool kernel = row.kind == "unmodified";
      if (verdict.fate == Fate::absent || (verdict.as_right && !kernel)) continue;
      for (std::size_t g = 0; g < owners.size(); ++g) {
        GateTolerance& own = *owners[g];
        const bool passes = verdict.needed[g] <= 1;
        if (kernel && !passes) own.why_none = "what it can say does not accept the kernel";
        if (!kernel && passes && std::ranges::count(own.survivors, row.name) == 0) own.survivors.push_back(row.name);
      }
    }
  }
  for (GateTolerance* own : owners) {
    if (std::ranges::count(own->survivors, "zero") > 0) own->why_none = "what it can say accepts zeros";
    if (2 * own->survivors.size() > static_cast<std::size_t>(found.mutants))
      own->why_none = "what it can say accepts most mutants";
    if (!own->why_none.empty()) own->factor = 0;
  }
}

}  // namespace

std::vector<std::string> Tolerance::inseparable() const {
  std::map<std::string, std::size_t> near;
  for (const GateTolerance& own : gates) {
    for (const Near& each : own.near) ++near[each.name];
  }
  std::vector<std::string> names;
  for (const auto& [name, count] : near) {
    if (count == gates.size()) names.push_back(name);
  }
  return names;
}

double covered_by_largest(int trials, double confidence) { return std::pow(1 - confidence, 1.0 / trials); }

double trials_needed(double covered, double confidence) {
  return std::ceil(std::log(1 - confidence) / std::log(covered));
}

ToleranceLimit tolerance_limit(int trials, double covered, double confidence) {
  ToleranceLimit limit{trials, 0, covered, confidence};
  double below = 0;  // P(fewer than k of N trials lie beyond the share), k the next rank
  for (int k = 1; k <= trials; ++k) {
    below +=
        std::exp(log_choose(trials, k - 1) + (k - 1) * std::log1p(-covered) + (trials - k + 1) * std::log(covered));
    if (1 - below < confidence) break;
    limit.rank = k;
  }
  return limit;
}

std::vector<double> right_needs(const TestCase& test, int trial, Machines& machines) {
  return right_trial(test, right_kernels(test), trial, machines).needed;
}

Tolerance find_tolerance(const ToleranceRequest& request) {
  const TestCase test = with_usual_gates(request.test);
  const std::vector<Recipe> kernels = right_kernels(test);
  Tolerance result;
  result.limit = tolerance_limit(request.trials, request.covered, request.confidence);
  result.variants = static_cast<int>(kernels.size());
  std::vector<RightTrial> trials(static_cast<std::size_t>(request.trials));
  tbb::enumerable_thread_specific<Machines> machines;
  for_all(0, request.trials, [&](int t) {
    if (request.stop != nullptr && request.stop->load(std::memory_order_relaxed)) throw Stopped{};
    trials[static_cast<std::size_t>(t)] = right_trial(test, kernels, t, machines.local());
  });
  // The smallest value of each mutant over the trials in which it is wrong.
  std::vector<std::string> names;
  std::map<std::string, std::vector<double>> wrong;
  for (int t = 0; t < std::min(request.trials, request.wrong_trials); ++t) {
    for (const auto& [row, verdict] : audit_case(test, draw_inputs(test, t), {}, request.stop)) {
      if (row.kind == "unmodified" || verdict.as_right || verdict.fate == Fate::absent) continue;
      auto [place, fresh] = wrong.try_emplace(row.name, verdict.needed);
      if (fresh) names.push_back(row.name);
      for (std::size_t g = 0; g < verdict.needed.size(); ++g)
        place->second[g] = std::fmin(place->second[g], verdict.needed[g]);
    }
  }
  result.mutants = static_cast<int>(names.size());
  const int rank = std::max(1, result.limit.rank);
  for (std::size_t g = 0; g < test.gates.size(); ++g) {
    GateTolerance own;
    own.gate = test.gates[g];
    std::vector<double> values;
    for (const RightTrial& trial : trials) {
      if (values.empty() || trial.needed[g] > own.largest) {
        own.largest = trial.needed[g];
        own.largest_by = kernels[trial.by[g]].label;
      }
      values.push_back(trial.needed[g]);
    }
    std::ranges::sort(values, std::greater<>());
    own.limit = values[static_cast<std::size_t>(rank - 1)];
    own.smallest = std::numeric_limits<double>::infinity();
    for (const std::string& name : names) {
      const double share = wrong.at(name)[g];
      if (share <= least_gap * own.limit) {
        own.near.push_back({name, share});
      } else if (share < own.smallest) {
        own.smallest = share;
        own.smallest_by = name;
      }
    }
    own.why_none = result.covers() ? refusal(own, result) : "too few trials";
    if (own.why_none.empty()) {
      own.factor = factor_between(own.limit, own.smallest);
      own.proposed = scaled_gate(own.gate.gate, test.stored(own.gate.output), own.factor);
    }
    result.gates.push_back(std::move(own));
  }
  verify(result, test, request);
  if (test.gates.front().output == TestOutput::inverse) {
    std::vector<double> factors;
    for (const RightTrial& trial : trials) factors.push_back(trial.bound_factor);
    std::ranges::sort(factors, std::greater<>());
    result.bound_factor = std::max(1.0, factors[static_cast<std::size_t>(rank - 1)]);
    result.unit_roundoff = test.output.unit_roundoff();
  }
  return result;
}

}  // namespace tristab
