#include "tristab/report/case_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include "tristab/base/errors.h"
#include "tristab/base/json_member.h"
#include "tristab/base/named.h"
#include "tristab/base/random.h"
#include "tristab/report/object_stream.h"
#include "tristab/report/record_words.h"
#include "tristab/report/text_layout.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

// Refuses a required field that is missing, null or wrong.
[[noreturn]] void refuse_field(const Json& object, const std::string& place, const char* name,
                               const std::string& allowed) {
  const auto found = object.find(name);
  refuse_input(place + name, found == object.end() ? "nothing" : quoted(*found), allowed);
}

std::string required_text(const Json& object, const std::string& place, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
    refuse_field(object, place, name, "a text");
  return found->get<std::string>();
}

const Json& parameters_at(const Json& object, const std::string& place, const char* name) {
  static const Json none = Json::object();
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return none;
  if (!found->is_object()) refuse_input(place + name, quoted(*found), "an object");
  return *found;
}

std::vector<double> numbers_at(const Json& object, const std::string& place, const char* name) {
  std::vector<double> numbers;
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return numbers;
  if (!found->is_array()) refuse_input(place + name, quoted(*found), "a list of numbers");
  for (const Json& value : *found) numbers.push_back(value.is_number() ? value.get<double>() : std::nan(""));
  return numbers;
}

// A number of a record, as Measured::ranked gives it.
double number_at(const Json& object, const std::string& place, const Field& field) {
  const std::string& name = field.name();
  const double value = number_field(object, place, name.c_str());
  if (!std::isnan(value)) return value;
  const auto reasons = object.find("undefined");
  if (reasons == object.end() || !reasons->is_object()) return value;
  const auto reason = reasons->find(name);
  if (reason == reasons->end() || !reason->is_string()) return value;
  return Measured(undefined_of(reason->get_ref<const std::string&>())).ranked(field.info.larger_is_better);
}

std::string_view bytes_of(const std::vector<double>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(double)};
}

// The name of an input: for the family `file` made from the parameters, else the label.
std::string name_of(const CaseInput& input, const Json& parameters) {
  const auto text = [&](const char* key) { return text_or_empty(parameters, key); };
  if (input.family != "file" || text("path").empty()) return input.label;
  std::string name = std::filesystem::path(text("path")).stem().string();
  for (const char* part : {"layer", "tensor"}) {
    if (!text(part).empty()) name.append(" ").append(text(part));
  }
  for (const char* part : {"heads", "tokens"}) {
    const auto found = parameters.find(part);
    if (found == parameters.end() || found->is_null() || *found == "all") continue;
    name += fmt::format(" {}={}", part, found->is_string() ? found->get<std::string>() : found->dump());
  }
  return name;
}

// The position of what has this key; a new one is the next.
template <class Positions, class Key>
std::size_t position_in(Positions& positions, const Key& key) {
  return positions.try_emplace(key, static_cast<std::uint32_t>(positions.size())).first->second;
}

// Makes a label unique. Different settings should have different labels; if two have the same one nevertheless, the
// second gets a number, so that they are not merged.
std::string label_at(const std::string& where, const std::string& label) { return fmt::format("{}\n{}", where, label); }

std::string distinct(std::map<std::string, std::size_t>& given, const std::string& where, const std::string& label) {
  const std::size_t count = ++given[label_at(where, label)];
  return count == 1 ? label : fmt::format("{} ({})", label, count);
}

}  // namespace

Status status_at(const Json& object, const std::string& place) {
  const std::string text = required_text(object, place, "status");
  for (const Status status : {Status::ok, Status::nonfinite, Status::failed}) {
    if (text == status_name(status)) return status;
  }
  refuse_field(object, place, "status", "ok, nonfinite, failed");
}

std::string CaseInput::title() const { return scenario.empty() ? name : fmt::format("{}: {}", scenario, name); }

std::string CaseSetting::kernel_name() const { return kernel.substr(0, kernel.find(':')); }

std::string CaseSetting::label() const {
  return kernel.empty() ? fmt::format("{} / {}", shown, arithmetic_label) : shown;
}

CaseGroups::CaseGroups(std::vector<const Field*> fields)
    : fields_(std::move(fields)), seen_(fields_.size(), false), facts_(matrix_facts().size()) {}

CaseGroups::Key CaseGroups::key_of(const std::string& text) {
  return {hash_text(text), std::hash<std::string>()(text)};
}

