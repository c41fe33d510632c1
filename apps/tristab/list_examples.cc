#include "list_examples.h"

#include <fmt/format.h>

#include <algorithm>

namespace tristab {
namespace {

constexpr std::string_view small = "--chunk 16 --trials 2";

std::string compared(std::string_view family, std::string_view methods, std::string_view arithmetics) {
  return fmt::format("tristab compare --family {} --methods {} --arithmetics {} {}", family, methods,
                     arithmetics, small);
}

}  // namespace

std::string method_example(std::string_view name) {
  return compared("gdn", name == "column-sweep" ? "column-sweep" : fmt::format("{},column-sweep", name),
                  "bf16");
}

std::string arithmetic_example(std::string_view name) { return compared("gdn", "mbh", name); }

std::string family_example(std::string_view name) {
  if (name == "file")
    return fmt::format("tristab generate uniform --chunk 16 -o A.npy && {}",
                       "tristab compare --family file:path=A.npy --chunk 16 --methods mbh");
  return compared(name, "mbh,mch", "bf16");
}

std::string rule_example(std::string_view name) { return family_example(name == "dplr" ? "rwkv7" : name); }

std::string model_example(std::string_view choice, std::string_view name) {
  return compared(fmt::format("gdn:{}={}", choice, name), "mbh,mch", "bf16");
}

std::string formation_example(std::string_view name) {
  return fmt::format(
      "echo '{{\"formations\":[\"{}\"]}}' | tristab sweep - --families gdn --methods mbh --arithmetics fp32",
      name);
}

std::string metric_example(std::string_view name) {
  return fmt::format("{} --metrics {}", compared("gdn", "mbh,mch", "bf16"), name);
}

std::string kernel_example(std::string_view name, const std::vector<int>& chunks) {
  const int n = chunks.empty() ? 16 : *std::ranges::min_element(chunks);
  return fmt::format("tristab compare --family gdn --kernels {} --chunk {} --trials 2", name, n);
}

}  // namespace tristab
