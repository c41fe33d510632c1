#include "tristab/report/compared_result.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/base/json.h"
#include "tristab/base/json_text.h"
#include "tristab/base/random.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

// "mxr{...}": a name with its parameters.
std::string named(const Json& object, const std::string& place, const std::string& name) {
  const auto parameters = object.find(name + "_params");
  return text_field(object, place, name.c_str()) + (parameters == object.end() ? "" : json_text(*parameters));
}

// The id of a record; of a layer its sequence and its setting.
std::string id_text(const Json& object, const std::string& place) {
  std::string id = text_field(object, place, "case");
  const std::string sequence = text_field(object, place, "sequence");
  if (!id.empty() || sequence.empty()) return id;
  return fmt::format("{}/{}/{}/{}/{}", sequence, text_field(object, place, "kernel"), named(object, place, "method"),
                     named(object, place, "arithmetic"), text_field(object, place, "formation"));
}

// A number that is null has the reason in its place. What names the record is left out.
Json content_of_object(const Json& object) {
  Json content = Json::object();
  for (const auto& [name, value] : object.items()) {
    const Field* const field = find_field(name);
    if (name == "type" || name == "sequence" || name == "undefined" || (field != nullptr && field->naming)) continue;
    content[name] = value;
  }
  const auto reasons = object.find("undefined");
  if (reasons == object.end() || !reasons->is_object()) return content;
  for (const auto& [name, reason] : reasons->items()) {
    if (Json& value = content[name]; value.is_null()) value = reason;
  }
  return content;
}

}  // namespace

const std::vector<const Field*>& compared_layer_fields() {
  static const std::vector<Field> fields = [] {
    std::vector<Field> all;
    for (const LayerPart& part : layer_parts()) {
      Field& field = all.emplace_back();
      field.kind = Field::Kind::real;
      field.info.name = part.name;
      field.info.formula = part.formula;
      field.info.aggregate = Aggregate::judged_trials;
    }
    return all;
  }();
  static const std::vector<const Field*> pointers = [] {
    std::vector<const Field*> all;
    for (const Field& field : fields) all.push_back(&field);
    return all;
  }();
  return pointers;
}

ComparedResult::ComparedResult(const std::string& path, const std::vector<const Field*>& fields)
    : name_(path == "-" ? "standard input" : path),
      records_{CaseGroups(fields), {}},
      layers_{CaseGroups(compared_layer_fields()), {}},
      spool_({}, "what a comparison reads") {
  head_ = visit_result(path, {"records", "layers", "stages"},
                       [this](const std::string& section, const Json& object, const std::string& place) {
                         if (section == "stages") {
                           JsonObject stage;
                           for (const auto& [name, value] : object.items()) {
                             if (name != "case") stage.json(name, value);
                           }
                           stages_ += (stages_.empty() ? "" : ",") + stage.str();
                           return;
                         }
                         add(section == "layers" ? layers_ : records_, object, place);
                       });
  for (ComparedSection* section : {&records_, &layers_}) {
    const CaseGroups& groups = section->groups;
    std::vector<std::string> places;  // names of inputs may change until all of them are known
    for (const CaseGroup& group : groups.groups())
      places.push_back(
          fmt::format("{}\n{}\n{}", groups.input_of(group).title(), groups.setting_of(group).label(), group.n));
    for (ComparedCase& each : section->cases)
      each.place = hash_text(fmt::format("{}\n{}", places[each.group], each.trial));
  }
}

void ComparedResult::add(ComparedSection& section, const Json& object, const std::string& place) {
  ComparedCase added;
  added.group = static_cast<std::uint32_t>(section.groups.add_record(object, place));
  const double trial = number_field(object, place, "trial");
  added.trial = std::fabs(trial) < 1e9 ? static_cast<std::int32_t>(trial) : 0;
  std::string id = id_text(object, place);
  if (id.empty()) {  // files of other programs
    const CaseGroup& group = section.groups.groups()[added.group];
    id = fmt::format("{} n={} trial {}: {}", section.groups.input_of(group).title(), group.n, added.trial,
                     section.groups.setting_of(group).label());
  }
  std::string text = json_text(content_of_object(object));
  if (!stages_.empty()) {
    text.pop_back();
    text += fmt::format("{}\"stages\": [{}]}}", text.size() > 1 ? ", " : "", stages_);
    stages_.clear();
  }
  added.id = hash_text(id);
  added.content = hash_text(text);
  added.id_bytes = static_cast<std::uint32_t>(id.size());
  added.content_bytes = static_cast<std::uint32_t>(text.size());
  added.offset = spool_.append(id + text);
  section.cases.push_back(added);
}

std::string ComparedResult::id_of(const ComparedCase& found) const {
  std::string text(found.id_bytes, '\0');
  spool_.read(found.offset, text.data(), text.size());
  return text;
}

Json ComparedResult::content_of(const ComparedCase& found) const {
  std::string text(found.content_bytes, '\0');
  spool_.read(found.offset + found.id_bytes, text.data(), text.size());
  return Json::parse(text);
}

}  // namespace tristab
