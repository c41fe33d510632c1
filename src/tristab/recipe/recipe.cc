#include "tristab/recipe/recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "tristab/base/errors.h"
#include "tristab/base/input_file.h"
#include "tristab/base/json_reader.h"
#include "tristab/base/random.h"
#include "tristab/recipe/builtin_recipes.h"

namespace tristab {
namespace {

const std::vector<std::string> kFileKeys{"$schema", "kernel",    "summary", "source",     "date",
                                         "known",   "chunks",    "method",  "arithmetic", "parameters",
                                         "phases",  "formation", "layer"};

constexpr Knowledge kKnowledge[] = {
    {"source", "read in the kernel's source"},
    {"thread", "read in a thread or document of its makers, not in the source"},
    {"paper", "read in a paper"},
    {"model", "a model: steps or roundings are assumed, the phases say which"},
};

// How the file says that its recipe is known; empty if it does not.
std::string known_of(const Json& file, std::string_view place) {
  if (!file.contains("known")) return "";
  std::vector<std::string> names;
  for (const Knowledge& each : kKnowledge) names.emplace_back(each.name);
  const Json& known = file["known"];
  const std::string at = fmt::format("{}: known", place);
  if (!known.is_string()) refuse(at, quoted(known), join_names(names));
  if (std::find(names.begin(), names.end(), known) == names.end())
    throw_unknown_name(at, "way of knowing", known.get<std::string>(), names);
  return known;
}

// What the choice of a parameter's value may change.
const std::vector<std::string> kChoiceKeys{"method", "arithmetic", "formation", "layer"};

void check_keys(const Json& object, const std::vector<std::string>& keys, std::string_view what,
                std::string_view place) {
  if (!object.is_object()) refuse(place, quoted(object), fmt::format("an object with the keys {}", join_names(keys)));
  for (const auto& [key, value] : object.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) throw_unknown_name(place, what, key, keys);
  }
}

std::string text_of(const Json& file, const char* key, std::string_view place) {
  if (!file.contains(key) || !file[key].is_string() || file[key].get<std::string>().empty())
    refuse(fmt::format("{}: {}", place, key), file.contains(key) ? quoted(file[key]) : "nothing", "a text");
  return file[key];
}

bool is_text(const Json& value) { return value.is_string(); }

// A recipe file whose form has been checked.
struct RecipeFile {  // NOLINT(bugprone-exception-escape): moving a Json checks its invariant
  std::string name;
  std::string given;  // Recipe::given
  std::string place;
  Json json;
  std::vector<Parameter> parameters;
};

// Every key that is missing, in one message. A user's recipe needs fewer keys than one that is shipped.
void check_needed_keys(const Json& json, bool builtin, const std::string& place) {
  std::vector<std::string> needed{"method", "arithmetic"}, missing;
  if (builtin) needed.insert(needed.begin(), {"kernel", "summary", "source", "date"});
  for (const std::string& key : needed) {
    if (!json.contains(key)) missing.push_back(key);
  }
  if (missing.empty()) return;
  refuse(
      place, fmt::format("no {}", fmt::join(missing, ", no ")),
      R"(a recipe such as {"method": {"method": "mxr", "block": 16}, "arithmetic": {"*": "fp16", "output": "bf16"}})");
}

// `name` is that of the file; a built-in recipe must have it, others are called so by default.
RecipeFile read_recipe(const std::string& text, const std::string& place, const std::string& name, bool builtin) {
  RecipeFile file;
  file.place = place;
  file.json = parse_user_json(text, place);
  check_keys(file.json, kFileKeys, "key of a recipe", place);
  check_needed_keys(file.json, builtin, place);
  static_cast<void>(known_of(file.json, place));
  for (const char* key : {"kernel", "summary", "source", "date"}) {
    if (file.json.contains(key)) {
      static_cast<void>(text_of(file.json, key, place));
    } else {
      file.json[key] = key == std::string_view("kernel") ? name : "";
    }
  }
  file.name = file.json["kernel"];
  if (builtin && file.name != name) refuse(place + ": kernel", file.name, name + ", the file's name");
  if (!file.json["arithmetic"].is_object() || !file.json["arithmetic"].contains("*"))
    refuse(
        place + ": arithmetic", quoted(file.json["arithmetic"]),
        R"(an object that names an arithmetic for stages and for all others, such as {"*": "fp16", "output": "bf16"})");
  const Json phases = file.json.value("phases", Json::array());
  if (!phases.is_array() || !std::ranges::all_of(phases, &is_text))
    refuse(place + ": phases", quoted(phases), "a list of texts");
  const Json parameters = file.json.value("parameters", Json::object());
  if (!parameters.is_object()) refuse(place + ": parameters", quoted(parameters), "an object");
  for (const auto& [key, value] : parameters.items()) {
    const std::string at = fmt::format("{}: parameters.{}", place, key);
    check_keys(value, {"default", "help", "choices"}, "key of a parameter", at);
    if (!value.contains("choices") || !value["choices"].is_object() || value["choices"].empty())
      refuse(at + ".choices", quoted(value.value("choices", Json())), "an object: choice -> what it changes");
    std::vector<std::string> names;
    for (const auto& [choice, change] : value["choices"].items()) {
      check_keys(change, kChoiceKeys, "key of a choice", fmt::format("{}.choices.{}", at, choice));
      names.push_back(choice);
    }
    const Json otherwise = value.value("default", Json());
    if (!otherwise.is_string() || std::find(names.begin(), names.end(), otherwise) == names.end())
      refuse(at + ".default", quoted(otherwise), join_names(names));
    const std::string help = value.contains("help") ? text_of(value, "help", at) : "a choice";
    file.parameters.push_back(Parameter::choice(key, otherwise, names, help));
  }
  return file;
}

std::string recipe_name(const EmbeddedFile& file) { return std::string(file.name.substr(0, file.name.rfind('.'))); }

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const EmbeddedFile& file : builtin_recipes()) names.push_back(recipe_name(file));
  return names;
}

