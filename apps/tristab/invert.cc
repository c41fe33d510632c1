// tristab invert INPUT: writes the inverses that a method in an arithmetic, or a kernel, returns for the matrices or
// layers of a file, bit for bit.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "command.h"
#include "interrupt.h"
#include "terminal.h"
#include "tristab/arithmetic/presets.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/library/declared_setting.h"
#include "tristab/library/opened_input.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/npy.h"

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

Json inline_object(const std::string& text, const char* key, const std::string& option) {
  Json object = parse_inline(text, key, option);
  if (!object.is_object() || !object.contains(key) || !object[key].is_string())
    refuse(option, fmt::format("'{}'", text), "a name, or name:key=value");
  return object;
}

// What was named, each with its key=value parameters.
SettingNames names_of(const InvertOptions& options, const Json& parameters) {
  SettingNames names;
  names.formation = options.formation;
  if (!options.kernel.empty()) {
    Json kernel = parse_inline(options.kernel, "kernel", "--kernel");
    kernel.update(parameters);
    names.kernel = std::move(kernel);
  }
  Json method, arithmetic;
  if (!options.method.empty()) method = inline_object(options.method, "method", "--method");
  if (!options.arithmetic.empty()) arithmetic = inline_object(options.arithmetic, "arithmetic", "--arithmetic");
  if (names.kernel.is_null() && !method.is_null() && !arithmetic.is_null()) distribute(parameters, method, arithmetic);
  names.method = std::move(method);
  names.arithmetic = std::move(arithmetic);
  return names;
}

void invert_input(const InvertOptions& options) {
  end_at_interrupts();  // a large matrix takes minutes
  if (options.input.path.empty())
    refuse("tristab invert", "no input", "tristab invert INPUT --method M --arithmetic F -o X.npy");
  FilePart part = options.input;
  const Json parameters = without_part(options.parameters, part);
  const Wording wording{"tristab invert"};
  const DeclaredSetting declared(names_of(options, parameters), wording);
  if (options.output.empty()) refuse("-o", "nothing", "a .npy file, or - for standard output");
  const auto [spec, source, n, available] =
      open_chosen(part.family(), options.chunk, 0, declared.kernel ? &*declared.kernel : nullptr, options.input.path,
                  "INPUT", wording);
  if (options.trial >= available)
    refuse("--trial", std::to_string(options.trial), fmt::format("0 to {}", available - 1));
  const bool one = options.trial >= 0;
  const int first = one ? static_cast<int>(options.trial) : 0, count = one ? 1 : available;
  Machines machines;
  const Setting setting = declared.setting();
  const Dtype dtype = result_dtype(setting);
  const std::array<std::int64_t, 3> shape{count, n, n};
  NpyFileWriter output(options.output, dtype, shape);
  int nonfinite = 0;
  for (int index = first; index < first + count; ++index) {
    const Inversion inversion = computed_inverse(source->problem(n, index), setting, machines);
    nonfinite += !all_finite(inversion.x);
    output.append(inversion.x.values());
  }
  output.commit();
  tell(fmt::format("{} {} {} x {} {}, {}, {} non-finite: {}", count, count == 1 ? "inverse" : "inverses", n, n,
                   declared.label(), dtype == Dtype::f64 ? "float64" : "float32", nonfinite,
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
  o.input.declare(command);
  command.option("--chunk,--chunks", "N", WholeNumber{&o.chunk, 1, largest_size}, "chunk size of a layer");
  command.option("--trial", "N", WholeNumber{&o.trial, 0, std::int64_t{1} << 31}, "only matrix N; 0 is the first");
  command.group("Output");
  command.output("-o,--output", "FILE.npy", o.output, "file of the inverses; - for standard output");
  command.force();
  command.run([options](const Command&) { invert_input(*options); });
  return command;
}

}  // namespace tristab
