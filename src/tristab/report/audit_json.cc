#include "tristab/base/json_text.h"
#include "tristab/report/audit_text.h"

namespace tristab {
namespace {

std::string names_json(const std::vector<std::string>& names) {
  JsonArray array;
  for (const std::string& name : names) array.raw(json_string(name));
  return array.str();
}

std::string reach_json(const InputReach& reach) {
  JsonObject object;
  object.integer("matrices", reach.matrices).number("row_sum", reach.row_sum).number("power", reach.power);
  return object.number("cosine", reach.cosine).number("inverse", reach.inverse).number("far", reach.far).str();
}

std::string gates_json(const TestCase& test) {
  JsonObject object;
  for (const TestGate& gate : test.gates) object.text(name_of(gate.output), gate.gate.label);
  return object.str();
}

std::string row_json(const AuditRow& row, const Suite& suite) {
  JsonArray cases;
  for (std::size_t c = 0; c < row.cases.size(); ++c) {
    const CaseVerdict& verdict = row.cases[c];
    JsonObject object;
    object.text("case", suite.cases[c].name).text("fate", fate_names[static_cast<int>(verdict.fate)]);
    cases.raw(object.number("share", verdict.share).text("says", verdict.text).str());
  }
  JsonObject object;
  return object.text("kind", row.kind).text("name", row.name).text("text", row.text).raw("cases", cases.str()).str();
}

std::string tolerance_json(const Tolerance& tolerance) {
  JsonArray gates;
  for (const GateTolerance& own : tolerance.gates) {
    JsonObject object;
    object.text("output", name_of(own.gate.output)).text("gate", own.gate.gate.label);
    object.number("largest", own.largest).text("largest_by", own.largest_by).number("limit", own.limit);
    object.number("smallest", own.smallest).text("smallest_by", own.smallest_by);
    std::vector<std::string> near;
    for (const Near& each : own.near) near.push_back(each.name);
    object.raw("as_right", names_json(near)).number("factor", own.factor);
    if (own.proposes()) {
      object.text("assert", own.proposed.label);
    } else {
      object.text("why_none", own.why_none);
    }
    gates.raw(object.raw("survivors", names_json(own.survivors)).str());
  }
  JsonObject object;
  object.integer("trials", tolerance.limit.trials).integer("rank", tolerance.limit.rank);
  object.number("covered", tolerance.limit.covered).number("confidence", tolerance.limit.confidence);
  object.integer("kernels", tolerance.variants).integer("mutants", tolerance.mutants);
  if (tolerance.bound_factor)
    object.number("bound_factor", *tolerance.bound_factor).number("unit_roundoff", tolerance.unit_roundoff);
  return object.raw("gates", gates.str()).str();
}

std::string additions_json(const Additions& additions) {
  JsonArray chosen;
  for (const Addition& addition : additions.chosen) {
    JsonObject object;
    object.text("text", addition.text).json("case", addition.test.given).flag("replaces", addition.replaces);
    chosen.raw(object.number("kernel_share", addition.kernel_share).raw("killed", names_json(addition.killed)).str());
  }
  JsonObject object;
  return object.raw("chosen", chosen.str())
      .raw("left", names_json(additions.left))
      .integer("tried", additions.tried)
      .str();
}

}  // namespace

std::string audit_json(const AuditReport& report) {
  const Suite& suite = *report.audit.suite;
  JsonArray cases, rows, expectations, beside;
  for (std::size_t c = 0; c < suite.cases.size(); ++c) {
    const CaseSummary& summary = report.audit.cases[c];
    JsonObject object;
    object.text("case", suite.cases[c].name).text("family", suite.cases[c].family.spec.label);
    object.raw("gates", gates_json(suite.cases[c])).integer("killed", summary.killed);
    object.integer("survived", summary.survived).integer("right", summary.right);
    object.integer("equal", summary.equal).integer("absent", summary.absent);
    cases.raw(object.integer("only_here", summary.only_here).raw("reach", reach_json(summary.reach)).str());
  }
  for (const AuditRow& row : report.audit.rows) rows.raw(row_json(row, suite));
  for (const ExpectationResult& result : report.audit.expectations) {
    JsonObject object;
    object.text("mutant", result.expectation->mutant).integer("passes", result.found);
    object.integer("fewest", result.expectation->fewest).integer("most", result.expectation->most);
    expectations.raw(object.flag("met", result.met).str());
  }
  for (const BesideReach& each : report.beside) {
    JsonObject object;
    beside.raw(object.text("inputs", each.name).raw("reach", reach_json(each.reach)).str());
  }
  std::vector<std::string> survivors, working;
  for (const AuditRow* row : report.audit.survivors()) survivors.push_back(row->name);
  for (const int c : report.audit.working_cases()) working.push_back(suite.cases[static_cast<std::size_t>(c)].name);
  JsonObject object;
  object.text("suite", suite.name).text("summary", suite.summary).text("source", suite.source);
  object.text("kernel", suite.cases.front().kernel.label).flag("passed", report.passed());
  object.raw("cases", cases.str()).raw("unmodified", row_json(report.audit.kernel, suite)).raw("mutants", rows.str());
  object.raw("survivors", names_json(survivors)).raw("working_cases", names_json(working));
  object.raw("beside", beside.str()).raw("expectations", expectations.str());
  if (report.tolerance) object.raw("tolerance", tolerance_json(*report.tolerance));
  if (report.additions) object.raw("additions", additions_json(*report.additions));
  return object.raw("not_killed", names_json(report.not_killed)).str() + "\n";
}

}  // namespace tristab
