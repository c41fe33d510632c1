#include "tristab/judge/suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/base/json_member.h"
#include "tristab/base/json_reader.h"
#include "tristab/sweep/config_reader.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/schema.h"

namespace tristab {
namespace {

const ConfigOverrides no_overrides;

// The keys of a case that hold one value. A suite may have them too: for all of its cases.
const std::vector<Parameter>& case_parameters() {
  static const std::vector<Parameter> table = {
      Parameter::integer("seed", 1, 0, 9007199254740992, "seed of the inputs"),
      Parameter::integer("chunk", 64, 2, largest_chunk, "size of the matrices"),
      Parameter::integer("heads", 1, 1, 4096, "independent sequences of each length"),
      Parameter::integer("first_token", 0, 0, 32768, "tokens before it are drawn and left out"),
      Parameter::real("scale", nullptr, 1e-9, 1e9, "factor of the scores; absent: d_k^-1/2"),
      Parameter::choice("initial_state", "zero", {"zero", "normal"}, "the state before the first token"),
      Parameter::text("output", "fp32", "format of what the kernel gives, the state apart"),
      Parameter::text("state", "fp32", "format of the state")};
  return table;
}

const std::vector<std::string>& case_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all{"case", "family", "kernel", "tokens", "gates"};
    for (const Parameter& parameter : case_parameters()) all.push_back(parameter.name);
    return all;
  }();
  return keys;
}

std::vector<TestGate> read_gates(const Json& given, const std::string& place) {
  if (!given.is_object() || given.empty())
    refuse(place, quoted(given), R"(an object such as {"inverse": "fla:1e-4"}, of inverse, w, u, o, state)");
  std::vector<TestGate> gates;
  const std::vector<std::string> names(std::begin(test_output_names), std::end(test_output_names));
  for (const auto& [name, gate] : given.items()) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) throw_unknown_name(place, "output", name, names);
    const std::string inner = fmt::format("{}.{}", place, name);
    if (!gate.is_string()) refuse(inner, quoted(gate), "a gate, as \"torch:rtol=1e-2:atol=1e-2\"");
    gates.push_back(
        {static_cast<TestOutput>(found - names.begin()), make_gate(gate.get_ref<const std::string&>(), inner)});
  }
  return gates;
}

std::vector<int> read_lengths(const Json& given, const std::string& place) {
  std::vector<int> lengths;
  if (given.is_null()) return lengths;
  for (const Json& length : given.is_array() ? given : Json::array({given})) {
    const auto steps = whole_number(length, 1, Source::largest_sequence);
    if (!steps) refuse(place, quoted(length), fmt::format("lengths from 1 to {}", Source::largest_sequence));
    lengths.push_back(static_cast<int>(*steps));
  }
  return lengths;
}

template <class Thing>
Thing only(std::vector<Thing> things, const std::string& place, const char* what) {
  if (things.size() != 1) refuse(place, fmt::format("{} {}", things.size(), what), "one, without lists");
  return std::move(things.front());
}

SuiteExpectation read_expectation(const Json& given, const std::string& place, const std::vector<TestCase>& cases) {
  const ConfigReader reader(given, no_overrides, place, "", {"mutant", "cases", "passes", "why"});
  SuiteExpectation expectation{place, reader.text("mutant", ""), {}, 0, 0, reader.text("why", " ")};
  std::vector<std::string> names;
  for (const TestCase& test : cases) names.push_back(test.name);
  if (reader.has("cases")) {
    for (const Json& name : reader.value("cases")) {
      if (!name.is_string() || std::ranges::count(names, name.get<std::string>()) == 0)
        throw_unknown_name(reader.place("cases"), "case", name.is_string() ? name.get<std::string>() : name.dump(),
                           names);
      expectation.cases.push_back(name.get<std::string>());
    }
  }
  const Json passes = reader.value("passes");
  const bool range = passes.is_array() && passes.size() == 2;
  const auto bound = [&](const Json& number) {
    const auto whole = whole_number(number, 0, std::numeric_limits<int>::max());
    if (!whole) refuse(reader.place("passes"), quoted(passes), "a number of cases, or [fewest, most]");
    return static_cast<int>(*whole);
  };
  expectation.fewest = bound(range ? passes[0] : passes);
  expectation.most = bound(range ? passes[1] : passes);
  return expectation;
}

