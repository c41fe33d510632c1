#include "command.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/json_member.h"
#include "tristab/base/parameters.h"

namespace tristab {
namespace {

// The first line, and the rest.
std::pair<std::string, std::string> first_line_and_rest(const std::string& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return {text, ""};
  return {text.substr(0, end), text.substr(end + 1)};
}

std::vector<std::string> split_names(std::string_view names) {
  std::vector<std::string> parts(1);
  for (const char c : names) c == ',' ? static_cast<void>(parts.emplace_back()) : parts.back().push_back(c);
  return parts;
}

// The text, if it is one of the words that the option takes.
std::string checked_choice(const ValueType& type, const std::string& name, const std::string& text) {
  if (type.kind != ValueType::Kind::choice || type.words.empty()) return text;
  if (std::ranges::find(type.words, text) == type.words.end())
    throw_unknown_name(name, name.substr(name.find_first_not_of('-')), text, type.words);
  return text;
}

}  // namespace

Command::Command(std::string name, std::string summary, std::string details, std::vector<std::string> examples)
    : name_(std::move(name)),
      summary_(std::move(summary)),
      details_(std::move(details)),
      examples_(std::move(examples)) {}

OptionEntry& Command::add(OptionEntry entry) {
  if (!entry.positional) return options_.emplace_back(std::move(entry));
  const auto behind = std::ranges::find(options_, false, &OptionEntry::positional);
  return *options_.insert(behind, std::move(entry));
}

OptionEntry& Command::add(const char* names, const char* type, const std::string& help, bool positional) {
  OptionEntry entry;
  entry.names = split_names(names);
  entry.positional = positional;
  entry.flag = type == nullptr;
  if (type != nullptr) entry.value = value_type_of(type);
  entry.group = group_;
  std::tie(entry.help, entry.details) = first_line_and_rest(help);
  return add(std::move(entry));
}

Command& Command::positional(const char* name, const char* type, std::string& target, const std::string& help,
                             const char* usage) {
  OptionEntry& entry = add(name, type, help, true);
  entry.usage = usage != nullptr ? usage : name;
  entry.take = [&target](const std::string&, const std::vector<std::string>& words) { target = words.back(); };
  return *this;
}

Command& Command::positional(const char* name, const char* type, std::vector<std::string>& target,
                             const std::string& help, const char* usage) {
  OptionEntry& entry = add(name, type, help, true);
  entry.usage = usage != nullptr ? usage : name;
  entry.repeated = true;
  entry.take = [&target](const std::string&, const std::vector<std::string>& words) { target = words; };
  return *this;
}

Command& Command::option(const char* names, const char* type, std::string& target, const std::string& help) {
  OptionEntry& entry = add(names, type, help, false);
  entry.take = [&target, type = entry.value](const std::string& name, const std::vector<std::string>& words) {
    target = checked_choice(type, name, words.back());
  };
  return *this;
}

Command& Command::option(const char* names, const char* type, WholeNumber target, const std::string& help) {
  OptionEntry& entry = add(names, type, help, false);
  entry.take = [target](const std::string& name, const std::vector<std::string>& words) {
    *target.value = whole_number(name, words.back(), target.minimum, target.maximum);
  };
  return *this;
}

Command& Command::option(const char* names, const char* type, std::vector<std::string>& target,
                         const std::string& help) {
  OptionEntry& entry = add(names, type, help, false);
  entry.repeated = true;
  entry.take = [&target](const std::string&, const std::vector<std::string>& words) { target = words; };
  return *this;
}

Command& Command::flag(const char* names, bool& target, const std::string& help) {
  add(names, nullptr, help, false).take = [&target](const std::string&, const std::vector<std::string>&) {
    target = true;
  };
  return *this;
}

Command& Command::output(const char* names, const char* type, std::string& target, const std::string& help) {
  OptionEntry& entry = add(names, type, help, false);
  entry.writes = true;
  entry.take = [&target](const std::string&, const std::vector<std::string>& words) {
    target = names_standard_output(words.back()) ? "-" : words.back();
  };
  return *this;
}

Command& Command::beside() {
  options_.back().beside = true;
  return *this;
}

Command& Command::force() {
  add("--force", nullptr, R"(replace any file by an output
Without it an output replaces only what the command can tell to be its own: a result of the same configuration; a page,
an export or a plot. It does not replace a .npy file or a sweep's CSV, which do not say what made them. A file that the
command reads is never replaced.)",
      false)
      .take = [](const std::string&, const std::vector<std::string>&) { allow_replacing(); };
  return *this;
}

Command& Command::group(std::string heading) {
  group_ = std::move(heading);
  return *this;
}

Command& Command::share_row() {
  shares_row_ = true;
  return *this;
}

Command& Command::run(std::function<void(const Command&)> action) {
  action_ = std::move(action);
  return *this;
}

std::string Command::place() const { return name_ == "tristab" ? name_ : "tristab " + name_; }

std::string Command::synopsis() const {
  std::string text = place();
  for (const OptionEntry& option : options_) {
    if (option.positional) text += " " + option.usage;
  }
  const bool has_options =
      std::ranges::any_of(options_, [](const OptionEntry& o) { return !o.positional && !o.inherited; });
  return has_options ? text + " [OPTIONS]" : text;
}

