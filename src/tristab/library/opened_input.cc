#include "tristab/library/opened_input.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/judge/check.h"
#include "tristab/sweep/config_text.h"

namespace tristab {

OpenedInput open_chosen(const Json& family, std::int64_t chunk, int otherwise, const Recipe* kernel,
                        const std::string& name, const std::string& place, const Wording& wording) {
  OpenedInput input;
  input.spec = expand_family(family, place).front();
  input.source = open_source(input.spec, 1, 1, "", place);
  const std::vector<int> sizes = input.source->sizes();
  input.n = chunk > 0 ? static_cast<int>(chunk) : !sizes.empty() ? sizes.front() : otherwise;
  if (input.n == 0) refuse(wording.named("chunk"), "nothing", "a size from 1 to 4096, for layers");
  if (kernel != nullptr) kernel->check_takes(std::span(&input.n, 1), wording.named("kernel"));
  input.available = input.source->count(input.n);
  if (input.available == 0)
    refuse(wording.named("chunk"), fmt::format("{}, a size of which {} has no matrix", input.n, name),
           fmt::format("{}, the size of its matrices", fmt::join(sizes, ", ")));
  return input;
}

int usual_chunk(const Recipe* kernel) {
  constexpr int kUsual = 64;
  return kernel != nullptr && !kernel->takes(kUsual) ? std::ranges::max(kernel->chunks) : kUsual;
}

void complete(CheckRequest& request, const OpenedInput& input, const std::string& require, const GivenGates& gates,
              const Wording& wording) {
  if (request.exact && !request.kernel)
    refuse(wording.named("exact"), "no kernel", fmt::format("{} with {}", wording.named("exact"), wording.usage()));
  request.source = input.source.get();
  request.family = &input.spec;
  request.n = input.n;
  request.prefix = wording.prefix;
  request.layer_arithmetic = make_layer_arithmetic(Json("bf16"), "the layer");
  request.requirement = Requirement(require, wording.named("require"));
  if (gates.text.empty()) return;
  const std::string place = wording.named(gates.name);
  for (const std::string& gate : split_list(gates.text, place)) request.gates.push_back(make_gate(gate, place));
}

}  // namespace tristab