// Of all that a recipe file says about what is computed.
std::string hash_of(const RecipeFile& file) {
  Json meaning = file.json;
  for (const char* prose : {"$schema", "summary", "source", "date", "known", "phases"}) meaning.erase(prose);
  if (meaning.contains("parameters")) {
    for (Json& parameter : meaning["parameters"]) parameter.erase("help");
  }
  return fmt::format("{:08x}", hash_text(meaning.dump()) >> 32);
}

RecipeFile read_recipe_file(const HashedPath& given, const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / given.path;
  RecipeFile file =
      read_recipe(read_input(path, " the recipe", "a recipe file"), path.string(), path.stem().string(), false);
  const std::string hash = hash_of(file);
  file.given = fmt::format("{}@{}", given.path, hash);
  if (!given.hash.empty() && given.hash != hash)
    refuse_input(path.string(), fmt::format("a recipe that was changed: @{} instead of @{}", hash, given.hash),
                 fmt::format("the recipe as it was, or {} without @{}", given.path, given.hash));
  return file;
}

RecipeFile find_recipe(const std::string& name, std::string_view place, const std::filesystem::path& directory) {
  if (const auto given = hashed_path(name)) {
    try {
      return read_recipe_file(*given, directory);
    } catch (const InputError& error) {
      throw InputError(fmt::format("{}: {}", place, error.what()));
    }
  }
  for (const EmbeddedFile& embedded : builtin_recipes()) {
    if (recipe_name(embedded) != name) continue;
    RecipeFile file = read_recipe(std::string(embedded.text), fmt::format("configs/kernels/{}.json", name), name, true);
    file.given = name;
    return file;
  }
  throw_unknown_name(place, "kernel", name, recipe_names());
}

std::vector<int> chunks_of(const RecipeFile& file) {
  std::vector<int> chunks;
  const Json given = file.json.value("chunks", Json::array());
  const std::string place = file.place + ": chunks";
  if (!given.is_array()) refuse(place, quoted(given), "a list of sizes, or none for any size");
  for (const std::int64_t n : given.empty() ? std::vector<std::int64_t>{} : expand_axis(given, 1, 256, place))
    chunks.push_back(static_cast<int>(n));
  return chunks;
}

