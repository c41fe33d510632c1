#include "tristab/library/opened_input.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

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

}  // namespace tristab
