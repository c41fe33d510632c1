#include "tristab/judge/addition.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

// Room between the kernel's share and the new gate's limit, and between that and the mutant.
constexpr double room = 1.5;

struct Candidate {
  std::string text;
  Json given;
};

// The case whose kind of inputs an addition starts from: the one that kills most.
const TestCase& leading_case(const Audit& audit) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < audit.cases.size(); ++c) {
    if (audit.cases[c].killed > audit.cases[best].killed) best = c;
  }
  return audit.suite->cases[best];
}

// Inputs that an addition may have, those nearest to the test's own first.
std::vector<Candidate> candidates_of(const TestCase& base) {
  std::vector<Candidate> list;
  const Json family = base.family.spec.json("family");
  const auto add = [&](const std::string& name, const std::string& text, const Json& changes, bool fresh) {
    Json given = base.given;
    given["case"] = name;
    Json own = fresh ? Json{{"family", family["family"]}} : family;
    for (const auto& [key, value] : changes.items()) own[key] = value;
    given["family"] = own;
    given["heads"] = 2;
    given["tokens"] = 2 * base.chunk + base.chunk / 2;  // a state that is carried, and a short chunk
    given.erase("first_token");
    list.push_back({text, given});
  };
  // Parameters of models that are not chosen any more must go: a family that starts afresh.
  const auto kept = [&](const Json& changes) {
    Json own = changes;
    for (const char* key :
         {"head_dim", "key_format", "beta_format", "queries", "values", "query_scale", "value_scale"}) {
      if (family.contains(key)) own[key] = family[key];
    }
    return own;
  };
  if (!family.contains("keys")) {
    add("larger-entries", "entries of one sign up to 0.5", {}, false);
    list.back().given["family"] = {{"family", "uniform"}, {"scale", 0.5}};
    return list;
  }
  const bool gated = family.contains("gate");
  const Json mild = gated ? Json{{"gate", "uniform"}, {"gate_low", -0.1}} : Json::object();
  const auto with = [&](Json changes) {
    changes.update(mild);
    return kept(changes);
  };
  add("mild-decay", "independent keys, log decays in (-0.1, 0)", with({{"keys", "independent"}}), true);
  add("positive-keys", "keys of cosine 0.75, log decays in (-0.1, 0)",
      with({{"keys", "positive"}, {"beta", "sigmoid-uniform"}}), true);
  add("silu-keys", "keys as a layer makes them, log decays in (-0.1, 0)",
      with({{"keys", "silu"}, {"beta", "sigmoid-normal"}}), true);
  add("close-keys", "keys of cosine 0.8, log decays in (-0.1, 0)",
      with({{"keys", "collinear"}, {"beta", "uniform"}, {"beta_low", 0.3}, {"beta_high", 1.0}}), true);
  Json repeated{{"keys", "identical"}, {"beta", "uniform"}, {"beta_low", 0.7}, {"beta_high", 1.0}};
  if (gated) repeated.update({{"gate", "uniform"}, {"gate_low", -0.002}});
  add("repeated-key", "one key repeated, hardly any decay", kept(repeated), true);
  const std::size_t own_size = list.size();
  if (family.contains("value_scale") || family.contains("query_scale")) {
    for (std::size_t i = 0; i < own_size; ++i) {
      Candidate larger = list[i];
      larger.text += ", outputs of size 1";
      larger.given["case"] = larger.given["case"].get<std::string>() + "-of-size-1";
      larger.given["family"].erase("value_scale");
      larger.given["family"].erase("query_scale");
      list.push_back(std::move(larger));
    }
  }
  return list;
}

// A case with gates that allow `factor` times as much.
TestCase with_gates(TestCase test, double factor) {
  if (factor == 1) return test;
  Json given = test.given, gates = Json::object();
  for (TestGate& gate : test.gates) {
    gate.gate = scaled_gate(gate.gate, test.stored(gate.output), factor);
    gates[name_of(gate.output)] = gate.gate.label;
  }
  given["gates"] = gates;
  test.given = given;
  return test;
}

// The factor that leaves room above the kernel and below the mutant, rounded to one digit; 1 where the gates do as they
// are; 0 where none does.
double factor_for(double kernel, double mutant) {
  if (mutant > 1 && kernel <= 1) return 1;
  if (!(mutant > room * room * kernel)) return 0;
  const double factor = std::sqrt(kernel > 0 ? kernel * mutant : mutant * 1e-3 * mutant);
  const double digit = std::pow(10.0, std::floor(std::log10(factor)));
  const double rounded = std::round(factor / digit) * digit;
  return rounded >= kernel * 1.1 && rounded < mutant ? rounded : factor;
}

// Inputs that an addition may have, with what the kernel and the survivors give there.
struct Tried {
  std::string text;
  TestCase test;
  bool replaces = false;
  CaseInputs inputs = {};
  bool run = false;
  double share = 0;                                        // of the gates as they are, taken by the kernel
  double kernel = 0;                                       // the factor of the gates that the kernel needs
  std::vector<std::pair<std::string, double>> wrong = {};  // survivors that are wrong here, and what they need
};

