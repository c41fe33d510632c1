// Reads a configuration of a sweep: JSON, every key, families, methods, arithmetics, formations, kernels, requirements,
// expectations. Promises: what it makes of a configuration is again a configuration, of the same settings; the plan of
// what can be planned counts its cases without making them; the first small matrix of a family is finite.
#include <cmath>

#include "target.h"
#include "tristab/base/json_reader.h"
#include "tristab/sweep/plan.h"

namespace tristab::fuzz {
namespace {

void read_config_text(std::string_view input) {
  SweepConfig config;
  const bool read = attempt([&] {
    config = make_config(parse_user_json(input, "c.json"), {}, "c.json", file_with("", "empty").parent_path(), "sweep");
  });
  if (!read) return;
  const Json json = config.json();
  SweepConfig again;
  const bool read_again =
      attempt([&] { again = make_config(json, {}, "c.json", file_with("", "empty").parent_path(), "sweep"); });
  require(read_again, "a configuration of a result is a configuration");
  require(again.json() == json, "a configuration of a result is the same one");
  attempt([&] {
    settle_sizes(config);
    const Plan plan = make_plan(config);
    for (const MatrixGroup& group : plan.groups) {
      if (group.n > 32) continue;
      const Problem problem = group.source->problem(group.n, group.first);
      for (const double value : problem.a.values()) require(std::isfinite(value), "an entry of A is finite");
      break;
    }
  });
}

}  // namespace

const Target config{"config", read_config_text};

}  // namespace tristab::fuzz
