// What the tests of inspections share: the inspection of the only case of a configuration.
#pragma once

#include <gtest/gtest.h>

#include "tristab/base/json.h"
#include "tristab/inspect/inspection.h"
#include "tristab/sweep/config.h"
#include "tristab/sweep/one_case.h"

namespace tristab {

// An inspection with the configuration and the plan that it points to.
struct Inspected {
  explicit Inspected(SweepConfig given) : config(std::move(given)) {
    for (Scenario& scenario : config.scenarios) scenario.decompose = true;
    plan = make_plan(config);
    inspection = inspect_case(plan);
  }
  SweepConfig config;
  Plan plan;
  Inspection inspection;
};

// One family, size and matrix; a method in an arithmetic, or a kernel.
inline Json case_json(const Json& family, int n, const Json& method, const Json& arithmetic) {
  return {{"families", {family}}, {"chunks", {n}}, {"trials", 1}, {"methods", {method}}, {"arithmetics", {arithmetic}}};
}
inline Json kernel_json(const Json& family, int n, const Json& kernel) {
  return {{"families", {family}}, {"chunks", {n}}, {"trials", 1}, {"kernels", {kernel}}};
}
inline std::unique_ptr<Inspected> inspected(const Json& json) {
  return std::make_unique<Inspected>(make_config(json, {}, "test", TRISTAB_TEST_DATA, "test"));
}

}  // namespace tristab
