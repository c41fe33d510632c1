#include "tristab/report/tool_info.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "tristab/arithmetic/kernels.h"
#include "tristab/base/json_text.h"

namespace tristab {

ToolInfo tool_info() {
#if defined(__clang__)
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "gcc " __VERSION__;
#endif
  return {TRISTAB_VERSION, source_commit, compiler, simd_level()};
}

std::string tool_text() {
  const ToolInfo info = tool_info();
  JsonObject object;
  object.text("version", info.version).text("commit", info.commit).text("compiler", info.compiler);
  return object.text("simd", info.simd).str();
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

}  // namespace tristab
