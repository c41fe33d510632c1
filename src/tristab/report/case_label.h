// Names of settings and inputs in running text: "mch fp16 on gdn:gate=none n=64".
#pragma once

#include <string>

#include "tristab/sweep/scenario.h"

namespace tristab {

// "fla-solve-tril:dot=tf32" of a kernel; "mch fp16" of a method in an arithmetic, "mch fp16 gram" where A is formed by
// anything but double precision (formation null: that).
std::string setting_label(const Setting& setting);

// "gdn:gate=none n=64", in a scenario "its name: gdn:gate=none n=64".
std::string input_label(const Scenario& scenario, const FamilySpec& family, int n);

}  // namespace tristab
