// The program that made a result: version, commit, compiler, SIMD level, machine.
#pragma once

#include <string>

namespace tristab {

struct ToolInfo {
  std::string version;   // of the project
  std::string commit;    // source_commit
  std::string compiler;  // "gcc 12.2.0"
  std::string simd;      // the level in use on this machine
};

// The commit of the checkout that was built, with -dirty if files were changed; "unknown" outside a checkout.
extern const char* const source_commit;

ToolInfo tool_info();

// {"version": ..., "commit": ..., "compiler": ..., "simd": ...}
std::string tool_text();

std::string host_name();
std::string utc_now();  // "2026-11-21T20:00:00Z"

}  // namespace tristab
