#include "tristab/matrix/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "tristab/base/errors.h"
#include "tristab/base/random.h"
#include "tristab/matrix/family/family.h"

namespace tristab {
namespace {

const Family* find_family(std::string_view name) {
  const auto found = std::ranges::find(
      families(), name, [](const Family& family) -> std::string_view { return family.description.name; });
  return found == families().end() ? nullptr : &*found;
}

// The matrices of a generator.
class GeneratedSource : public Source {
 public:
  GeneratedSource(const Family& family, const FamilySpec& spec, std::uint64_t seed, int trials)
      : family_(family), settings_(spec.settings), trials_(family.random ? trials : 1) {
    canonical_ = fmt::format("{} {}", family.description.name, settings_.json().dump());
    if (family.random) canonical_ += fmt::format(" seed={}", seed);
  }

  int count(int) const override { return trials_; }

  Problem problem(int n, int index) const override {
    if (n < 1 || index < 0 || index >= trials_) throw std::logic_error("no such matrix");
    const RandomStream random(fmt::format("{} n={} trial={}", canonical_, n, index));
    Problem problem;
    problem.id = problem_id(family_.description.name, n, index, canonical_);
    problem.a = family_.generate(settings_, n, random);
    problem.trial = index;
    return problem;
  }

 private:
  const Family& family_;
  Settings settings_;
  int trials_;
  std::string canonical_;
};

}  // namespace

std::span<const Description> family_descriptions() {
  static const std::vector<Description> all = [] {
    std::vector<Description> descriptions;
    for (const Family& family : families()) descriptions.push_back(family.description);
    return descriptions;
  }();
  return all;
}

std::string problem_id(std::string_view family, int n, int trial, std::string_view canonical) {
  const std::uint64_t hash = hash_text(canonical);
  return fmt::format("{}-{}-{:04}-{:08x}", family, n, trial, static_cast<std::uint32_t>(hash ^ (hash >> 32)));
}

std::vector<FamilySpec> expand_family(const Json& given, std::string_view place) {
  if (given.is_string()) {
    const auto& text = given.get_ref<const std::string&>();
    return expand_family(parse_inline(text, "family", place), place);
  }
  if (!given.is_object()) {
    throw UsageError(
        fmt::format("{}: found {}; allowed: a family's name, or an object with \"family\" and its parameters",
                    place, given.dump()));
  }
  if (!given.contains("family") || !given["family"].is_string()) {
    throw UsageError(fmt::format("{}.family: found {}; allowed: the name of a family", place,
                                 given.contains("family") ? given["family"].dump() : "nothing"));
  }
  const auto& name = given["family"].get_ref<const std::string&>();
  const Family* family = find_family(name);
  if (family == nullptr) {
    std::vector<std::string> names;
    for (const Family& known : families()) names.push_back(known.description.name);
    throw_unknown_name(fmt::format("{}.family", place), "family", name, names);
  }
  Json parameters = given, lists = Json::object();
  parameters.erase("family");
  for (const std::string& own : family->list_valued) {
    if (!parameters.contains(own)) continue;
    lists[own] = parameters[own];
    parameters.erase(own);
  }
  std::vector<FamilySpec> specs;
  for (const Settings& settings :
       expand_settings(family->description.parameters, parameters, fmt::format("family {}", name), place)) {
    Json values = settings.json();
    values.update(lists);
    if (family->settle != nullptr) family->settle(values, place);
    specs.push_back({name, Settings(std::move(values))});
  }
  return specs;
}

std::unique_ptr<Source> open_source(const FamilySpec& spec, std::uint64_t seed, int trials,
                                    const std::filesystem::path& directory, std::string_view place) {
  const Family* family = find_family(spec.family);
  if (family == nullptr) throw std::logic_error("a specification that expand_family did not make");
  if (family->open != nullptr) return family->open(spec, directory, place);
  if (family->derive != nullptr) return family->derive(spec, seed, trials, directory, place);
  return std::make_unique<GeneratedSource>(*family, spec, seed, trials);
}

}  // namespace tristab
