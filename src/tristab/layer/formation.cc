#include "tristab/layer/formation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

constexpr const char* own_format = "accumulator";

std::vector<Parameter> unit_parameters() {
  return {
      Parameter::text("product", "bf16",
                      "arithmetic of the matrix product; all other steps use its accumulator's format"),
      Parameter::choice("exponential", "natural", exponential_names(),
                        "e^x, 2^(x log2 e) with the sums scaled once, or the same by a GPU's instruction")
          .with_effect(Parameter::Effect::order),
      Parameter::integer("scan", 0, 0, 256, "rows of a group of a GPU's scan of the gates; 0: sums one after the other")
          .with_effect(Parameter::Effect::order),
      Parameter::text("storage", own_format, "format that A is stored in: fp16, bf16, ...; accumulator: its own"),
      Parameter::text("beta", own_format, "format that beta (the factor s_i) is rounded to before it is used"),
      Parameter::text("gates", own_format, "format that the log decays are rounded to before they are summed"),
      Parameter::text("sums", own_format, "format that their running sums are rounded to"),
      Parameter::text("factors", own_format, "format that the exponentials are rounded to before they multiply"),
      Parameter::choice("beyond", "kept", {"kept", "zero", "limit"},
                        "exponents above exponent_limit: kept, or the exponential is 0 (a select), or they are set to "
                        "the limit (a clamp)"),
      Parameter::real("exponent_limit", 0, 0, 1000, "in nats, with beyond zero or limit"),
      Parameter::boolean("flush", false, "exponentials below the smallest normal number become zero")};
}

// anchor, and between without "same".
constexpr std::array<const char*, 6> anchor_names{"first",       "middle",       "last",
                                                  "chunk-start", "chunk-middle", "chunk-last"};

Formation::Anchor anchor_named(const std::string& name) {
  return static_cast<Formation::Anchor>(std::ranges::find(anchor_names, name) - anchor_names.begin());
}

std::vector<Description> make_descriptions() {
  std::vector<Parameter> gram = unit_parameters(), anchored = unit_parameters();
  gram.push_back(Parameter::choice("scale", "result", {"result", "keys"},
                                   "beta multiplies the decayed product, or the left keys on entry"));
  gram.push_back(Parameter::choice("steps", "accumulator", {"accumulator", "storage"},
                                   "format of the steps after the product: the accumulator's, or that of A"));
  gram.push_back(Parameter::choice("decay", "differences", {"differences", "quotients"},
                                   "e to a difference of sums, or the quotient of two running products of e^g"));
  std::vector<std::string> anchors(anchor_names.begin(), anchor_names.end());
  anchored.push_back(Parameter::choice(
      "anchor", "first", anchors,
      "row whose sums are the anchor: of the sub-block, or of the chunk; chunk-start: 0, before its first row"));
  anchors.insert(anchors.begin(), "same");
  anchored.push_back(
      Parameter::choice("between", "same", anchors, "anchor for the columns of earlier sub-blocks, if not the same"));
  anchored.push_back(
      Parameter::real("anchor_offset", 0, -1000, 1000, "added to the sums of the anchor's row, in nats"));
  anchored.push_back(Parameter::integer("block", 16, 1, 256, "rows of a sub-block"));
  anchored.push_back(
      Parameter::choice("diagonal", "anchored", {"anchored", "differences"},
                        "blocks on the diagonal: as the others, or element by element from differences of sums"));
  anchored.push_back(Parameter::choice("reduction", "sequential", {"sequential", "lanes", "half-warp"},
                                       "sums of these elements: channel after channel, over the 32 lanes of a warp, or "
                                       "over 16 of them")
                         .with_effect(Parameter::Effect::order));
  anchored.push_back(Parameter::choice("channels", "natural", {"natural", "even-first"},
                                       "order in which channels enter the product; even-first: in every 16")
                         .with_effect(Parameter::Effect::order));
  return {{"exact",
           "A in double",
           "A_ij = s_i sum_d l_id r_jd exp(P_id - G_jd)",
           "arXiv 2406.06484, section 3 (DeltaNet); 2412.06464, section 3.3 (GDN); 2510.26692, section 3 (KDA)",
           {}},
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
  if (products.size() != 1 || products.front().quantiser)
    refuse(at, settings.text("product"), "one floating-point arithmetic, such as bf16-h100");
  return products.front();
}

}  // namespace

std::span<const Description> formation_descriptions() {
  static const std::vector<Description> all = make_descriptions();
  return all;
}

