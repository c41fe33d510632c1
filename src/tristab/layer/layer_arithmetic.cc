#include "tristab/layer/layer_arithmetic.h"

#include <fmt/format.h>

#include "tristab/base/errors.h"

namespace tristab {

LayerArithmetic make_layer_arithmetic(const Json& given, std::string_view place) {
  Json object =
      given.is_string() ? parse_inline(given.get_ref<const std::string&>(), "arithmetic", place) : given;
  if (!object.is_object() || !object.contains("arithmetic")) {
    throw UsageError(fmt::format(
        "{}: found {}; allowed: an arithmetic's name, or an object such as {{\"arithmetic\": \"bf16-h100\"}}",
        place, given.dump()));
  }
  LayerArithmetic layer;
  const Json scores = object.value("scores", Json("exact"));
  const Json exponential = object.value("exponential", Json("natural"));
  object.erase("scores");
  object.erase("exponential");
  if (exponential != "natural" && exponential != "binary") {
    throw UsageError(
        fmt::format("{}.exponential: found {}; allowed: natural, binary", place, exponential.dump()));
  }
  const std::vector<Arithmetic> products = expand_arithmetic(object, place);
  if (products.size() != 1 || products.front().quantiser) {
    throw UsageError(fmt::format("{}: found {}; allowed: one floating-point arithmetic (bf16 by default)",
                                 place, given.dump()));
  }
  layer.products = products.front();
  layer.name = layer.products.name;
  layer.settings = layer.products.settings;
  layer.binary = exponential == "binary";
  const std::vector<Formation> formations = expand_formation(scores, fmt::format("{}.scores", place));
  if (formations.size() != 1)
    throw UsageError(fmt::format("{}.scores: found {}; allowed: one formation", place, scores.dump()));
  layer.scores = formations.front();
  return layer;
}

}  // namespace tristab