std::size_t CaseGroups::position(std::string_view field) const {
  const auto found = std::ranges::find(fields_, field, &Field::name);
  if (found == fields_.end()) throw std::out_of_range("the field is not collected: " + std::string(field));
  return static_cast<std::size_t>(found - fields_.begin());
}

void CaseGroups::add(const std::string& section, const Json& object, const std::string& place) {
  if (section == "matrices") add_matrix(object, place);
  if (section == "records") add_record(object, place);
}

std::size_t CaseGroups::input_at(CaseInput input, const Json& parameters) {
  const std::size_t at =
      position_in(input_index_, key_of(fmt::format("{}\n{}\n{}", input.scenario, input.family, parameters.dump())));
  if (at == inputs_.size()) {
    for (std::string* text : {&input.scenario, &input.family, &input.label}) *text = in_one_line(*text);
    input.name = in_one_line(name_of(input, parameters));
    const bool plain = !parameters.contains("path") &&
                       std::ranges::none_of(parameters, [](const Json& value) { return value.is_structured(); });
    input.whole = plain ? in_one_line(label_of(input.family, parameters, Json::object())) : input.label;
    const std::string where = fmt::format("input {}\n{}", input.scenario, input.name);
    const auto [first, alone] = first_of_name_.try_emplace(key_of(where), static_cast<std::uint32_t>(at));
    if (!alone) {  // files with one name in two directories: use their labels
      CaseInput& namesake = inputs_[first->second];
      if (!labels_.contains(label_at(where, namesake.label))) namesake.name = distinct(labels_, where, namesake.label);
      input.name = distinct(labels_, where, input.label);
    }
    inputs_.push_back(std::move(input));
  }
  return at;
}

std::size_t CaseGroups::setting_at(CaseSetting setting, const std::string& key) {
  // The input decides whether a recipe forms A; both cases are one setting.
  if (!setting.kernel.empty()) setting.formation.clear();
  const std::size_t at =
      position_in(setting_index_, key_of(fmt::format("{}\n{}\n{}", key, setting.kernel, setting.formation)));
  if (at == settings_.size()) {
    for (std::string* text : {&setting.method, &setting.kernel, &setting.arithmetic, &setting.method_label,
                              &setting.arithmetic_label, &setting.formation})
      *text = in_one_line(*text);
    const std::string shown = setting.formation.empty()
                                  ? setting.method_label
                                  : fmt::format("{} after {}", setting.method_label, setting.formation);
    setting.shown = distinct(labels_, "setting in " + setting.arithmetic_label, shown);
    settings_.push_back(std::move(setting));
  }
  return at;
}

std::size_t CaseGroups::input_at(const Json& object, const std::string& place) {
  CaseInput input{text_field(object, place, "scenario"), required_text(object, place, "family"),
                  text_field(object, place, "family_label"), ""};
  const Json& parameters = parameters_at(object, place, "family_params");
  if (input.label.empty()) input.label = input.family + (parameters.empty() ? "" : parameters.dump());
  return input_at(std::move(input), parameters);
}

int CaseGroups::size_at(const Json& object, const std::string& place) {
  constexpr int most = std::numeric_limits<int>::max();
  const auto found = object.find("n");
  const auto size = found == object.end() ? std::nullopt : whole_number(*found, 1, most);
  if (!size) refuse_field(object, place, "n", fmt::format("a whole number from 1 to {}", most));
  return static_cast<int>(*size);
}

std::size_t CaseGroups::setting_at(const Json& object, const std::string& place) {
  CaseSetting setting;
  setting.method = required_text(object, place, "method");
  setting.kernel = text_field(object, place, "kernel");
  setting.arithmetic = required_text(object, place, "arithmetic");
  setting.method_label = text_field(object, place, "method_label");
  setting.arithmetic_label = text_field(object, place, "arithmetic_label");
  setting.formation = text_field(object, place, "formation");
  const std::string method_key = setting.method + parameters_at(object, place, "method_params").dump();
  const std::string arithmetic_key = setting.arithmetic + parameters_at(object, place, "arithmetic_params").dump();
  if (setting.method_label.empty()) setting.method_label = setting.kernel.empty() ? method_key : setting.kernel;
  if (setting.arithmetic_label.empty()) setting.arithmetic_label = arithmetic_key;
  return setting_at(std::move(setting), method_key + "\n" + arithmetic_key);
}

std::size_t CaseGroups::matrix_at(std::size_t input, int n, const std::string& id, bool named) {
  const std::size_t at = position_in(matrix_index_, key_of(fmt::format("{}\n{}", inputs_[input].scenario, id)));
  if (at == matrices_.size()) matrices_.push_back({.input = static_cast<std::uint32_t>(input), .n = n, .named = named});
  return at;
}

