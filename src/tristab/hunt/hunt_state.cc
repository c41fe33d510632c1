#include "tristab/hunt/hunt_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/json_member.h"
#include "tristab/base/json_reader.h"
#include "tristab/hunt/strategy.h"

namespace tristab {
namespace {

constexpr const char* schema = "tristab-hunt-state/1";

Json json_of_matrix(const Matrix& x) {
  return Json{{"rows", x.rows()}, {"columns", x.columns()}, {"values", x.values()}};
}

std::int64_t count_at(const Json& json, const char* name, std::string_view place,
                      std::int64_t most = std::int64_t{1} << 53) {
  if (const auto count = whole_number(json.at(name), 0, most)) return *count;
  refuse(fmt::format("{}: {}", place, name), quoted(json.at(name)), fmt::format("a whole number from 0 to {}", most));
}

Matrix matrix_of(const Json& json, std::string_view place) {
  constexpr int most = std::numeric_limits<int>::max();
  const std::int64_t rows = count_at(json, "rows", place, most), columns = count_at(json, "columns", place, most);
  const std::vector<double> values = json.at("values").get<std::vector<double>>();
  if (static_cast<std::int64_t>(values.size()) != rows * columns)
    refuse(place, fmt::format("{} values", values.size()), fmt::format("the {}x{} that it says", rows, columns));
  Matrix x(static_cast<int>(rows), static_cast<int>(columns));
  x.values() = values;
  return x;
}

const char* start_of(const HuntRequest& request) {
  return request.only_draws ? "draws" : request.only_random ? "random" : "all";
}

std::string text_of(const Range& range) { return fmt::format("{}:{}", range.low, range.high); }

std::string text_of(const Setting& setting) {
  std::string text = fmt::format("{} {}", setting.method->identity(), setting.formation->identity());
  for (const auto& [stage, arithmetic] : setting.stages()) text += fmt::format(" {}={}", stage, arithmetic->identity());
  return text;
}

// "g 16x1, k 16x128": of what tokens have.
std::string shape_of(const TokenInputs& tokens) {
  std::string text;
  const auto add = [&](std::string_view name, const Matrix& x) {
    text += fmt::format("{}{} {}x{}", text.empty() ? "" : ", ", name, x.rows(), x.columns());
  };
  add("k", tokens.keys);
  add("g", tokens.log_decay);
  add("q", tokens.queries);
  add("v", tokens.values);
  for (const auto& [name, part] : tokens.parts) add(name, part);
  return text;
}

}  // namespace

std::string identity_of(const HuntRequest& request) {
  const InputSpace& space = request.space;
  std::string text = fmt::format(
      "{} | {} | {} n={} d={} steps={} rate={} decay={} length={} cosine={} condition={}", text_of(request.setting),
      request.second ? text_of(*request.second) : "", space.rule->name, space.n, space.head_dim, space.steps,
      text_of(space.rate), text_of(space.log_decay), text_of(space.length), text_of(space.cosine), space.condition);
  for (const std::optional<Format>* format : {&space.key_format, &space.rate_format, &space.decay_format})
    text += fmt::format(" {}", *format ? (*format)->name : "fp32");
  return text + fmt::format(" | {} {} seed={} from={}", request.objective.name, request.requirement.stored_text(),
                            request.seed, start_of(request));
}

Json json_of(const HuntRequest& request) {
  const InputSpace& space = request.space;
  const auto range = [](const Range& given) { return Json::array({given.low, given.high}); };
  const auto setting = [](const Setting& given) {
    if (given.kernel != nullptr) return given.kernel->json("kernel");
    Json json = given.method->json("method");
    json.update(given.arithmetic->json("arithmetic"));
    if (given.is_formed()) json.update(given.formation->json("formation"));
    return json;
  };
  const auto grid = [](const std::optional<Format>& format) { return format ? format->name : "fp32"; };
  Json json = {
      {"setting", setting(request.setting)},
      {"label", request.setting.label()},
      {"rule", space.rule->name},
      {"n", space.n},
      {"head_dim", space.head_dim},
      {"steps", space.steps},
      {"rate", range(space.rate)},
      {"log_decay", range(space.log_decay)},
      {"length", range(space.length)},
      {"cosine", range(space.cosine)},
      {"grids",
       {{"keys", grid(space.key_format)}, {"rate", grid(space.rate_format)}, {"log_decay", grid(space.decay_format)}}},
      {"objective", request.objective.name},
      {"require", request.requirement.stored_text()},
      {"seed", request.seed},
      {"evaluations", request.evaluations},
      {"from", start_of(request)}};
  if (request.second) json["against"] = setting(*request.second);
  if (space.condition > 0) json["condition"] = space.condition;
  return json;
}

Json json_of(const TokenInputs& tokens) {
  Json json = Json::object();
  json["k"] = json_of_matrix(tokens.keys);
  json["g"] = json_of_matrix(tokens.log_decay);
  json["q"] = json_of_matrix(tokens.queries);
  json["v"] = json_of_matrix(tokens.values);
  for (const auto& [name, part] : tokens.parts) json[name] = json_of_matrix(part);
  return json;
}

TokenInputs tokens_of(const Json& json, const InputSpace& space, std::string_view place) {
  TokenInputs tokens;
  tokens.rule = space.rule;
  tokens.steps = space.steps;
  for (const auto& [name, x] : json.items()) {
    Matrix matrix = matrix_of(x, fmt::format("{}: {}", place, name));
    if (name == "k") {
      tokens.keys = std::move(matrix);
    } else if (name == "g") {
      tokens.log_decay = std::move(matrix);
    } else if (name == "q") {
      tokens.queries = std::move(matrix);
    } else if (name == "v") {
      tokens.values = std::move(matrix);
    } else {
      tokens.parts.emplace(name, std::move(matrix));
    }
  }
  TokenInputs shape = blank_tokens(space);
  derive(shape);
  if (shape_of(tokens) != shape_of(shape))
    refuse(place, "tensors " + shape_of(tokens), "those of this hunt, " + shape_of(shape));
  return tokens;
}

Json json_of(const HuntState& state, const HuntRequest& request) {
  Json json = {{"schema", schema},
               {"request", identity_of(request)},
               {"round", state.round},
               {"evaluations", state.evaluations},
               {"credit", state.credit}};
  for (const StrategyTally& tally : state.tallies)
    json["strategies"].push_back({{"evaluations", tally.evaluations}, {"improved", tally.improved}});
  json["inputs"] = Json::array();
  for (const Trial* trial : state.elites.ranked())
    json["inputs"].push_back(
        {{"tokens", json_of(trial->tokens)}, {"evaluation", trial->evaluation_number}, {"strategy", trial->strategy}});
  return json;
}

namespace {

HuntState read_state(const Json& json, const HuntRequest& request) {
  HuntState state{0, 0, Elites(request.space), {}, {}};
  const std::string& place = request.state_place;
  state.round = count_at(json, "round", place);
  state.evaluations = count_at(json, "evaluations", place);
  state.credit = json.at("credit").get<std::vector<double>>();
  for (const Json& tally : json.at("strategies"))
    state.tallies.push_back({"", count_at(tally, "evaluations", place),
                             static_cast<int>(count_at(tally, "improved", place, std::numeric_limits<int>::max()))});
  if (state.tallies.size() != strategies().size() || state.credit.size() != strategies().size())
    refuse(request.state_place, "that of a version with other strategies", "one of this version");
  for (std::size_t s = 0; s < state.tallies.size(); ++s) state.tallies[s].name = strategies()[s].name;
  // Values are not stored: infinities are no JSON, and the inputs say it all.
  const Evaluator evaluator(request);
  Machines machines;
  for (const Json& input : json.at("inputs")) {
    Trial trial;
    trial.tokens = tokens_of(input.at("tokens"), request.space, place);
    trial.evaluation = evaluator.evaluate(trial.tokens, machines);
    trial.evaluation_number = count_at(input, "evaluation", place);
    trial.strategy = input.at("strategy").get<std::string>();
    state.elites.add(trial);
  }
  return state;
}

}  // namespace

HuntState state_of(const Json& json, const HuntRequest& request) {
  const std::string identity = identity_of(request), of = text_or_empty(json, "request");
  if (text_or_empty(json, "schema") != schema)
    refuse(request.state_place, "something else", fmt::format("a file of tristab hunt, \"schema\": \"{}\"", schema));
  if (of != identity)
    refuse(request.state_place, fmt::format("that of another hunt ({})", of),
           fmt::format("the same setting, space, objective and seed ({})", identity));
  try {
    return read_state(json, request);
  } catch (const Json::exception& error) {
    throw UsageError(
        fmt::format("{}: {}; allowed: the state as tristab hunt wrote it", request.state_place, json_reason(error)));
  }
}

}  // namespace tristab