// The keys of `given` over those of the suite that it extends.
Json extended(const Json& given, std::string_view place) {
  if (!given.is_object() || !given.contains("extends")) return given;
  const Json& base = given["extends"];
  const std::vector<std::string> names = suite_names();
  const std::string name = base.is_string() ? base.get<std::string>() : base.dump();
  const auto found = std::ranges::find(builtin_suites(), name + ".json", &EmbeddedFile::name);
  if (found == builtin_suites().end()) throw_unknown_name(fmt::format("{}.extends", place), "suite", name, names);
  Json all = extended(parse_json(found->text), found->name);
  all.erase("expect");
  all.update(given);
  all.erase("extends");
  return all;
}

}  // namespace

GateSpec scaled_gate(const GateSpec& gate, const Format& format, double factor) {
  const GateSpec scaled = gate.scaled(format, factor);
  std::string text = scaled.name;
  for (const auto& [name, value] : scaled.settings.json().items()) {
    if (value.is_number_float()) {
      const double x = value.get<double>();
      // Of a correlation its distance from 1 counts.
      text += x > 0.9 && x < 1
                  ? fmt::format(":{}={:.{}f}", name, x, 2 - static_cast<int>(std::floor(std::log10(1 - x))))
                  : fmt::format(":{}={:.3g}", name, x);
    } else if (!value.is_null()) {
      text += fmt::format(":{}={}", name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return make_gate(text, "a scaled gate");
}

std::vector<std::string> suite_names() {
  std::vector<std::string> names;
  for (const EmbeddedFile& file : builtin_suites()) names.emplace_back(file.name.substr(0, file.name.size() - 5));
  return names;
}

TestCase make_case(const Json& given, const std::string& place, const std::filesystem::path& directory) {
  const ConfigReader reader(given, no_overrides, place, directory, case_keys());
  TestCase test;
  test.given = given;
  test.name = reader.name("case", "");
  for (const char* key : {"family", "kernel", "gates"}) {
    if (!reader.has(key)) refuse(place, fmt::format("no {}", key), "family, kernel and gates in the case or the suite");
  }
  const std::string family_place = reader.place("family"), kernel_place = reader.place("kernel");
  test.family = {only(expand_family(reader.value("family"), family_place), family_place, "families"), family_place,
                 directory};
  test.kernel = only(expand_recipe(reader.value("kernel"), kernel_place, directory), kernel_place, "kernels");
  test.gates = read_gates(reader.value("gates"), reader.place("gates"));
  test.tokens = read_lengths(reader.value("tokens"), reader.place("tokens"));
  Json own = Json::object();
  for (const Parameter& parameter : case_parameters()) {
    if (given.contains(parameter.name)) own[parameter.name] = given[parameter.name];
  }
  const Settings settings = complete_settings(case_parameters(), own, "case", place);
  test.seed = static_cast<std::uint64_t>(settings.integer("seed"));
  test.chunk = static_cast<int>(settings.integer("chunk"));
  test.heads = static_cast<int>(settings.integer("heads"));
  test.first_token = static_cast<int>(settings.integer("first_token"));
  test.scale = settings.has("scale") ? settings.real("scale") : 0;
  test.initial_state = settings.text("initial_state") == "normal";
  test.output = format_of(settings.text("output"), reader.place("output"));
  test.state = format_of(settings.text("state"), reader.place("state"));
  const int sizes[] = {test.chunk};
  test.kernel.check_takes(sizes, reader.place("chunk"));
  return test;
}

Suite make_suite(const Json& typed, std::string_view place, const std::filesystem::path& directory) {
  const Json given = extended(typed, place);
  std::vector<std::string> keys{"$schema", "suite", "summary", "source", "date", "notes", "cases", "expect"};
  keys.insert(keys.end(), case_keys().begin() + 1, case_keys().end());
  const ConfigReader reader(given, no_overrides, place, directory, keys);
  Suite suite;
  suite.given = given;
  suite.name = reader.name("suite", "suite");
  suite.summary = reader.text("summary", "a suite of tests");
  suite.source = reader.text("source", "-");
  suite.date = reader.text("date", "-");
  if (reader.has("notes")) {
    const Json notes = reader.value("notes");
    if (!notes.is_array() || !std::ranges::all_of(notes, [](const Json& note) { return note.is_string(); }))
      refuse(reader.place("notes"), quoted(notes), "a list of texts");
    suite.notes = notes.get<std::vector<std::string>>();
  }
  Json shared = Json::object();
  for (const std::string& key : case_keys()) {
    if (given.contains(key)) shared[key] = given[key];
  }
  std::set<std::string> names;
  for (const auto& [item, item_place] : reader.items("cases", "case")) {
    if (!item.is_object()) refuse(item_place, quoted(item), "an object with the keys of a case");
    Json whole = shared;
    whole.update(item);
    suite.cases.push_back(make_case(whole, item_place, directory));
    if (!names.insert(suite.cases.back().name).second)
      refuse(item_place, fmt::format("a second case '{}'", suite.cases.back().name), "one case of each name");
  }
  if (reader.has("expect")) {
    int index = 0;
    for (const Json& item : reader.value("expect"))
      suite.expectations.push_back(read_expectation(item, fmt::format("{}: expect[{}]", place, index++), suite.cases));
  }
  return suite;
}

Suite read_suite(const std::string& name) {
  if (name.ends_with(".json") || name == "-")
    return make_suite(read_config_file(name), name, std::filesystem::path(name).parent_path());
  const auto found = std::ranges::find(builtin_suites(), name + ".json", &EmbeddedFile::name);
  if (found == builtin_suites().end()) throw_unknown_name("tristab audit", "suite", name, suite_names());
  return make_suite(parse_json(found->text), fmt::format("the built-in {}", name), "");
}

// The structure alone: families, kernels and gates have schemas of their own names elsewhere.
Json suite_schema() {
  const auto text = [](const char* help) { return Json{{"type", "string"}, {"minLength", 1}, {"description", help}}; };
  const auto named = [](const char* help) {
    return Json{{"type", Json::array({"string", "object"})}, {"description", help}};
  };
  Json gates{{"type", "object"},
             {"minProperties", 1},
             {"additionalProperties", false},
             {"description", "a gate for each output that the test compares: tristab list gates"}};
  for (const char* output : test_output_names) gates["properties"][output] = {{"type", "string"}, {"minLength", 1}};
  const Json length{{"type", "integer"}, {"minimum", 1}, {"maximum", Source::largest_sequence}};
  Json shared{{"family", named("the inputs: tristab list families")},
              {"kernel", named("the right kernel: tristab list kernels")},
              {"gates", gates},
              {"tokens",
               {{"anyOf", Json::array({length, {{"type", "array"}, {"items", length}, {"minItems", 1}}})},
                {"description", "lengths of the sequences; absent: one chunk"}}}};
  for (const Parameter& parameter : case_parameters()) {
    shared[parameter.name] = value_schema(parameter);
    shared[parameter.name]["description"] = parameter.help;
  }
  Json test = shared;
  test["case"] = text("its name");
  const Json count{{"type", "integer"}, {"minimum", 0}};
  const Json expectation{
      {"type", "object"},
      {"properties",
       {{"mutant", text("a mutant, a kind of them, or unmodified: the kernel itself")},
        {"cases", {{"type", "array"}, {"items", {{"type", "string"}}}, {"description", "these alone"}}},
        {"passes",
         {{"anyOf", Json::array({count, {{"type", "array"}, {"items", count}, {"minItems", 2}, {"maxItems", 2}}})},
          {"description", "the number of cases that it passes, or the fewest and the most"}}},
        {"why", text("what it rests on")}}},
      {"required", {"mutant", "passes"}},
      {"additionalProperties", false}};
  Json properties = shared;
  properties["$schema"] = {{"type", "string"}, {"description", "this schema, for editors; otherwise ignored"}};
  properties["suite"] = text("its name");
  properties["extends"] = text("a built-in suite, whose keys hold where this one has none");
  properties["summary"] = text("one line: whose test of what");
  properties["source"] = text("repository, file and commit");
  properties["date"] = text("when the source was read");
  properties["notes"] = {
      {"type", "array"}, {"items", {{"type", "string"}}}, {"description", "what differs from the owner's test"}};
  properties["cases"] = {{"type", "array"},
                         {"minItems", 1},
                         {"items",
                          {{"type", "object"},
                           {"properties", test},
                           {"required", Json::array({"case"})},
                           {"additionalProperties", false}}},
                         {"description", "the runs of the test; a key that a case has not is the suite's"}};
  properties["expect"] = {{"type", "array"}, {"items", expectation}, {"description", "what is known of wrong kernels"}};
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"$id", "tristab-suite.schema.json"},
          {"title", "Suite of tests of a kernel for tristab"},
          {"type", "object"},
          {"properties", properties},
          {"anyOf", Json::array({{{"required", Json::array({"cases"})}}, {{"required", Json::array({"extends"})}}})},
          {"additionalProperties", false}};
}

}  // namespace tristab
