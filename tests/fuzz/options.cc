// Reads what is typed for options, a kind and a text: sizes such as 16:256:*2, names such as mxr:block=8/16 with their
// parameters, requirements, gates, thresholds, formats, key=value words, numbers and ranges. Promise: a label that the
// program prints for a setting is read back as this setting.
#include "../../apps/tristab/command.h"
#include "target.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/json_text.h"
#include "tristab/format/format.h"
#include "tristab/gate/gate.h"
#include "tristab/hunt/space.h"
#include "tristab/report/diff_threshold.h"
#include "tristab/sweep/config.h"
#include "tristab/sweep/config_text.h"

namespace tristab::fuzz {
namespace {

template <class Things, class Expand>
void check_labels(const Things& things, const Expand& expand) {
  for (const auto& thing : things) {
    bool same = false;
    const bool read = attempt([&] {
      const auto again = expand(Json(thing.label), "--label");
      same = again.size() == 1 && again.front().identity() == thing.identity();
    });
    require(read && same, "a label is read back: " + thing.label);
  }
}

// As an option of sweep that replaces a key of a configuration.
void replace(const std::string& key, const std::string& text) {
  static const Json plain = Json::parse(
      R"({"chunks": [16], "trials": 1, "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  SweepConfig config;
  if (!attempt([&] { config = make_config(plain, {{key, Override(text)}}, "c.json", "", "sweep"); })) return;
  const Scenario& scenario = config.scenarios.front();
  if (scenario.methods.size() * scenario.arithmetics.size() > 100) return;  // more of the same
  check_labels(scenario.methods, expand_method);
  check_labels(scenario.arithmetics, expand_arithmetic);
  check_labels(scenario.formations, expand_formation);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) c == ' ' ? static_cast<void>(words.emplace_back()) : words.back().push_back(c);
  return words;
}

void read_option(std::string_view input) {
  if (valid_utf8(input) != input) return;  // the program refuses such words where it writes them
  const std::size_t end = std::min(input.find_first_of(" \n"), input.size());
  const std::string kind(input.substr(0, end)), text(input.substr(std::min(end + 1, input.size())));
  for (const char* key : {"chunks", "families", "methods", "arithmetics", "formations", "kernels", "trials", "trial",
                          "seed", "require", "layer_arithmetic", "decompose"}) {
    if (kind == key) replace(key, text);
  }
  attempt([&] {
    if (kind == "threshold") read_thresholds(text, "--fail-on");
    if (kind == "gate") make_gate(text, "--gate");
    if (kind == "format") format_of(text, "--format");
    if (kind == "number") whole_number("--trials", text, 1, 1000000);
    if (kind == "range") range_of(text, "--norm");
    if (kind == "words") key_values(words_of(text), "tristab invert");
    if (kind == "list") split_list(text, "--methods");
  });
}

}  // namespace

const Target options{"options", read_option};

}  // namespace tristab::fuzz
