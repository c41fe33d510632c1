// tristab invert INPUT: writes the inverses that a method in an arithmetic, or a kernel, returns for the matrices or
// layers of a file, bit for bit.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "command.h"
#include "interrupt.h"
#include "terminal.h"
#include "tristab/arithmetic/presets.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/random.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/npy.h"
#include "tristab/recipe/recipe.h"
#include "tristab/sweep/evaluate.h"
#include "tristab/sweep/formed_input.h"

namespace tristab {
namespace {

constexpr int largest_size = 4096;

struct InvertOptions {
  FilePart input;
  std::string method, arithmetic, kernel, formation, output;
  std::int64_t chunk = 0, trial = -1;
  std::vector<std::string> parameters;
};

bool has(std::span<const Parameter> table, const std::string& name) {
  return std::ranges::find(table, name, &Parameter::name) != table.end();
}

// The key=value words that are options of the file, such as layer=layer6, move into `part`; the others are returned.
Json without_part(const std::vector<std::string>& words, FilePart& part) {
  Json parameters = key_values(words, "tristab invert");
  const std::pair<const char*, std::string*> options[] = {
      {"tensor", &part.tensor}, {"layer", &part.layer}, {"heads", &part.heads}, {"tokens", &part.tokens}};
  for (const auto& [name, text] : options) {
    if (!parameters.contains(name)) continue;
    if (!text->empty()) throw UsageError(fmt::format("tristab invert: {} is given twice; allowed: once", name));
    *text = parameters[name].is_string() ? parameters[name].get<std::string>() : parameters[name].dump();
    parameters.erase(name);
  }
  return parameters;
}

// Gives each key=value to the method or to the arithmetic, whichever has that parameter.
void distribute(const Json& parameters, Json& method, Json& arithmetic) {
  const std::string method_name = method["method"], arithmetic_name = arithmetic["arithmetic"];
  const std::vector<Parameter>& of_method = find_method(method_name, "--method").description.parameters;
  const std::vector<Parameter> of_arithmetic = find_preset(arithmetic_name, "--arithmetic").description.parameters;
  for (const auto& [key, value] : parameters.items()) {
    const bool methods = has(of_method, key), arithmetics = has(of_arithmetic, key);
    if (methods && arithmetics) {
      refuse("tristab invert", fmt::format("{}, which both {} and {} take", key, method_name, arithmetic_name),
             fmt::format("--method {}:{}=... or --arithmetic {}:{}=...", method_name, key, arithmetic_name, key));
    }
    if (!methods && !arithmetics) {
      std::vector<std::string> all;
      all.reserve(of_method.size() + of_arithmetic.size());
      for (const Parameter& parameter : of_method) all.push_back(parameter.name);
      for (const Parameter& parameter : of_arithmetic) all.push_back(parameter.name);
      throw_unknown_name("tristab invert", fmt::format("parameter of {} or {}", method_name, arithmetic_name), key,
                         all);
    }
    Json& owner = methods ? method : arithmetic;
    if (owner.contains(key)) throw UsageError(fmt::format("tristab invert: {} is given twice; allowed: once", key));
    owner[key] = value;
  }
}

struct Inverter {
  MethodSpec method;
  Arithmetic arithmetic;
  std::optional<Recipe> kernel;  // if set, the others are the kernel's
  Formation formation;

