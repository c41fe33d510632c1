// What a hunt found, for people and for machines.
#pragma once

#include <string>

#include "tristab/hunt/hunt.h"
#include "tristab/hunt/shrink.h"
#include "tristab/report/page.h"

namespace tristab {

std::string hunt_text(const HuntRequest& request, const HuntResult& result, const Page& page);

// tristab-hunt/1: the request, the worst input with its record and its tensors, the others, the strategies, and, with
// `with_state`, what --resume takes.
std::string hunt_json(const HuntRequest& request, const HuntResult& result, bool with_state);

// What was left out, how bad the rest still is, the nearest families, and the lines of PyTorch.
std::string shrink_text(const HuntRequest& request, const Shrunk& shrunk, const Page& page);
// tristab-hunt-shrink/1
std::string shrink_json(const HuntRequest& request, const Shrunk& shrunk);

}  // namespace tristab
