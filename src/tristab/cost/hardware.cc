#include "tristab/cost/hardware.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "tristab/base/errors.h"
#include "tristab/base/input_file.h"
#include "tristab/base/json_reader.h"
#include "tristab/base/parameters.h"
#include "tristab/cost/builtin_hardware.h"

namespace tristab {
namespace {

constexpr double kMost = 1e9;

// The keys of a description that hold one value.
const std::vector<Parameter>& description_keys() {
  static const std::vector<Parameter> keys{
      Parameter::text("summary", "", "what the machine is"),
      Parameter::text("source", "", "where the rates are from"),
      Parameter::text("date", "", "when they were read or measured"),
      Parameter::real("memory_gb_s", nullptr, 1e-6, kMost, "10^9 bytes a second"),
      Parameter::integer("multiprocessors", nullptr, 1, 1e6, "that work side by side"),
      Parameter::real("local_kib", nullptr, 1e-3, kMost, "registers and local memory of one multiprocessor"),
      Parameter::integer("most_in_work", nullptr, 1, 1e6, "matrices that one multiprocessor can have in work"),
      Parameter::real("launch_us", nullptr, 0, kMost, "of a kernel"),
  };
  return keys;
}
const std::vector<Parameter>& unit_keys() {
  static const std::vector<Parameter> keys{
      Parameter::text("arithmetic", nullptr, "that emulates the unit"),
      Parameter::real("tflops", nullptr, 1e-6, kMost, "dense, of the whole chip"),
      Parameter::real("casts_per_ns", nullptr, 1e-6, kMost, "elements converted and passed on to the next step"),
      Parameter::real("step_ns", nullptr, 0, kMost, "between two products that depend on each other"),
  };
  return keys;
}
const std::vector<Parameter>& vector_keys() {
  static const std::vector<Parameter> keys = [] {
    std::vector<Parameter> all = unit_keys();
    all.push_back(Parameter::real("steps_tflops", nullptr, 1e-6, kMost, "in vector steps"));
    return all;
  }();
  return keys;
}
const std::vector<Parameter>& measured_keys() {
  static const std::vector<Parameter> keys{
      Parameter::text("method", nullptr, "its label"),
      Parameter::text("arithmetic", nullptr, "its label"),
      Parameter::integer("n", nullptr, 1, 4096, "chunk size"),
      Parameter::real("ns", nullptr, 1e-6, 1e12, "of one matrix"),
      Parameter::text("source", "", "the run"),
  };
  return keys;
}

// The values of a table, each of which must be there.
Settings complete(const std::vector<Parameter>& keys, const Json& given, std::string_view owner,
                  const std::string& place) {
  Settings settings = complete_settings(keys, given, owner, place);
  for (const Parameter& key : keys) {
    if (!settings.has(key.name)) refuse(place, fmt::format("no {}", key.name), key.allowed());
  }
  return settings;
}

HardwareUnit read_unit(const std::vector<Parameter>& keys, const Json& given, const std::string& place) {
  const Settings settings = complete(keys, given, "a unit", place);
  std::vector<Arithmetic> arithmetics =
      expand_arithmetic(Json(settings.text("arithmetic")), fmt::format("{}: arithmetic", place));
  if (arithmetics.size() != 1) refuse(place, settings.text("arithmetic"), "one arithmetic");
  return {std::move(arithmetics.front()), settings.real("tflops"), settings.real("casts_per_ns"),
          settings.has("steps_tflops") ? settings.real("steps_tflops") : 0, settings.real("step_ns")};
}

Hardware read_hardware(const std::string& text, const std::string& place, const std::string& name) {
  Json given = parse_user_json(text, place);
  if (!given.is_object()) refuse(place, quoted(given), "an object that describes a machine");
  Hardware hardware;
  hardware.name = name;
  const auto taken = [&](const char* key, bool needed) {
    Json value;
    if (given.contains(key)) value = given[key];
    if (needed && value.is_null()) refuse(place, fmt::format("no {}", key), fmt::format("the key {}", key));
    given.erase(key);
    return value;
  };
  const Json matrix = taken("matrix", true), vector = taken("vector", true), measured = taken("measured", false);
  // How it was measured: notes for people, and the rates that the keys above were derived from.
  for (const char* key : {"device", "rates", "notes"}) taken(key, false);
  const Settings settings = complete(description_keys(), given, "a description of hardware", place);
  hardware.summary = settings.text("summary");
  hardware.source = settings.text("source");
  hardware.date = settings.text("date");
  hardware.memory_gb_s = settings.real("memory_gb_s");
  hardware.multiprocessors = static_cast<int>(settings.integer("multiprocessors"));
  hardware.local_kib = settings.real("local_kib");
  hardware.most_in_work = static_cast<int>(settings.integer("most_in_work"));
  hardware.launch_us = settings.real("launch_us");
  if (!matrix.is_array()) refuse(place + ": matrix", quoted(matrix), "a list of units");
  for (std::size_t k = 0; k < matrix.size(); ++k)
    hardware.matrix.push_back(read_unit(unit_keys(), matrix[k], fmt::format("{}: matrix[{}]", place, k)));
  for (std::size_t k = 0; k < hardware.matrix.size(); ++k) {
    if (hardware.unit(hardware.matrix[k].arithmetic.name) != &hardware.matrix[k])
      refuse(fmt::format("{}: matrix[{}]", place, k), fmt::format("{} twice", hardware.matrix[k].arithmetic.name),
             "each unit once");
  }
  hardware.vector = read_unit(vector_keys(), vector, place + ": vector");
  if (!measured.is_null() && !measured.is_array()) refuse(place + ": measured", quoted(measured), "a list of times");
  for (std::size_t k = 0; k < measured.size(); ++k) {
    const std::string at = fmt::format("{}: measured[{}]", place, k);
    if (!measured[k].is_object()) refuse(at, quoted(measured[k]), "an object with a time");
    Json entry = Json::object();  // what a script adds about spread and bits is for people
    for (const Parameter& key : measured_keys()) {
      if (measured[k].contains(key.name)) entry[key.name] = measured[k][key.name];
    }
    const Settings time = complete(measured_keys(), entry, "a measured time", at);
    hardware.measured.push_back({time.text("method"), time.text("arithmetic"), static_cast<int>(time.integer("n")),
                                 time.real("ns"), time.text("source")});
  }
  return hardware;
}

std::string stem(std::string_view file) { return std::string(file.substr(0, file.rfind('.'))); }

}  // namespace

const HardwareUnit* Hardware::unit(std::string_view arithmetic) const {
  for (const HardwareUnit& each : matrix) {
    if (each.arithmetic.name == arithmetic) return &each;
  }
  return vector.arithmetic.name == arithmetic ? &vector : nullptr;
}

std::vector<std::string> hardware_names() {
  std::vector<std::string> names;
  for (const EmbeddedFile& file : builtin_hardware()) names.push_back(stem(file.name));
  return names;
}

Hardware find_hardware(const std::string& name, std::string_view place) {
  if (name.ends_with(".json")) {
    try {
      return read_hardware(read_input(name, " the description", "a description of hardware"), name,
                           std::filesystem::path(name).stem().string());
    } catch (const InputError& error) {
      throw InputError(fmt::format("{}: {}", place, error.what()));
    }
  }
  for (const EmbeddedFile& file : builtin_hardware()) {
    if (stem(file.name) == name)
      return read_hardware(std::string(file.text), fmt::format("configs/hardware/{}", file.name), name);
  }
  throw_unknown_name(place, "hardware", name, hardware_names());
}

}  // namespace tristab
