#include "tristab/gate/registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/gate/tensor.h"

namespace tristab {
namespace {

std::string name_in(std::string_view text) { return std::string(text.substr(0, text.find(':'))); }

const Gate* find_gate(const std::string& name) {
  const auto found = std::ranges::find(gates(), name, [](const Gate& gate) { return gate.description.name; });
  return found == gates().end() ? nullptr : &*found;
}

// "fa:2x:atol=0" -> "fa:factor=2:atol=0".
std::string spelt_out(const std::string& text, const Gate& gate) {
  const std::size_t begin = text.find(':') + 1;
  if (begin == 0 || gate.main.empty()) return text;
  const std::size_t end = std::min(text.find(':', begin), text.size());
  std::string value = text.substr(begin, end - begin);
  if (value.find('=') != std::string::npos) return text;
  if (!gate.suffix.empty() && value.size() > gate.suffix.size() && value.ends_with(gate.suffix))
    value.resize(value.size() - gate.suffix.size());
  return fmt::format("{}{}={}{}", text.substr(0, begin), gate.main, value, text.substr(end));
}

// "fa:2x", as a user types it.
std::string label_of_gate(const Gate& gate, const Settings& settings) {
  const Json defaults = complete_settings(gate.description.parameters, Json::object(), "gate", "").json();
  Json rest = settings.json();
  std::string label = gate.description.name;
  if (!gate.main.empty() && rest.value(gate.main, Json()) != defaults.value(gate.main, Json())) {
    const Json& value = rest[gate.main];
    label +=
        value.is_string() ? ":" + value.get<std::string>() : fmt::format(":{}{}", value.get<double>(), gate.suffix);
    rest.erase(gate.main);
  }
  return label_of(label, rest, defaults);
}

GateSpec spec_of(const Gate& gate, Settings settings) {
  GateSpec spec;
  spec.name = gate.description.name;
  spec.label = label_of_gate(gate, settings);
  spec.settings = std::move(settings);
  spec.gate = &gate;
  return spec;
}

}  // namespace

std::span<const Gate> gates() {
  static const std::vector<Gate> all{
      torch_gate(),   fla_gate(),    fla_ci_gate(), fa_gate(),     ascend_gate(),   flashinfer_bench_gate(),
      pearson_gate(), cosine_gate(), snr_gate(),    lapack_gate(), gpu_mode_gate(), kernelbench_gate(),
      verdict_gate()};
  return all;
}

bool names_gate(std::string_view text) { return find_gate(name_in(text)) != nullptr; }

GateSpec make_gate(const std::string& text, std::string_view place) {
  const std::string name = name_in(text);
  const Gate* gate = find_gate(name);
  if (gate == nullptr) {
    std::vector<std::string> names;
    for (const Gate& each : gates()) names.push_back(each.description.name);
    throw_unknown_name(place, "gate", name, names);
  }
  const GivenName given = read_given_name(Json(spelt_out(text, *gate)), "gate", "", place);
  return spec_of(*gate, complete_settings(gate->description.parameters, given.parameters.json(),
                                          fmt::format("gate {}", name), fmt::format("{}: {}", place, name)));
}

GateSpec GateSpec::scaled(const Format& format, double factor) const {
  return spec_of(*gate, gate->scaled(settings, format, factor));
}

double GateSpec::needed(const GateInput& input, const GateResult& result) const {
  return gate->needed == nullptr ? result.share : share_of(result.passes, gate->needed(input, settings), 1);
}

}  // namespace tristab