std::size_t CaseGroups::group_at(std::size_t input, std::size_t setting, int n) {
  const std::uint64_t pair = static_cast<std::uint64_t>(input) << 32 | setting;
  const std::size_t at = position_in(group_index_, Key(pair * 0x9e3779b97f4a7c15, n));
  if (at == groups_.size())
    groups_.push_back(
        {static_cast<std::uint32_t>(input), static_cast<std::uint32_t>(setting), n, TrialStatistics(fields_)});
  return at;
}

void CaseGroups::add_trial(std::size_t at, const TrialNumbers& trial, const std::string& message) {
  CaseGroup& group = groups_[at];
  if (trial.status == Status::failed && group.failure == nullptr)
    group.failure = &*failures_.insert(message.empty() ? "the result does not say why" : in_one_line(message)).first;
  for (std::size_t k = 0; k < fields_.size(); ++k) seen_[k] = seen_[k] || std::isfinite(trial.values[k]);
  group.statistics.add(trial, spool_);
}

void CaseGroups::add_matrix(const Json& object, const std::string& place) {
  const std::size_t input = input_at(object, place);
  const int n = size_at(object, place);
  CaseMatrix& matrix = matrices_[matrix_at(input, n, required_text(object, place, "id"), true)];
  matrix.facts = static_cast<std::uint32_t>(facts_.size());
  std::vector<double> facts;
  for (const MatrixFact& fact : matrix_facts()) facts.push_back(number_field(object, place, fact.name));
  facts_.append(facts, spool_);
  const std::vector<double> powers = numbers_at(object, place, "power_max"),
                            decays = numbers_at(object, place, "inverse_decay");
  profiles_.push_back({spool_.append(bytes_of(powers)), static_cast<std::uint32_t>(powers.size()),
                       static_cast<std::uint32_t>(decays.size())});
  spool_.append(bytes_of(decays));
}

std::vector<double> CaseGroups::matrix_fact(std::size_t fact) const {
  const std::vector<double> rows = facts_.column(fact, spool_);
  std::vector<double> values;
  values.reserve(matrices_.size());
  for (const CaseMatrix& matrix : matrices_) values.push_back(matrix.known() ? rows[matrix.facts] : nan);
  return values;
}

MatrixProfiles CaseGroups::profiles_of(const CaseMatrix& matrix) const {
  MatrixProfiles found;
  if (!matrix.known()) return found;
  const Profiles& profiles = profiles_[matrix.facts];
  std::uint64_t offset = profiles.offset;
  for (const auto& [values, count] :
       {std::pair(&found.power_max, profiles.powers), std::pair(&found.inverse_decay, profiles.decays)}) {
    values->resize(count);
    spool_.read(offset, reinterpret_cast<char*>(values->data()), count * sizeof(double));
    offset += count * sizeof(double);
  }
  return found;
}

std::size_t CaseGroups::add_record(const Json& object, const std::string& place) {
  const std::size_t input = input_at(object, place);
  const int n = size_at(object, place);
  const std::size_t setting = setting_at(object, place);
  TrialNumbers trial{status_at(object, place),
                     word_at<ForFormat>(object, place, "for_format", for_format_names),
                     word_at<Fit>(object, place, "fit", fit_names),
                     {},
                     0};
  for (const Field* field : fields_) trial.values.push_back(number_at(object, place, *field));
  const std::string id = text_field(object, place, "matrix");
  trial.matrix = matrix_at(input, n, id.empty() ? "record of " + place : id, !id.empty());
  const std::size_t group = group_at(input, setting, n);
  add_trial(group, trial, text_field(object, place, "message"));
  return group;
}

void CaseGroups::add(const MatrixResult& result) {
  const FamilySpec& family = *result.input.family;
  const std::size_t input =
      input_at(CaseInput{result.input.scenario->name, family.name, family.label, ""}, family.settings.json());
  for (const Record& record : result.records) {
    const Setting& s = record.setting;
    const std::size_t setting =
        setting_at(CaseSetting{s.method->name, s.kernel != nullptr ? s.kernel->label : "", s.arithmetic->name,
                               s.method_label(), s.arithmetic->label, s.is_formed() ? s.formation->label : "", ""},
                   s.method->identity() + "\n" + s.arithmetic->identity());
    TrialNumbers trial = trial_numbers(result, record, fields_);
    trial.matrix = matrix_at(input, result.input.n, result.id, true);
    add_trial(group_at(input, setting, result.input.n), trial, record.message);
  }
}

}  // namespace tristab