  Setting setting() const {
    return {&method, &arithmetic, kernel ? &*kernel : nullptr, kernel ? &kernel->formation : &formation};
  }
};

Json inline_object(const std::string& text, const char* key, const std::string& option) {
  Json object = parse_inline(text, key, option);
  if (!object.is_object() || !object.contains(key) || !object[key].is_string())
    refuse(option, fmt::format("'{}'", text), "a name, or name:key=value");
  return object;
}

// A kernel with its key=value parameters.
Inverter kernel_of(const InvertOptions& options, const Json& parameters) {
  if (!options.method.empty() || !options.arithmetic.empty() || !options.formation.empty())
    refuse("tristab invert", "--kernel with --method, --arithmetic or --formation",
           "--kernel alone, which has all three");
  Json kernel = parse_inline(options.kernel, "kernel", "--kernel");
  kernel.update(parameters);
  std::vector<Recipe> recipes = expand_recipe(kernel, "--kernel", "");
  if (recipes.size() != 1)
    refuse("--kernel", fmt::format("{} settings", recipes.size()), "one value for each parameter");
  return {recipes.front().method, recipes.front().summary_arithmetic, std::move(recipes.front()), {}};
}

Inverter inverter_of(const InvertOptions& options, const Json& parameters) {
  if (!options.kernel.empty()) return kernel_of(options, parameters);
  if (options.method.empty() || options.arithmetic.empty()) {
    refuse("tristab invert", fmt::format("no {}", options.method.empty() ? "--method" : "--arithmetic"),
           "--method M --arithmetic F, or --kernel K");
  }
  Json method = inline_object(options.method, "method", "--method");
  Json arithmetic = inline_object(options.arithmetic, "arithmetic", "--arithmetic");
  distribute(parameters, method, arithmetic);
  const std::vector<MethodSpec> methods = expand_method(method, "--method");
  const std::vector<Arithmetic> arithmetics = expand_arithmetic(arithmetic, "--arithmetic");
  if (methods.size() != 1 || arithmetics.size() != 1) {
    refuse("tristab invert",
           fmt::format("{} settings of the method and {} of the arithmetic", methods.size(), arithmetics.size()),
           "one value for each parameter");
  }
  std::vector<Formation> formations =
      expand_formation(options.formation.empty() ? Json("exact") : Json(options.formation), "--formation");
  if (formations.size() != 1)
    refuse("--formation", fmt::format("{} settings", formations.size()), "one value for each parameter");
  return {methods.front(), arithmetics.front(), std::nullopt, std::move(formations.front())};
}

// The size of the matrices: --chunk, or their own; layers have none.
int size_of_input(const InvertOptions& options, const Source& source) {
  if (options.chunk > 0) return static_cast<int>(options.chunk);
  const std::vector<int> sizes = source.sizes();
  if (sizes.empty()) refuse("--chunk", "nothing", fmt::format("a size from 1 to {}, for layers", largest_size));
  return sizes.front();
}

// float64 if a step of the arithmetic is wider than fp32; else float32, which represents every result.
Dtype output_dtype(const StageArithmetics& stages) {
  const bool fits = std::all_of(stages.begin(), stages.end(), [](const auto& stage) {
    return stage.second->product.format.inside(fp32_format()) && stage.second->vector.format.inside(fp32_format());
  });
  return fits ? Dtype::f32 : Dtype::f64;
}

void invert_input(const InvertOptions& options) {
  end_at_interrupts();  // a large matrix takes minutes
  if (options.input.path.empty())
    refuse("tristab invert", "no input", "tristab invert INPUT --method M --arithmetic F -o X.npy");
  FilePart part = options.input;
  const Json parameters = without_part(options.parameters, part);
  const Inverter inverter = inverter_of(options, parameters);
  if (options.output.empty()) refuse("-o", "nothing", "a .npy file, or - for standard output");
  const FamilySpec spec = expand_family(part.family(), "INPUT").front();
  const std::unique_ptr<Source> source = open_source(spec, 1, 1, "", "INPUT");
  const int n = size_of_input(options, *source);
  if (inverter.kernel) inverter.kernel->check_takes(std::span(&n, 1), "--kernel");
  const int available = source->count(n);
  if (available == 0)
    refuse("--chunk", fmt::format("{}, a size of which {} has no matrix", n, options.input.path),
           fmt::format("{}, the size of its matrices", fmt::join(source->sizes(), ", ")));
  if (options.trial >= available)
    refuse("--trial", std::to_string(options.trial), fmt::format("0 to {}", available - 1));
  const bool one = options.trial >= 0;
  const int first = one ? static_cast<int>(options.trial) : 0, count = one ? 1 : available;
  Machines machines;
  const Setting setting = inverter.setting();
  const Dtype dtype = output_dtype(setting.stages());
  const std::array<std::int64_t, 3> shape{count, n, n};
  NpyFileWriter output(options.output, dtype, shape);
  int nonfinite = 0;
  for (int index = first; index < first + count; ++index) {
    const Problem problem = source->problem(n, index);
    const TokenInputs* tokens = problem.tokens.get();
    const std::optional<Matrix> formed = formed_matrix(tokens, setting, machines);
    const Matrix a = rounded_input(*setting.method, formed ? *formed : problem.a, *setting.arithmetic);
    const Inversion inversion = invert(setting, {a, tokens}, machines, hash_text(problem.id));
    nonfinite += !all_finite(inversion.x);
    output.append(inversion.x.values());
  }
  output.commit();
  const std::string by = setting.kernel != nullptr
                             ? fmt::format("by the kernel {}", setting.kernel->label)
                             : fmt::format("by {} in {}", setting.method->label, setting.arithmetic->label);
  tell(fmt::format("{} {} {} x {} {}, {}, {} non-finite: {}", count, count == 1 ? "inverse" : "inverses", n, n, by,
                   dtype == Dtype::f64 ? "float64" : "float32", nonfinite,
                   options.output == "-" ? "standard output" : options.output));
}

}  // namespace

Command invert_command() {
  auto options = std::make_shared<InvertOptions>();
  InvertOptions& o = *options;
  Command command(
      "invert", "Write inverses of a method or kernel, bit for bit, as .npy",
      R"(Writes (I + A)^-1, [batch, n, n], to compare with the output of your own kernel: in float32, or in float64 if a
step of the arithmetic is wider than fp32.)",
      {"tristab generate ones -o A.npy", "tristab invert A.npy --method mxr --arithmetic fp16 block=16 -o X.npy"});
  command.positional("INPUT", "FILE.npy|npz|safetensors", o.input.path,
                     R"(.npy, .npz or .safetensors; - for standard input
Matrices A, [n, n] or [batch, n, n]; a tensor [tokens, heads, n]; or the k, beta and g of a layer.)");
  command.positional("PARAMETERS", "SETTINGS", o.parameters, R"(key=value of the method, the arithmetic or the kernel
Or of the file: layer=layer6 is --layer layer6.)",
                     "[PARAMETERS]...");
  command.group("How to invert");
  command.option("--method,--methods", "METHOD", o.method, "method, such as mxr or mxr:block=8");
  command.option("--arithmetic,--arithmetics", "ARITHMETIC", o.arithmetic,
                 "arithmetic, such as fp16 or int8:scale=row");
  command.option("--formation,--formations", "FORMATION", o.formation, R"(how A is formed from k, beta and g (exact)
For the layers of a file: one of tristab list formations, gram:product=bf16-h100 for instance.)");
  command.option("--kernel,--kernels", "KERNEL", o.kernel, R"(kernel instead of these: fla-solve-tril or my.json
A name from tristab list kernels, or the path of a recipe file (JSON). It has its own method, arithmetics and
formation.)");
  command.group("Which part of a file");
  command.option("--tensor", "NAME", o.input.tensor, "the tensor that holds A");
  command.option("--layer", "NAME", o.input.layer, "the layer whose k, beta and g give A");
  command.option("--chunk,--chunks", "N", WholeNumber{&o.chunk, 1, largest_size}, "chunk size of a layer");
  command.option("--trial", "N", WholeNumber{&o.trial, 0, std::int64_t{1} << 31}, "only matrix N; 0 is the first");
  command.option("--heads", "HEADS", o.input.heads, "its heads, such as 0,1 (all)");
  command.option("--tokens", "RANGE", o.input.tokens, "its tokens, such as 0:512 (all)");
  command.group("Output");
  command.output("-o,--output", "FILE.npy", o.output, "file of the inverses; - for standard output");
  command.force();
  command.run([options](const Command&) { invert_input(*options); });
  return command;
}

}  // namespace tristab