// Later keys replace earlier ones; applies the changes of a choice.
void replace(Json& target, const Json& change) {
  for (const auto& [key, value] : change.items()) target[key] = value;
}

// A choice's change of the formation or the layer: another one, or, without its name, some of its parameters. A
// formation without parameters (exact) has none to change.
void change_part(Json& part, const Json& change, const char* name) {
  if (change.is_null()) return;
  if (!change.is_object() || change.contains(name)) {
    part = change;
    return;
  }
  if (!part.is_object()) return;
  for (const auto& [key, value] : change.items()) {
    if (part.contains(key) && part[key].is_object() && value.is_object()) {
      replace(part[key], value);
    } else {
      part[key] = value;
    }
  }
}

// Sets the arithmetic that stands for those of all stages in a record. `stages`: as the file gives them.
void summarise(Recipe& recipe, const Json& stages) {
  Arithmetic summary = recipe.arithmetics.find("*")->second;
  summary.name = summary.label = "recipe";
  summary.settings = Settings(stages);
  for (const auto& [stage, arithmetic] : recipe.arithmetics) {
    if (!summary.quantiser) summary.quantiser = arithmetic.quantiser;
  }
  recipe.summary_arithmetic = std::move(summary);
}

// Throws UsageError unless the arithmetics are of stages that the method has at its largest size.
void check_stages(const Recipe& recipe, const std::string& place) {
  const std::vector<int> sizes = recipe.chunks.empty() ? std::vector<int>{64} : recipe.chunks;
  check_stage_names(recipe.method, *std::max_element(sizes.begin(), sizes.end()), recipe.stages(), place);
}

Recipe make_recipe(const RecipeFile& file, const Settings& settings) {
  Recipe recipe;
  recipe.name = file.name;
  recipe.settings = settings;
  recipe.summary = file.json["summary"];
  recipe.source = file.json["source"];
  recipe.date = file.json["date"];
  recipe.known = known_of(file.json, file.place);
  recipe.chunks = chunks_of(file);
  for (const Json& phase : file.json.value("phases", Json::array())) recipe.phases.push_back(phase.get<std::string>());

  Json method = file.json["method"], stages = file.json["arithmetic"];
  Json formation = file.json.value("formation", Json("exact")), layer = file.json.value("layer", Json());
  if (method.is_string()) method = parse_inline(method.get<std::string>(), "method", file.place + ": method");
  for (const Parameter& parameter : file.parameters) {
    const Json& change = file.json["parameters"][parameter.name]["choices"][settings.text(parameter.name)];
    replace(method, change.value("method", Json::object()));
    replace(stages, change.value("arithmetic", Json::object()));
    change_part(formation, change.value("formation", Json()), "formation");
    change_part(layer, change.value("layer", Json()), "arithmetic");
  }
  const std::vector<Formation> formations = expand_formation(formation, file.place + ": formation");
  if (formations.size() != 1) refuse(file.place + ": formation", quoted(formation), "one setting, no lists");
  recipe.formation = formations.front();
  if (!layer.is_null()) recipe.layer = make_layer_arithmetic(layer, file.place + ": layer");
  const std::vector<MethodSpec> specs = expand_method(method, file.place + ": method");
  if (specs.size() != 1) refuse(file.place + ": method", quoted(method), "one setting, no lists");
  recipe.method = specs.front();
  for (const auto& [stage, given] : stages.items()) {
    const auto expanded = expand_arithmetic(given, fmt::format("{}: arithmetic.{}", file.place, stage));
    if (expanded.size() != 1) refuse(file.place + ": arithmetic." + stage, quoted(given), "one setting, no lists");
    recipe.arithmetics.emplace(stage, expanded.front());
  }
  check_stages(recipe, file.place + ": arithmetic");
  summarise(recipe, stages);
  return recipe;
}

}  // namespace