std::vector<Formation> expand_formation(const Json& given, std::string_view place) {
  const GivenName chosen =
      read_given_name(given, "formation", R"({"formation": "gram", "product": "bf16-h100"})", place);
  const std::string& name = chosen.name;
  const auto all = formation_descriptions();
  const auto found = std::ranges::find(all, name, &Description::name);
  if (found == all.end()) {
    std::vector<std::string> names;
    for (const Description& each : all) names.push_back(each.name);
    throw_unknown_name(place, "formation", name, names);
  }
  const Settings defaults = complete_settings(found->parameters, Json::object(), "", "");
  std::vector<Formation> formations;
  for (const Settings& settings : expand_settings(found->parameters, chosen.parameters, "formation " + name, place)) {
    Formation formation;
    formation.name = name;
    formation.settings = settings;
    formation.label = label_of(name, settings.json(), defaults.json(), nullptr, found->parameters);
    if (name != "exact") {
      formation.kind = name == "gram" ? Formation::Kind::gram : Formation::Kind::anchored;
      formation.product = product_of(settings, place);
      formation.exponential = exponential_named(settings.text("exponential"), place);
      formation.scan = static_cast<int>(settings.integer("scan"));
      check_unit(formation.product, formation.exponential, place);
    }
    if (formation.kind != Formation::Kind::exact) {
      const std::pair<const char*, std::optional<Format> Formation::*> formats[] = {{"storage", &Formation::storage},
                                                                                    {"beta", &Formation::beta},
                                                                                    {"gates", &Formation::gates},
                                                                                    {"sums", &Formation::sums},
                                                                                    {"factors", &Formation::factors}};
      for (const auto& [parameter, format] : formats) {
        if (settings.text(parameter) != own_format)
          formation.*format = format_of(settings.text(parameter), fmt::format("{}.{}", place, parameter));
      }
      const std::string& beyond = settings.text("beyond");
      formation.beyond = beyond == "kept"   ? Formation::Beyond::kept
                         : beyond == "zero" ? Formation::Beyond::zero
                                            : Formation::Beyond::limit;
      formation.exponent_limit = settings.real("exponent_limit");
      if (formation.beyond == Formation::Beyond::kept && formation.exponent_limit != 0)
        refuse(fmt::format("{}.exponent_limit", place), fmt::format("{} with beyond kept", formation.exponent_limit),
               "a limit with beyond zero or limit");
      formation.flush = settings.flag("flush");
    }
    if (formation.kind == Formation::Kind::gram) {
      formation.scaled_keys = settings.text("scale") == "keys";
      formation.stored_steps = settings.text("steps") == "storage";
      formation.quotients = settings.text("decay") == "quotients";
      if (formation.quotients && (formation.scan != 0 || formation.sums))
        refuse(place, "scan or sums with decay quotients, which have no sums", "neither of them");
    }
    if (formation.kind == Formation::Kind::anchored) {
      formation.anchor = anchor_named(settings.text("anchor"));
      if (settings.text("between") != "same") formation.between = anchor_named(settings.text("between"));
      formation.anchor_offset = settings.real("anchor_offset");
      formation.block = static_cast<int>(settings.integer("block"));
      formation.differences = settings.text("diagonal") == "differences";
      const std::string& reduction = settings.text("reduction");
      formation.lanes = reduction == "lanes" ? 32 : reduction == "half-warp" ? 16 : 0;
      formation.even_channels_first = settings.text("channels") == "even-first";
    }
    formations.push_back(std::move(formation));
  }
  return formations;
}

bool operator==(const Formation& x, const Formation& y) { return x.name == y.name && x.settings == y.settings; }

GateSums gate_sums(const GatedFactors& factors, const ProductUnit& unit, const Formation& formation) {
  GateSums sums;
  Matrix gates = factors.log_decay;
  const StorageRounding gate(formation.gates), sum(formation.sums);
  for (double& x : gates.values()) x = gate(x);
  sums.right = unit.running_sums(gates, formation.scan);
  for (double& x : sums.right.values()) x = sum(x);
  sums.left = sums.right;
  if (factors.left_before_decay) {
    for (int i = sums.left.rows() - 1; i >= 0; --i) {
      for (int d = 0; d < sums.left.columns(); ++d) sums.left(i, d) = i > 0 ? sums.left(i - 1, d) : 0.0;
    }
  }
  return sums;
}

DecayFactor::DecayFactor(const ProductUnit& unit, const Formation& formation)
    : unit_(unit),
      formation_(formation),
      limit_(unit.exponent(formation.exponent_limit)),
      smallest_(unit.arithmetic().product.format.smallest_normal()),
      factors_(formation.factors) {}

double DecayFactor::operator()(double difference) const {
  if (formation_.beyond != Formation::Beyond::kept && difference > limit_) {
    if (formation_.beyond == Formation::Beyond::zero) return 0;
    difference = limit_;
  }
  const double factor = unit_.power(difference);
  return formation_.flush && factor < smallest_ ? 0 : factors_(factor);
}

void check_unit(const Arithmetic& product, Exponential exponential, std::string_view place) {
  const Format& format = product.product.format;
  if (exponential == Exponential::ex2_approx && format != fp32_format()) {
    refuse(fmt::format("{}.exponential", place), fmt::format("ex2.approx with sums in {}", format.name),
           "sums in fp32");
  }
  if (format != fp64_format() && format.precision > 26)
    refuse(place, fmt::format("sums in {} of {} bits", format.name, format.precision), "fp64, or up to 26 bits");
}

StorageRounding::StorageRounding(const std::optional<Format>& format) {
  if (format && *format != fp64_format()) target_.emplace(*format);
}

double StorageRounding::operator()(double x) const {
  return target_ ? round_value(x, *target_, Rounding::nearest_even) : x;
}

Matrix form(const GatedFactors& factors, Triangle triangle, const Formation& formation, Machines& machines) {
  if (formation.kind == Formation::Kind::exact) return gated_product(factors, triangle);
  Matrix product = formation.kind == Formation::Kind::gram ? form_gram(factors, triangle, formation, machines)
                                                           : form_anchored(factors, triangle, formation, machines);
  const StorageRounding stored(formation.storage);
  for (double& x : product.values()) x = stored(x);
  return product;
}

}  // namespace tristab
