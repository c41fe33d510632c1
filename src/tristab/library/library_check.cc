// library.h: check and recommend.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/base/json_member.h"
#include "tristab/base/json_reader.h"
#include "tristab/judge/check.h"
#include "tristab/library/choice.h"
#include "tristab/library/given_arrays.h"
#include "tristab/report/check_text.h"
#include "tristab/report/recommendation_text.h"

namespace tristab::library {
namespace {

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// Several names, or objects, with commas between them.
std::string list_text(const Json& value) {
  if (!value.is_array()) return text_of(value);
  std::string text;
  for (const Json& each : value) text += (text.empty() ? "" : ",") + text_of(each);
  return text;
}

ChoiceWords words_of(const Json& options) {
  const std::string who = "tristab.recommend";
  ChoiceWords words;
  const std::pair<const char*, const char*> inputs[] = {
      {"family", "families"}, {"chunk", "chunks"}, {"trials", "trials"}, {"seed", "seed"}, {"require", "require"}};
  const std::pair<const char*, std::string*> texts[] = {
      {"hardware", &words.hardware}, {"outputs", &words.outputs},    {"arithmetics", &words.arithmetics},
      {"methods", &words.methods},   {"tune", &words.tune},          {"like", &words.like},
      {"beta", &words.beta},         {"decay", &words.decay},        {"cosine", &words.cosine},
      {"tokens", &words.tokens},     {"calibrate", &words.calibrate}};
  const std::pair<const char*, bool*> flags[] = {{"exhaustive", &words.exhaustive}, {"orders", &words.orders}};
  std::vector<std::string> allowed{"hunt"};
  for (const auto& [name, key] : inputs) allowed.emplace_back(name);
  for (const auto& [name, text] : texts) allowed.emplace_back(name);
  for (const auto& [name, flag] : flags) allowed.emplace_back(name);
  for (const auto& [name, value] : options.items()) {
    if (std::ranges::find(allowed, name) == allowed.end()) throw_unknown_name(who, "argument", name, allowed);
  }
  for (const auto& [name, key] : inputs) {
    if (options.contains(name)) words.inputs.emplace(key, Override(list_text(options.at(name)), name));
  }
  for (const auto& [name, text] : texts) {
    if (options.contains(name)) *text = list_text(options.at(name));
  }
  for (const auto& [name, flag] : flags) {
    if (!options.contains(name)) continue;
    if (!options.at(name).is_boolean()) refuse(name, quoted(options.at(name)), "true or false");
    *flag = options.at(name).get<bool>();
  }
  if (options.contains("hunt")) {
    const Json& hunt = options.at("hunt");
    const auto evaluations = whole_number(hunt, 0, 100000000);
    if (!evaluations) refuse("hunt", quoted(hunt), "a whole number from 0 to 100000000");
    words.hunt = *evaluations;
  }
  return words;
}

}  // namespace

Judgement check(const Tensors& input, const Tensors& output, const CheckOptions& options) {
  const Wording wording{"tristab.check", ""};
  const GivenArrays given(input);
  const MemoryFile result("the output", borrowed(output));
  CheckRequest request;
  if (options.inverter) request.kernel = options.inverter->declared().recipe(wording);
  const OpenedInput opened = given.open(wording.who, options.chunk, request.kernel ? &*request.kernel : nullptr);
  request.input = given.family().at("path");
  request.output = request.shown_output = result.path();
  std::optional<MemoryFile> again;
  if (options.again != nullptr) request.again = again.emplace("the second output", borrowed(*options.again)).path();
  request.exact = options.exact;
  request.search = options.search;
  complete(request, opened, options.require, {options.gates, "gates"}, wording);
  const std::unique_ptr<CheckReport> report = tristab::check(request, interruption());
  return {report->passed(), check_text(*report, Page()), check_json(*report)};
}

Recommended recommend(const std::string& options, const Tensors* input) {
  const Json given_options = parse_json(options);
  if (!given_options.is_object()) refuse("tristab.recommend", quoted(given_options), "an object of options");
  ChoiceWords words = words_of(given_options);
  std::optional<GivenArrays> given;
  if (input != nullptr) {
    Json file = given.emplace(*input).family();
    if (!words.tokens.empty()) file["tokens"] = words.tokens;
    words.file = std::move(file);
  } else if (!words.tokens.empty()) {
    refuse("tokens", words.tokens, "with input");
  }
  const Choice choice(words, {"tristab.recommend", ""});
  const std::vector<Recommendation> found = tristab::recommend(
      choice.request(), choice.chunks(), [](const RecommendProgress&) {}, interruption());
  Recommended recommended{true, recommendation_text(found, choice.request(), 12, Page()),
                          recommendation_json(found, choice.request()), ""};
  for (const Recommendation& each : found) recommended.found = recommended.found && each.winner.has_value();
  if (found.size() == 1 && found.front().winner)
    recommended.recipe = recipe_text(*found.front().winner, found.front(), choice.request(), "recommended");
  return recommended;
}

}  // namespace tristab::library