Json Recipe::json(std::string_view key) const {
  Json object = Named::json(key);
  object[std::string(key)] = given;
  return object;
}

std::string Recipe::stored_name(const std::filesystem::path& from) const {
  const auto hashed = hashed_path(given);
  if (!hashed || from.empty()) return given;
  const auto whole = [](const std::filesystem::path& path) {
    return std::filesystem::absolute(path).lexically_normal();
  };
  const std::filesystem::path path = whole(hashed->path).lexically_proximate(whole(from));
  return fmt::format("{}@{}", path.generic_string(), hashed->hash);
}

bool Recipe::takes(int n) const { return chunks.empty() || std::find(chunks.begin(), chunks.end(), n) != chunks.end(); }

void Recipe::check_takes(std::span<const int> sizes, std::string_view place) const {
  if (std::any_of(sizes.begin(), sizes.end(), [&](int n) { return takes(n); })) return;
  throw UsageError(fmt::format("{}: found {} with chunks of {}; allowed for it: {} {}", place, label,
                               fmt::join(sizes, ", "), place.starts_with("--") ? "--chunk" : "chunks",
                               fmt::join(chunks, ",")));
}

StageArithmetics Recipe::stages() const {
  StageArithmetics all;
  for (const auto& [stage, arithmetic] : arithmetics) all.emplace(stage, &arithmetic);
  return all;
}

std::span<const Knowledge> knowledge() { return kKnowledge; }

std::span<const RecipeEntry> recipe_entries() {
  static const std::vector<RecipeEntry> entries = [] {
    std::vector<RecipeEntry> list;
    for (const std::string& name : recipe_names()) {
      const RecipeFile file = find_recipe(name, "", "");
      RecipeEntry entry;
      entry.description.name = name;
      entry.description.summary = file.json["summary"];
      entry.description.source = file.json["source"];
      entry.description.parameters = file.parameters;
      entry.date = file.json["date"];
      entry.known = known_of(file.json, file.place);
      entry.chunks = chunks_of(file);
      list.push_back(std::move(entry));
    }
    return list;
  }();
  return entries;
}

std::vector<Recipe> expand_recipe(const Json& given, std::string_view place, const std::filesystem::path& directory) {
  const GivenName chosen = read_given_name(given, "kernel", R"({"kernel": "fla-solve-tril", "dot": "tf32"})", place);
  const RecipeFile file = find_recipe(chosen.name, place, directory);
  // The label of a recipe file that is not built in names all of its parameters.
  const bool builtin = !hashed_path(chosen.name);
  const Json defaults = builtin ? complete_settings(file.parameters, Json::object(), "", "").json() : Json::object();
  std::vector<Recipe> recipes;
  for (const Settings& settings : expand_settings(file.parameters, chosen.parameters, "kernel " + file.name, place)) {
    recipes.push_back(make_recipe(file, settings));
    recipes.back().given = file.given;
    recipes.back().file = builtin ? fmt::format("the built-in {}", file.name) : file.place;
    recipes.back().label = label_of(file.name, settings.json(), defaults);
  }
  return recipes;
}

bool holds_recipe(const HashedPath& file, const std::filesystem::path& directory) {
  try {
    static_cast<void>(read_recipe_file(file, directory));
    return true;
  } catch (const InputError&) {
    return false;
  } catch (const UsageError&) {
    return false;
  }
}

Recipe recipe_of(const MethodSpec& method, std::map<std::string, Arithmetic, std::less<>> arithmetics,
                 const Formation& formation, const std::optional<LayerArithmetic>& layer, std::string_view place) {
  Recipe recipe;
  recipe.method = method;
  recipe.arithmetics = std::move(arithmetics);
  recipe.formation = formation;
  recipe.layer = layer;
  Json stages = Json::object();
  for (const auto& [stage, arithmetic] : recipe.arithmetics) stages[stage] = arithmetic.json("arithmetic");
  check_stages(recipe, std::string(place));
  summarise(recipe, stages);
  return recipe;
}

}  // namespace tristab
