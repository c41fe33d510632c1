// An audit as people read it, and as JSON.
#pragma once

#include <string>

#include "tristab/judge/addition.h"
#include "tristab/judge/audit.h"
#include "tristab/judge/tolerance.h"
#include "tristab/report/page.h"

namespace tristab {

// Inputs beside which those of a test are shown.
struct BesideReach {
  std::string name;
  InputReach reach;
};

struct AuditReport {
  Audit audit;
  std::optional<Additions> additions;  // none: they were not looked for
  std::optional<Tolerance> tolerance;  // of a test that was given as inputs and gates
  std::vector<BesideReach> beside;
  std::vector<std::string> must_kill;   // kinds, names, or "all"
  std::vector<std::string> not_killed;  // those of must_kill that survive

  bool passed() const;  // every expectation is met, and everything in must_kill is killed
};

std::string audit_text(const AuditReport& report, const Page& page);
std::string audit_json(const AuditReport& report);

}  // namespace tristab
