#include "tristab/layer/layer_arithmetic.h"

#include <fmt/format.h>

#include <iterator>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab {

std::string LayerArithmetic::identity() const {
  return fmt::format("{} {} {} {} {}", name, settings.json().dump(), scores.identity(), static_cast<int>(exponential),
                     scan);
}

Json LayerArithmetic::json() const {
  Json object = settings.json();
  for (auto key = object.begin(); key != object.end();) key = key->is_null() ? object.erase(key) : std::next(key);
  object["arithmetic"] = name;
  object["exponential"] = exponential_names()[static_cast<std::size_t>(exponential)];
  object["scan"] = scan;
  object["scores"] = scores.json("formation");
  return object;
}

LayerArithmetic make_layer_arithmetic(const Json& given, std::string_view place) {
  const GivenName chosen = read_given_name(given, "arithmetic", R"({"arithmetic": "bf16-h100"})", place);
  Json object = chosen.parameters;
  object["arithmetic"] = chosen.name;
  LayerArithmetic layer;
  const Json scores = object.value("scores", Json("exact"));
  const Json exponential = object.value("exponential", Json("natural")), scan = object.value("scan", Json(0));
  for (const char* own : {"scores", "exponential", "scan"}) object.erase(own);
  if (!exponential.is_string())
    refuse(fmt::format("{}.exponential", place), quoted(exponential), join_names(exponential_names()));
  if (!scan.is_number_integer() || scan < 0 || scan > 256)
    refuse(fmt::format("{}.scan", place), quoted(scan), "a whole number from 0 to 256");
  const std::vector<Arithmetic> products = expand_arithmetic(object, place);
  if (products.size() != 1 || products.front().quantiser)
    refuse(place, quoted(given), "one floating-point arithmetic (bf16 by default)");
  layer.products = products.front();
  layer.name = layer.products.name;
  layer.settings = layer.products.settings;
  layer.exponential = exponential_named(exponential, fmt::format("{}.exponential", place));
  layer.scan = scan;
  check_unit(layer.products, layer.exponential, place);
  const std::vector<Formation> formations = expand_formation(scores, fmt::format("{}.scores", place));
  if (formations.size() != 1) refuse(fmt::format("{}.scores", place), quoted(scores), "one formation");
  layer.scores = formations.front();
  return layer;
}

}  // namespace tristab
