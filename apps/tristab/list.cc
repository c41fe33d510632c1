// tristab list KIND [NAME]: lists the entries of a kind, or explains one of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>

#include "command.h"
#include "list_ceilings.h"
#include "list_codes.h"
#include "list_examples.h"
#include "list_hardware.h"
#include "list_text.h"
#include "model_kinds.h"
#include "terminal.h"
#include "tristab/arithmetic/presets.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/format/format.h"
#include "tristab/format/format_explanation.h"
#include "tristab/format/format_name.h"
#include "tristab/gate/gate.h"
#include "tristab/layer/formation.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/metric/metric.h"
#include "tristab/recipe/recipe.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/quantity.h"
#include "tristab/sweep/stability_class.h"
#include "vocabulary.h"

namespace tristab {
namespace {

// Entries that describe many formats; neither is a format itself.
constexpr const char* ieee_pattern = "eXmY";
constexpr const char* custom_pattern = "pPeminEemaxE";
constexpr const char* pattern_instance = "e5m7";
constexpr const char* custom_instance = "p4emin-6emax8-saturate";

void list_methods(const std::string& name) {
  if (name.empty()) {
    Table table({{"method"}, text_column("what it does", 40), text_column("stability", 34)});
    for (const Method& method : methods()) {
      table.add_row({method.description.name, method.description.summary, method.stability});
    }
    print_table(table);
    print_text("Stability in theory. What these words mean for the cases of a sweep: tristab list metrics class.");
    return;
  }
  const Method& method = find_method(name, "tristab list");
  print_description(method.description);
  print_field("cost", method.cost);
  print_field("stability", method.stability);
  print_field("stages", join_names(method.stages));
  print_field("source", method.description.source);
  print_parameters(method.description.parameters);
  print_example(method_example(name));
}

void print_arithmetic(const Arithmetic& arithmetic) {
  const ArithmeticRow row = describe(arithmetic);
  print_field("operands", row.operand);
  print_field("sums", row.accumulator);
  print_field("vector", row.vector);
  print_field("storage", row.storage);
  print_field("output", row.output);
  print_field("quantiser", row.quantiser);
  print_field("checked", row.evidence);
  print_field("u", fmt::format("{:.4g}", arithmetic.unit_roundoff()));
}

void list_arithmetics(const std::string& typed) {
  const std::string name = typed == ieee_pattern ? typed : usual_format_name(typed);
  if (name.empty()) {
    Table table({{"arithmetic"},
                 text_column("operands", 19),
                 text_column("sums of products", 22),
                 text_column("vector unit", 17, 1),
                 text_column("storage", 9, 2),
                 text_column("output", 7, 3)});
    for (const Description& description : arithmetic_descriptions()) {
      if (description.name.starts_with("eXmY")) {  // a pattern, not an arithmetic
        table.add_row({description.name, wrapped_cell(description.summary, 19), "", "", "", ""});
        continue;
      }
      const ArithmeticRow row = describe(make_arithmetic(description.name, Json::object(), "tristab list"));
      table.add_row({row.name, row.operand, row.accumulator, row.vector,
                     row.storage == row.operand ? "same" : row.storage, row.output});
    }
    print_table(table);
    fmt::print("\n");
    print_text(
        "Storage same: that of the operands. Sums add the products in ascending order of k. Rounding: RN, RA to "
        "nearest "
        "(ties to even, away); RZ, RU, RD toward zero, up, down; RO to odd; SR stochastic. 16 terms, F 25: groups of "
        "16 exact products and the sum so far, cut to 25 bits below the largest exponent. All are checked "
        "operation by operation against MPFR or exact integers. What is known of a machine's own bits: tristab list "
        "arithmetics NAME.");
    return;
  }
  const bool pattern = name == ieee_pattern;  // explained by one of its formats
  const Arithmetic arithmetic = make_arithmetic(pattern ? pattern_instance : name, Json::object(), "tristab list");
  const auto known = std::find_if(arithmetic_descriptions().begin(), arithmetic_descriptions().end(),
                                  [&](const Description& d) { return d.name == name; });
  if (known != arithmetic_descriptions().end()) {
    print_description(*known);
    print_field("source", known->source);
    if (pattern) print_field("for one", fmt::format("{}:", pattern_instance));
  } else {
    const Description description = find_preset(name, "tristab list").description;
    print_description(description);
    print_field("source", description.source);
  }
  print_arithmetic(arithmetic);
  print_parameters(find_preset(pattern ? pattern_instance : name, "tristab list").description.parameters);
  print_example(arithmetic_example(pattern ? pattern_instance : name));
}

void print_format(const Format& format) {
  const FormatExplanation explanation = explain(format);
  print_field("layout", explanation.layout);
  print_field("formula", explanation.formula);
  print_field("special", explanation.special);
  print_field("values", explanation.values);
  print_field("p", fmt::format("{} significant bits", format.precision));
  print_field("u", fmt::format("2^-{} = {:.4g}, the unit roundoff", format.precision, format.unit_roundoff()));
  print_field("exponents", fmt::format("emin = {}, emax = {}", format.min_exponent, format.max_exponent));
  print_field("largest", fmt::format("{:.7g}", format.largest()));
  print_field("smallest", format.subnormals
                              ? fmt::format("{:.4g} normal, {:.4g} subnormal", format.smallest_normal(),
                                            format.smallest_subnormal())
                              : fmt::format("{:.4g}; smaller results become zero", format.smallest_normal()));
  const char* const beyond[] = {"infinity", "NaN", "the largest number, infinities too (saturating)"};
  print_field("overflow", fmt::format("to {}; for another rule: NAME-infinity, NAME-nan, NAME-saturate",
                                      beyond[static_cast<int>(format.overflow)]));
}

void list_formats(const std::string& typed) {
  const std::string name = typed == ieee_pattern || typed == custom_pattern ? typed : usual_format_name(typed);
  if (name.empty()) {
    Table table(
        {{"format"}, {"p", true}, {"emin", true}, {"emax", true}, {"largest", true}, text_column("what it is", 50)});
    for (const FormatDescription& description : format_descriptions()) {
      if (description.name == ieee_pattern || description.name == custom_pattern) {
        table.add_row(
            {description.name, description.name == ieee_pattern ? "Y+1" : "P", "", "", "", description.summary});
        continue;
      }
      const Format format = format_of(description.name, "tristab list");
      table.add_row({description.name, std::to_string(format.precision), std::to_string(format.min_exponent),
                     std::to_string(format.max_exponent), fmt::format("{:.5g}", format.largest()),
                     description.summary});
    }
    print_table(table);
    return;
  }
  const FormatDescription* known = nullptr;
  const FormatDescription* pattern = nullptr;  // explains formats without an entry
  const char* const pattern_name =
      name.starts_with('p') || name.find('-') != std::string::npos ? custom_pattern : ieee_pattern;
  for (const FormatDescription& description : format_descriptions()) {
    // A name with suffixes ("fp16-nan") is explained by the format without them.
    if (description.name == name || name.starts_with(description.name + "-")) known = &description;
    if (description.name == pattern_name) pattern = &description;
  }
  if (pattern == nullptr) throw std::logic_error("the list of formats lacks its patterns");
  if (name == pattern_name) {  // explained by one of its formats
    const std::string instance = name == custom_pattern ? custom_instance : pattern_instance;
    print_name(name);
    print_field("", pattern->summary);
    print_field("source", pattern->source);
    print_field("for one", fmt::format("{}:", instance));
    print_format(format_of(instance, "tristab list"));
    print_example(arithmetic_example(instance));
    return;
  }
  const Format format = format_of(name, "tristab list");
  print_name(name);
  print_field("", known != nullptr ? known->summary : fmt::format("{}: {}", pattern_name, pattern->summary));
  print_field("source", known != nullptr ? known->source : pattern->source);
  print_format(format);
  print_example(arithmetic_example(name));
}

// Explains one of the descriptions.
const Description& print_one(std::span<const Description> all, const std::string& name, const char* kind) {
  const Description& one = find_item(all, name, kind, [](const Description& each) { return each.name; });
  print_description(one);
  print_field("source", one.source);
  print_parameters(one.parameters);
  return one;
}

void list_families(const std::string& name) {
  if (name.empty()) {
    Table table({{"family"}, text_column("what it is", 70)});
    for (const Description& family : family_descriptions()) table.add_row({family.name, family.summary});
    print_table(table);
    return;
  }
  const Description& family = print_one(family_descriptions(), name, "family");
  for (const ModelKind& kind : model_kinds()) {
    const auto chosen = std::ranges::find(family.parameters, kind.parameter, &Parameter::name);
    if (chosen == family.parameters.end() || chosen->choices.empty())
      continue;  // `beta` of the family file is no model
    print_field(kind.parameter, fmt::format("one of these; tristab list {} NAME explains it", kind.listed_as));
    for (const Description& model : kind.models) print_field("", fmt::format("{}: {}", model.name, model.formula));
  }
  print_example(family_example(name));
}

void list_models(const ModelKind& kind, const std::string& name) {
  if (name.empty()) {
    Table table({{kind.parameter}, text_column("what it draws", 70)});
    for (const Description& model : kind.models) table.add_row({model.name, model.formula});
    print_table(table);
    return;
  }
  print_one(kind.models, name, kind.parameter.c_str());
  print_example(model_example(kind.parameter, name));
}

void list_rules(const std::string& name) {
  if (name.empty()) {
    Table table({{"rule"}, text_column("A, for i > j", 42), text_column("recurrence", 40)});
    for (const DeltaRule& rule : delta_rules()) table.add_row({rule.name, rule.formula, rule.recurrence});
    print_table(table);
    fmt::print("\n");
    print_text("G: inclusive running sum of the log decay g inside the chunk.");
    return;
  }
  const DeltaRule& rule = find_item(delta_rules(), name, "rule", [](const DeltaRule& r) { return r.name; });
  print_name(rule.name);
  print_field("recurrence", rule.recurrence);
  print_field("formula", fmt::format("{} for i > j; G is the inclusive running sum of g", rule.formula));
  for (const RulePart& part : rule.parts) {
    const char* shapes[] = {"[tokens, heads]", "[tokens, key heads, d_k]", "[tokens, heads, d_k]",
                            "[tokens, heads, d_v]"};
    print_field(part.name, fmt::format("{} {}{}", shapes[static_cast<int>(part.shape)], part.meaning,
                                       part.optional ? "; absent: ones" : ""));
  }
  print_field("source", rule.source);
  print_example(rule_example(rule));
}

void list_formations(const std::string& name) {
  if (name.empty()) {
    Table table({{"formation"}, text_column("what it does", 38), text_column("formula", 46)});
    for (const Description& formation : formation_descriptions())
      table.add_row({formation.name, formation.summary, formation.formula});
    print_table(table);
    return;
  }
  print_one(formation_descriptions(), name, "formation");
  print_example(formation_example(name));
}

// The formulas of a method and of the methods inside it.
void print_method_formulas(const MethodSpec& spec, const char* header = "formula") {
  print_field(header, fmt::format("{}: {}", spec.name, spec.method->description.formula));
  for (const char* inner : {"diagonal", "base"}) {
    if (!spec.settings.has(inner)) continue;
    const std::vector<MethodSpec> nested = expand_method(spec.settings.at(inner), inner);
    print_method_formulas(nested.front(), "");
  }
}

void list_kernels(const std::string& name) {
  if (name.empty()) {
    Table table({{"kernel"}, {.header = "chunks", .layout = wrapped_cell}, {"known"}, text_column("what it does", 46)});
    for (const RecipeEntry& entry : recipe_entries()) {
      table.add_row({entry.description.name,
                     entry.chunks.empty() ? "any" : fmt::format("{}", fmt::join(entry.chunks, ", ")), entry.known,
                     entry.description.summary});
    }
    print_table(table);
    fmt::print("\n");
    std::string meanings = "Known:";
    for (const Knowledge& each : knowledge()) meanings += fmt::format(" {}, {};", each.name, each.meaning);
    meanings.back() = '.';
    print_text(
        meanings +
        " Bits belong to a launch configuration, not to a kernel's name: what a recipe was compared with, and where "
        "an autotuner may choose otherwise, is in its phases.");
    return;
  }
  const Recipe recipe = expand_recipe(Json(name), "tristab list", "").front();
  print_name(recipe.name);
  print_field("", recipe.summary);
  print_field("source", recipe.date.empty() ? recipe.source : fmt::format("{} (read {})", recipe.source, recipe.date));
  const auto known = std::ranges::find(knowledge(), recipe.known, [](const Knowledge& each) { return each.name; });
  print_field("known", known == knowledge().end() ? "not said" : fmt::format("{}: {}", known->name, known->meaning));
  print_field("chunks", recipe.chunks.empty() ? "any" : fmt::format("{}", fmt::join(recipe.chunks, ", ")));
  for (const std::string& phase : recipe.phases) print_field(&phase == &recipe.phases.front() ? "phases" : "", phase);
  print_field("method", recipe.method.label);
  print_method_formulas(recipe.method);
  if (recipe.formation.kind != Formation::Kind::exact) print_field("A formed", recipe.formation.label);
  if (recipe.layer) print_field("layer", fmt::format("w, u, state and outputs in {}", recipe.layer->name));
  for (const auto& [stage, arithmetic] : recipe.arithmetics) {
    const ArithmeticRow row = describe(arithmetic);
    const Page page = standard_output_page();
    fmt::print("\n{}",
               sentence(fmt::format("stage {}: {}", stage == "*" ? "* (A as stored, and every stage not named)" : stage,
                                    arithmetic.label),
                        page));
    print_field("operands", row.operand);
    print_field("sums", row.accumulator);
    print_field("vector", row.vector);
    print_field("storage", row.storage);
  }
  for (const RecipeEntry& entry : recipe_entries()) {
    if (entry.description.name == name) print_parameters(entry.description.parameters);
  }
  print_example(kernel_example(name, recipe.chunks));
}

// Columns of a result that are no metrics, which `list metrics NAME` explains all the same.
struct OtherColumn {
  std::string name, section, meaning;
  std::vector<std::string> values;  // all that it can be; empty: any
};

std::vector<OtherColumn> other_columns() {
  std::vector<OtherColumn> columns;
  for (const Field& field : record_fields()) {
    if (!field.is_number()) columns.push_back({field.name(), "records", field.info.formula, field.choices});
  }
  for (const MatrixFact& fact : matrix_facts()) {
    const bool is_metric =
        std::ranges::any_of(record_fields(), [&](const Field& field) { return field.name() == fact.name; });
    if (!is_metric) columns.push_back({fact.name, "matrices", fact.formula, {}});
  }
  columns.push_back(
      {"power_max",
       "matrices",
       "max |A^(2^k)_ij| for k = 0, 1, ..., the powers that doubling forms: where one exceeds the largest "
       "number of the format, methods that form it overflow",
       {}});
  columns.push_back({"inverse_decay",
                     "matrices",
                     "max |X_ij| over i - j = 1, 2, 4, ...: how far the inverse reaches from its diagonal",
                     {}});
  for (const LayerQuantity& quantity : layer_quantities())
    columns.push_back({quantity.full_name(), "layers", quantity.formula, {}});
  std::vector<std::string> classes;
  for (const StabilityClassInfo& each : stability_classes)
    classes.push_back(fmt::format("{}: {}", each.name, each.definition));
  columns.push_back(
      {"class", "classes",
       "how errors of a method in an arithmetic grow over the cases of this sweep: slopes of log2(error / u) by "
       "least squares in log2 of the condition number and of the size, two standard errors lower; trivial "
       "inputs left out. The last of the values that applies",
       std::move(classes)});
  return columns;
}

void list_metrics(const std::string& name) {
  std::vector<NumberInfo> numbers;
  for (const Field& field : record_fields()) {
    if (field.is_number()) numbers.push_back(field.info);
  }
  if (name.empty()) {
    Table table({{"metric"}, text_column("formula", 62)});
    for (const NumberInfo& number : numbers) table.add_row({number.name, number.formula});
    print_text("X exact, Xh computed, E = Xh - X, L = I + A, R = L Xh - I, u unit roundoff\n");
    print_table(table);
    print_text(
        "Other columns of a result answer too: fit, for_format, cond_2, power_max, layer.o, class and the like.");
    return;
  }
  const std::vector<OtherColumn> others = other_columns();
  auto other = std::ranges::find(others, name, &OtherColumn::name);
  // A column of `layers` by its own name, unless a metric has the same.
  if (other == others.end() && std::ranges::find(numbers, name, &NumberInfo::name) == numbers.end())
    other = std::ranges::find(others, std::string(layer_prefix) + name, &OtherColumn::name);
  if (other != others.end()) {
    print_name(other->name);
    print_field("meaning", other->meaning);
    print_field("section", other->section);
    for (const std::string& value : other->values) print_field(&value == &other->values.front() ? "values" : "", value);
    return;
  }
  const NumberInfo& number =
      find_item(std::span<const NumberInfo>(numbers), name, "metric", [](const NumberInfo& each) { return each.name; });
  print_name(number.name);
  const auto metric = std::ranges::find(metrics(), name, &MetricInfo::name);
  if (metric != metrics().end() && !metric->whole.empty())
    print_field("", fmt::format("{} over the strictly lower triangle, without the unit diagonal, which hides errors",
                                metric->whole));
  print_field("formula", number.formula);
  print_field("", "X exact, Xh computed, E = Xh - X, L = I + A, R = L Xh - I, u unit roundoff");
  print_field("range", number.range);
  print_field("shows", number.shows);
  print_field("hides", number.hides);
  print_field("undefined", number.undefined);
  constexpr const char* rules[] = {
      "not aggregated", "median and worst over the trials that are not trivial; not finite: infinite",
      "median and worst over the trials that are not trivial", "the largest of all trials", "the sum over all trials"};
  print_field("trials", rules[static_cast<std::size_t>(number.aggregate)]);
  print_field("source", number.source);
  print_example(metric_example(number));
}

void list_gates(const std::string& name) {
  if (name.empty()) {
    Table table({{"gate"}, text_column("passes if", 52), text_column("used by", 24)});
    for (const Gate& gate : gates()) table.add_row({gate.description.name, gate.description.formula, gate.used_by});
    print_text("x the output, y the reference, p the same by a plain method in x's format, L = I + A, X an inverse\n");
    print_table(table);
    fmt::print("\n");
    print_text("Each is evaluated as its owner does. With --require, results must pass it.");
    return;
  }
  const Gate& gate = find_item(gates(), name, "gate", [](const Gate& each) { return each.description.name; });
  print_description(gate.description);
  print_field("used by", gate.used_by);
  print_field("precision", gate.precision);
  print_field("NaN", gate.nonfinite);
  print_field("hole", gate.hole);
  print_field("source", gate.description.source);
  if (!gate.main.empty())
    print_field("short", fmt::format("{0}:VALUE{1} is {0}:{2}=VALUE", name, gate.suffix, gate.main));
  print_parameters(gate.description.parameters);
  print_example(gate_example(name));
}

using Lister = std::function<void(const std::string& name)>;

// By the kinds of vocabularies().
Lister lister_of(const std::string& kind) {
  static const std::map<std::string, Lister> listers = [] {
    std::map<std::string, Lister> all{
        {"methods", list_methods},       {"kernels", list_kernels},   {"arithmetics", list_arithmetics},
        {"formats", list_formats},       {"families", list_families}, {"rules", list_rules},
        {"formations", list_formations}, {"metrics", list_metrics},   {"ceilings", list_ceilings},
        {"gates", list_gates},           {"hardware", list_hardware}};
    for (const ModelKind& models : model_kinds())
      all.emplace(models.listed_as, [&models](const std::string& name) { list_models(models, name); });
    return all;
  }();
  return listers.at(kind);
}

}  // namespace

Command list_command() {
  struct Options {
    std::string kind, name;
    bool codes = false;
  };
  auto options = std::make_shared<Options>();
  std::vector<std::string> kinds;
  for (const Vocabulary& each : vocabularies()) kinds.push_back(each.kind());
  Command command(
      "list", "Explain methods, kernels, arithmetics, families, metrics ...",
      "Without NAME, prints a table of all entries of a kind; with NAME, its formula, source and parameters.",
      {"tristab list methods", "tristab list methods mxr"});
  command.positional("KIND", fmt::format("{}", fmt::join(kinds, "|")).c_str(), options->kind,
                     fmt::format("one of {}", join_names(kinds)));
  command.positional("NAME", "ENTRY", options->name, "an entry, to see its formula, source and parameters", "[NAME]");
  command.flag("--codes", options->codes, "with formats NAME: every code and its value (up to 8 bits)");
  command.run([options, kinds](const Command&) {
    if (options->kind.empty()) refuse("tristab list", "nothing to list", join_names(kinds));
    if (std::ranges::find(kinds, options->kind) == kinds.end())
      throw_unknown_name("tristab list", "kind of thing", options->kind, kinds);
    if (options->codes) return list_codes(options->kind, options->name);
    lister_of(options->kind)(options->name);
  });
  return command;
}

}  // namespace tristab