void run_tried(Tried& tried, const std::vector<std::string>& survivors, const std::atomic<bool>* stop) {
  tried.run = true;
  tried.inputs = draw_inputs(tried.test);
  for (const auto& [row, verdict] : audit_case(tried.test, tried.inputs, survivors, stop)) {
    if (verdict.fate == Fate::absent) continue;
    const double needed = std::ranges::max(verdict.needed);
    if (row.kind == "unmodified") {
      tried.share = verdict.share;
      tried.kernel = needed;
    } else if (!verdict.as_right) {
      tried.wrong.emplace_back(row.name, needed);
    }
  }
}

std::vector<std::string> killed_by(const Tried& tried, double factor, const std::vector<std::string>& left) {
  std::vector<std::string> names;
  for (const auto& [name, share] : tried.wrong) {
    if (share > factor && std::ranges::count(left, name) > 0) names.push_back(name);
  }
  return names;
}

// The factor of the gates with which this case kills most of what is left; 0: none that the kernel passes.
double best_factor(const Tried& tried, const std::vector<std::string>& left) {
  if (!std::isfinite(tried.kernel)) return 0;
  double best = tried.kernel <= 1 ? 1 : 0;
  std::size_t most = best > 0 ? killed_by(tried, 1, left).size() : 0;
  for (const auto& [name, share] : tried.wrong) {
    const double factor = factor_for(tried.kernel, share);
    if (factor == 0 || factor >= 1) continue;
    const std::size_t kills = killed_by(tried, factor, left).size();
    if (kills <= most) continue;
    most = kills;
    best = factor;
  }
  return most > 0 ? best : 0;
}

// The case with these gates, run; none if the kernel does not pass.
std::optional<Addition> made(const Tried& tried, double factor, const std::vector<std::string>& left,
                             const std::atomic<bool>* stop) {
  Addition addition{tried.text, with_gates(tried.test, factor), tried.replaces, tried.share, {}};
  if (factor == 1) {
    addition.killed = killed_by(tried, 1, left);
    return addition;
  }
  addition.text += ", with stricter gates";
  for (const auto& [row, verdict] : audit_case(addition.test, tried.inputs, left, stop)) {
    if (row.kind == "unmodified") {
      addition.kernel_share = verdict.share;
      if (verdict.fate == Fate::killed) return {};
    } else if (verdict.fate == Fate::killed) {
      addition.killed.push_back(row.name);
    }
  }
  return addition;
}

}  // namespace

Additions find_additions(const Audit& audit, const std::atomic<bool>* stop) {
  Additions result;
  std::vector<std::string> left;
  for (const AuditRow* row : audit.survivors()) left.push_back(row->name);
  if (left.empty()) return result;
  const std::vector<std::string> survivors = left;
  const TestCase& base = leading_case(audit);
  std::vector<Tried> sources;
  sources.push_back({fmt::format("case {}", base.name), base, true});
  for (Candidate& candidate : candidates_of(base)) {
    try {
      TestCase test = make_case(candidate.given, "an addition", base.family.directory);
      sources.push_back({fmt::format("another case, {}: {}", test.name, candidate.text), std::move(test)});
    } catch (const UsageError&) {
      continue;  // the family has no such parameter
    }
  }
  constexpr int most_additions = 3;
  while (!left.empty() && static_cast<int>(result.chosen.size()) < most_additions) {
    // Gates as they are come first: stricter ones must kill half as many again.
    const Tried* best = nullptr;
    double factor = 0, most = 0;
    for (const double worth : {1.5, 1.0}) {
      for (Tried& tried : sources) {
        if (!tried.run) {
          run_tried(tried, survivors, stop);
          ++result.tried;
        }
        const double own = worth > 1 ? (tried.kernel <= 1 ? 1 : 0) : best_factor(tried, left);
        const double kills = own > 0 ? worth * static_cast<double>(killed_by(tried, own, left).size()) : 0;
        if (kills <= most) continue;
        best = &tried;
        factor = own;
        most = kills;
        if (most >= worth * static_cast<double>(left.size())) break;
      }
      if (most >= 1.5 * static_cast<double>(left.size())) break;
    }
    if (best == nullptr) break;
    std::optional<Addition> addition = made(*best, factor, left, stop);
    const std::string name = best->test.name;
    std::erase_if(sources, [&](const Tried& tried) { return tried.test.name == name; });
    if (!addition || addition->killed.empty()) continue;
    std::erase_if(left, [&](const std::string& each) { return std::ranges::count(addition->killed, each) > 0; });
    result.chosen.push_back(std::move(*addition));
  }
  result.left = std::move(left);
  return result;
}

Json suite_with(const Suite& suite, const Additions& additions) {
  Json given = suite.given;
  given.erase("expect");  // of the suite as it was
  given.erase("$schema");
  for (const Addition& addition : additions.chosen) {
    if (!addition.replaces) {
      given["cases"].push_back(addition.test.given);
      continue;
    }
    for (Json& test : given["cases"]) {
      if (test.is_object() && test.value("case", "") == addition.test.name) {
        const Json& changed = addition.test.given;
        test["gates"] = changed["gates"];
      }
    }
  }
  return given;
}

}  // namespace tristab
