#include "tristab/matrix/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <stdexcept>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
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
    const auto named = [&](const Json& settings) {
      const std::string text = fmt::format("{} {}", family.description.name, settings.dump());
      return family.random ? fmt::format("{} seed={}", text, seed) : text;
    };
    canonical_ = named(settings_.json());
    Json drawn = settings_.json();
    for (const char* stored : {"beta_format", "gate_format"}) drawn.erase(stored);
    drawn_ = named(drawn);
  }

  int count(int) const override { return trials_; }

  Problem problem(int n, int index) const override {
    if (n < 1 || index < 0 || index >= trials_) throw std::logic_error("no such matrix");
    const RandomStream random = stream(index);
    Problem problem;
    problem.id = problem_id(family_.description.name, n, index, canonical_);
    if (family_.generate_tokens != nullptr) {
      problem.tokens = std::make_shared<const TokenInputs>(family_.generate_tokens(settings_, n, random, false));
      problem.a = delta_rule_matrix(*problem.tokens);
    } else {
      problem.a = family_.generate(settings_, n, random);
    }
    problem.trial = index;
    return problem;
  }

  int sequences() const override { return family_.generate_tokens != nullptr ? trials_ : 0; }

  Sequence sequence(int index, int n, std::int64_t chunks) const override {
    if (index < 0 || index >= sequences()) throw std::logic_error("no such sequence");
    const int rows = static_cast<int>(n * chunks);
    return {problem_id(family_.description.name, n, index, fmt::format("{} rows={}", canonical_, rows)),
            family_.generate_tokens(settings_, rows, stream(index), true), index, Json()};
  }

 private:
  // The stream of a trial, without n: a larger n continues the same head; and without what drawn betas and gates are
  // stored in: it rounds the same head.
  RandomStream stream(int trial) const { return RandomStream(fmt::format("{} trial={}", drawn_, trial)); }

  const Family& family_;
  Settings settings_;
  int trials_;
  std::string canonical_, drawn_;
};

}  // namespace

Sequence Source::sequence(int, int, std::int64_t) const { throw std::logic_error("a source of matrices"); }

std::span<const Description> family_descriptions() {
  static const std::vector<Description> all = [] {
    std::vector<Description> descriptions;
    for (const Family& family : families()) descriptions.push_back(family.description);
    return descriptions;
  }();
  return all;
}

std::string content_of(const std::vector<const Matrix*>& matrices) {
  std::string text;
  for (const Matrix* matrix : matrices) {
    const std::span<const double> values = matrix->values();
    const std::string_view bytes(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    text += fmt::format(" {:016x}", hash_text(bytes));
  }
  return text;
}

std::string problem_id(std::string_view family, int n, int trial, std::string_view canonical) {
  const std::uint64_t hash = hash_text(canonical);
  return fmt::format("{}-{}-{:04}-{:08x}", family, n, trial, static_cast<std::uint32_t>(hash ^ (hash >> 32)));
}

namespace {

std::string nested_label(const Json& value) { return expand_family(value, "base").front().label; }

// The settings of the bare name after its family has settled them; labels leave these out.
Json default_settings(const Family& family) {
  const bool reads_files = family.open != nullptr;  // nothing is settled without a path
  const Json given = reads_files ? Json{{"path", "."}} : Json::object();
  Json settings = complete_settings(family.description.parameters, given, "", "").json();
  if (family.settle != nullptr) family.settle(settings, "");
  if (reads_files) settings.erase("path");
  return settings;
}

}  // namespace

std::vector<FamilySpec> expand_family(const Json& given, std::string_view place) {
  const GivenName chosen = read_given_name(given, "family", R"({"family": "gdn", "keys": "silu"})", place);
  const Family* family = find_family(chosen.name);
  if (family == nullptr) {
    std::vector<std::string> names;
    for (const Family& known : families()) names.push_back(known.description.name);
    throw_unknown_name(chosen.place, "family", chosen.name, names);
  }
  Json parameters = chosen.parameters, lists = Json::object();
  for (const std::string& own : family->list_valued) {
    if (!parameters.contains(own)) continue;
    lists[own] = parameters[own];
    parameters.erase(own);
  }
  const Json defaults = default_settings(*family);
  std::vector<FamilySpec> specs;
  for (const Settings& settings :
       expand_settings(family->description.parameters, parameters, fmt::format("family {}", chosen.name), place)) {
    Json values = settings.json();
    values.update(lists);
    if (family->settle != nullptr) family->settle(values, place);
    const std::string label = label_of(chosen.name, values, defaults, nested_label);
    specs.push_back({{chosen.name, Settings(std::move(values)), label}});
  }
  return specs;
}

std::unique_ptr<Source> open_source(const FamilySpec& spec, std::uint64_t seed, int trials,
                                    const std::filesystem::path& directory, std::string_view place) {
  const Family* family = find_family(spec.name);
  if (family == nullptr) throw std::logic_error("a specification that expand_family did not make");
  if (family->open != nullptr) return family->open(spec, directory, place);
  if (family->derive != nullptr) return family->derive(spec, seed, trials, directory, place);
  return std::make_unique<GeneratedSource>(*family, spec, seed, trials);
}

}  // namespace tristab
