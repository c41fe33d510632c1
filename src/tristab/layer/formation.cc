#include "tristab/layer/formation.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

constexpr double log2_e = 1.4426950408889634074;

std::vector<Parameter> unit_parameters() {
  return {
      Parameter::text("product", "bf16", "arithmetic of the product; its accumulator's format for all else"),
      Parameter::choice("exponential", "natural", {"natural", "binary"},
                        "exp(x), or 2^(x log2 e) with the sums scaled once")};
}

std::vector<Description> make_descriptions() {
  std::vector<Parameter> gram = unit_parameters(), anchored = unit_parameters();
  gram.push_back(Parameter::choice("scale", "result", {"result", "keys"},
                                   "beta multiplies the decayed product, or the left keys on entry"));
  anchored.push_back(Parameter::choice("anchor", "first", {"first", "middle", "chunk-middle"},
                                       "row whose sums are the anchor: of the sub-block, or of the chunk"));
  anchored.push_back(Parameter::integer("block", 16, 1, 256, "rows of a sub-block"));
  anchored.push_back(Parameter::choice(
      "diagonal", "anchored", {"anchored", "differences"},
      "blocks on the diagonal: as the others, or element by element from differences of sums"));
  return {
      {"exact", "A in double", "A_ij = s_i sum_d l_id r_jd exp(P_id - G_jd)", "families.md section 1", {}},
      {"gram", "one product of the keys on the matrix unit, then decay and beta",
       "A_ij = fl(fl((L R^T)_ij fl(exp(fl(P_i - G_j)))) s_i)",
       "flash-linear-attention, fla/ops/common/chunk_scaled_dot_kkt.py", gram},
      {"anchored", "products of decayed keys around an anchor",
       "A_ij = fl(s_i ((L o exp(P - a)) (R o exp(a - G))^T)_ij)",
       "flash-linear-attention, fla/ops/kda; cudnn-frontend PR 1017", anchored}};
}

// The arithmetic named by the parameter `product`: a name, or name:key=value.
Arithmetic product_of(const Settings& settings, std::string_view place) {
  const std::string at = fmt::format("{}.product", place);
  const std::vector<Arithmetic> products =
      expand_arithmetic(parse_inline(settings.text("product"), "arithmetic", at), at);
  if (products.size() != 1 || products.front().quantiser) {
    throw UsageError(fmt::format("{}: found {}; allowed: one floating-point arithmetic, such as bf16-h100",
                                 at, settings.text("product")));
  }
  return products.front();
}

}  // namespace

std::span<const Description> formation_descriptions() {
  static const std::vector<Description> all = make_descriptions();
  return all;
}

std::vector<Formation> expand_formation(const Json& given, std::string_view place) {
  Json object =
      given.is_string() ? parse_inline(given.get_ref<const std::string&>(), "formation", place) : given;
  if (!object.is_object() || !object.contains("formation") || !object["formation"].is_string()) {
    throw UsageError(
        fmt::format("{}: found {}; allowed: a formation's name, or an object such as {{\"formation\": "
                    "\"gram\", \"product\": "
                    "\"bf16-h100\"}}",
                    place, given.dump()));
  }
  const std::string name = object["formation"];
  object.erase("formation");
  const auto all = formation_descriptions();
  const auto found = std::ranges::find(all, name, &Description::name);
  if (found == all.end()) {
    std::vector<std::string> names;
    for (const Description& each : all) names.push_back(each.name);
    throw_unknown_name(place, "formation", name, names);
  }
  std::vector<Formation> formations;
  for (const Settings& settings : expand_settings(found->parameters, object, "formation " + name, place)) {
    Formation formation;
    formation.name = name;
    formation.settings = settings;
    if (name != "exact") {
      formation.kind = name == "gram" ? Formation::Kind::gram : Formation::Kind::anchored;
      formation.product = product_of(settings, place);
      formation.binary = settings.text("exponential") == "binary";
    }
    if (formation.kind == Formation::Kind::gram) formation.scaled_keys = settings.text("scale") == "keys";
    if (formation.kind == Formation::Kind::anchored) {
      const std::string& anchor = settings.text("anchor");
      formation.anchor = anchor == "first"    ? Formation::Anchor::first
                         : anchor == "middle" ? Formation::Anchor::middle
                                              : Formation::Anchor::chunk_middle;
      formation.block = static_cast<int>(settings.integer("block"));
      formation.exact_diagonal = settings.text("diagonal") == "differences";
    }
    formations.push_back(std::move(formation));
  }
  return formations;
}

bool operator==(const Formation& x, const Formation& y) {
  return x.name == y.name && x.settings == y.settings;
}

std::string label_of(const Formation& formation) {
  std::string label = formation.name;
  const auto all = formation_descriptions();
  for (const Parameter& parameter : std::ranges::find(all, formation.name, &Description::name)->parameters) {
    const Json& value = formation.settings.at(parameter.name);
    if (value == parameter.default_value) continue;
    label +=
        fmt::format(":{}={}", parameter.name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return label;
}

Matrix rounded_sums(const Matrix& log_decay, const ProductUnit& unit, bool binary, bool exclusive) {
  Matrix sums = log_decay;
  for (double& x : sums.values()) x = unit.rounded(x);
  for (int i = 1; i < sums.rows(); ++i) {
    for (int d = 0; d < sums.columns(); ++d) sums(i, d) = unit.rounded(sums(i - 1, d) + sums(i, d));
  }
  if (binary) {
    for (double& x : sums.values()) x = unit.rounded(x * unit.rounded(log2_e));
  }
  if (exclusive) {
    for (int i = sums.rows() - 1; i >= 0; --i) {
      for (int d = 0; d < sums.columns(); ++d) sums(i, d) = i > 0 ? sums(i - 1, d) : 0.0;
    }
  }
  return sums;
}

Matrix form(const GatedFactors& factors, Triangle triangle, const Formation& formation, Machines& machines) {
  switch (formation.kind) {
    case Formation::Kind::exact:
      break;
    case Formation::Kind::gram:
      return form_gram(factors, triangle, formation, machines);
    case Formation::Kind::anchored:
      return form_anchored(factors, triangle, formation, machines);
  }
  return gated_product(factors, triangle);
}

}  // namespace tristab