const Command::Given* Command::find_given(std::string_view name) const {
  const auto found = std::ranges::find_if(given_, [&](const Given& given) {
    const std::vector<std::string>& names = options_[given.option].names;
    return std::ranges::find(names, name) != names.end();
  });
  return found == given_.end() ? nullptr : &*found;
}

bool Command::given(std::string_view name) const { return find_given(name) != nullptr; }

std::string Command::typed(std::string_view name) const {
  const Given* const found = find_given(name);
  return found == nullptr ? std::string(name) : found->name;
}

void Command::needs(std::initializer_list<const char*> options, const char* other, const char* allowed) const {
  for (const char* option : options) {
    if (given(option) && !given(other)) refuse(place(), fmt::format("{} without {}", typed(option), other), allowed);
  }
}

void Command::excludes(const char* option, std::initializer_list<const char*> others, const char* allowed) const {
  if (given(option)) refuse_with(typed(option), others, allowed);
}

void Command::refuse_with(const std::string& what, std::initializer_list<const char*> options,
                          const char* allowed) const {
  for (const char* option : options) {
    if (given(option)) refuse(place(), fmt::format("{} together with {}", typed(option), what), allowed);
  }
}

std::string option_synopsis(const OptionEntry& option, bool every_name) {
  std::string text;
  bool has_long = false;
  for (const std::string& name : option.names) {
    const bool is_long = name.starts_with("--");
    if (is_long && has_long && !every_name) continue;
    has_long = has_long || is_long;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
  }
  if (!option.flag && !option.positional) text += " " + option.value.shown;
  if (option.positional && option.repeated) text += " ...";
  return text;
}

std::int64_t whole_number(std::string_view option, const std::string& text, std::int64_t minimum,
                          std::int64_t maximum) {
  if (const auto whole = whole_number(parse_scalar(text), minimum, maximum)) return *whole;
  refuse(option, fmt::format("'{}'", text), fmt::format("a whole number from {} to {}", minimum, maximum));
}

Json key_values(const std::vector<std::string>& words, std::string_view place) {
  Json object = Json::object();
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) refuse(place, fmt::format("'{}'", word), "parameters as key=value");
    const std::string key = word.substr(0, equals);
    if (object.contains(key)) throw UsageError(fmt::format("{}: {} is given twice; allowed: once", place, key));
    const std::string value = word.substr(equals + 1);
    object[key] = key == "path" ? Json(value) : parse_scalar(value);
  }
  return object;
}

ConfigOverrides ConfigOptions::given(const Command& command) const {
  struct Entry {
    const char *option, *key;
    const std::string* text;
  };
  const Entry entries[] = {{"--chunk", "chunks", &chunks},
                           {"--family", "families", &families},
                           {"--methods", "methods", &methods},
                           {"--arithmetics", "arithmetics", &arithmetics},
                           {"--formation", "formations", &formations},
                           {"--kernels", "kernels", &kernels},
                           {"--trials", "trials", &trials},
                           {"--trial", "trial", &trial},
                           {"--seed", "seed", &seed},
                           {"--require", "require", &require}};
  ConfigOverrides overrides;
  for (const Entry& entry : entries) {
    if (command.given(entry.option)) overrides.emplace(entry.key, Override(*entry.text, command.typed(entry.option)));
  }
  return overrides;
}

Json FilePart::family() const {
  Json family{{"family", "file"}, {"path", path}};
  const std::pair<const char*, const std::string*> parts[] = {
      {"tensor", &tensor}, {"layer", &layer}, {"heads", &heads}, {"tokens", &tokens}};
  for (const auto& [name, text] : parts) {
    if (!text->empty()) family[name] = *text;
  }
  return family;
}

void FilePart::declare(Command& command) {
  command.option("--tensor", "NAME", tensor, "the tensor of A");
  command
      .option("--layer", "NAME", layer, R"(the layer of k, beta, g
Of a command that takes many inputs, also all: every layer.)")
      .beside();
  command.option("--heads", "HEADS", heads, "heads, as 0,1 (all)");
  command.option("--tokens", "RANGE", tokens, "tokens, as 0:512 (all)").beside();
}

const char* const requirement_help = R"(what results must meet (4x-bf16)
Nx-FORMAT: a total error of at most N times that of the exact inverse stored in FORMAT. GATE: a rule of tristab list
gates, such as fla:0.005, fa:2x or torch:rtol=1e-2:atol=1e-2. NUMBER<=LIMIT or NUMBER>=LIMIT: a number of tristab list
metrics, or of the layer (layer.o<=1e-2). KERNEL: at most twice the worst total error of that recipe on the same inputs.
Several with commas between them must all be met. Layers are held to the same requirement by their outputs and final
state.)";

WholeNumber thread_count(std::int64_t& jobs) { return {&jobs, 1, 1024}; }

bool is_tensor_file(const std::string& input) {
  return input == "-" || input.ends_with(".npy") || input.ends_with(".npz") || input.ends_with(".safetensors");
}

}  // namespace tristab
