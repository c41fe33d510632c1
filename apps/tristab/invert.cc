// tristab invert INPUT: what one method in one arithmetic returns, bit for bit, for matrices or layers of a
// file.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "command.h"
#include "interrupt.h"
#include "npy_output.h"
#include "standard_input.h"
#include "tristab/base/errors.h"
#include "tristab/base/random.h"
#include "tristab/recipe/recipe.h"
#include "tristab/sweep/evaluate.h"
#include "tristab/sweep/formed_input.h"
#include "tristab/sweep/label.h"

namespace tristab {
namespace {

constexpr int largest_size = 4096;

struct InvertOptions {
  std::string input, method, arithmetic, kernel, formation, output;
  std::string tensor, layer, chunk, tokens, heads;
  std::vector<std::string> parameters;
};

std::vector<std::string> names_of(std::span<const Parameter> table) {
  std::vector<std::string> names;
  for (const Parameter& parameter : table) names.push_back(parameter.name);
  return names;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Gives each key=value to the one of method and arithmetic that has it.
void distribute(const Json& parameters, Json& method, Json& arithmetic) {
  const std::string method_name = method["method"], arithmetic_name = arithmetic["arithmetic"];
  const std::vector<std::string> of_method =
      names_of(find_method(method_name, "--method").description.parameters);
  const std::vector<std::string> of_arithmetic = names_of(arithmetic_parameters(arithmetic_name));
  for (const auto& [key, value] : parameters.items()) {
    const bool methods = contains(of_method, key), arithmetics = contains(of_arithmetic, key);
    if (methods && arithmetics) {
      throw UsageError(
          fmt::format("tristab invert: found {}, which both {} and {} take; allowed: --method {}:{}=... or "
                      "--arithmetic {}:{}=...",
                      key, method_name, arithmetic_name, method_name, key, arithmetic_name, key));
    }
    if (!methods && !arithmetics) {
      std::vector<std::string> all = of_method;
      all.insert(all.end(), of_arithmetic.begin(), of_arithmetic.end());
      throw_unknown_name("tristab invert", fmt::format("parameter of {} or {}", method_name, arithmetic_name),
                         key, all);
    }
    Json& owner = methods ? method : arithmetic;
    if (owner.contains(key))
      throw UsageError(fmt::format("tristab invert: {} is given twice; allowed: once", key));
    owner[key] = value;
  }
}

struct Inverter {
  MethodSpec method;
  Arithmetic arithmetic;
  std::optional<Recipe> kernel;  // then method, arithmetic and formation are its own
  Formation formation;

  Setting setting() const {
    return {&method, &arithmetic, kernel ? &*kernel : nullptr, kernel ? &kernel->formation : &formation};
  }
};

Json inline_object(const std::string& text, const char* key, const std::string& option) {
  Json object = parse_inline(text, key, option);
  if (!object.is_object() || !object.contains(key) || !object[key].is_string()) {
    throw UsageError(fmt::format("{}: found '{}'; allowed: a name, or name:key=value", option, text));
  }
  return object;
}

// A kernel with its key=value parameters.
Inverter kernel_of(const InvertOptions& options) {
  if (!options.method.empty() || !options.arithmetic.empty() || !options.formation.empty())
    throw UsageError(
        "tristab invert: found --kernel with --method, --arithmetic or --formation; allowed: a kernel, which "
        "has "
        "all three");
  Json kernel = parse_inline(options.kernel, "kernel", "--kernel");
  kernel.update(key_values(options.parameters, "tristab invert"));
  std::vector<Recipe> recipes = expand_recipe(kernel, "--kernel", "");
  if (recipes.size() != 1) {
    throw UsageError(
        fmt::format("--kernel: found {} settings; allowed: one value for each parameter", recipes.size()));
  }
  return {recipes.front().method, recipes.front().summary_arithmetic, std::move(recipes.front()), {}};
}

Inverter inverter_of(const InvertOptions& options) {
  if (!options.kernel.empty()) return kernel_of(options);
  if (options.method.empty() || options.arithmetic.empty()) {
    throw UsageError(
        fmt::format("tristab invert: found no {}; allowed: --method M --arithmetic F, or --kernel K",
                    options.method.empty() ? "--method" : "--arithmetic"));
  }
  Json method = inline_object(options.method, "method", "--method");
  Json arithmetic = inline_object(options.arithmetic, "arithmetic", "--arithmetic");
  distribute(key_values(options.parameters, "tristab invert"), method, arithmetic);
  const std::vector<MethodSpec> methods = expand_method(method, "--method");
  const std::vector<Arithmetic> arithmetics = expand_arithmetic(arithmetic, "--arithmetic");
  if (methods.size() != 1 || arithmetics.size() != 1) {
    throw UsageError(
        fmt::format("tristab invert: found {} settings of the method and {} of the arithmetic; allowed: one "
                    "value for each parameter",
                    methods.size(), arithmetics.size()));
  }
  std::vector<Formation> formations =
      expand_formation(options.formation.empty() ? Json("exact") : Json(options.formation), "--formation");
  if (formations.size() != 1) {
    throw UsageError(fmt::format("--formation: found {} settings; allowed: one value for each parameter",
                                 formations.size()));
  }
  return {methods.front(), arithmetics.front(), std::nullopt, std::move(formations.front())};
}

// The size of the matrices: --chunk, or what the file's tensor says.
int size_of_input(const InvertOptions& options, const TensorFile& file) {
  if (!options.chunk.empty())
    return static_cast<int>(whole_number("--chunk", options.chunk, 1, largest_size));
  const Tensor* tensor = options.tensor.empty() ? nullptr : file.find(options.tensor);
  if (tensor == nullptr && options.layer.empty() && file.tensors().size() == 1)
    tensor = &file.tensors().front();
  if (tensor == nullptr) {
    throw UsageError(
        fmt::format("--chunk: found nothing; allowed: a size from 1 to {}, for layers", largest_size));
  }
  const std::int64_t n = tensor->shape.empty() ? 0 : tensor->shape.back();
  if (n < 1 || n > largest_size) {
    throw InputError(
        fmt::format("{}: tensor {} has the shape {}; allowed: [n, n], [batch, n, n] or [tokens, heads, n] "
                    "with n from 1 to {}",
                    options.input, tensor->name, tensor->shape_text(), largest_size));
  }
  return static_cast<int>(n);
}

// Doubles where a step of the arithmetic is wider than fp32, else fp32, which holds every result.
Dtype output_dtype(const StageArithmetics& stages) {
  const bool fits = std::all_of(stages.begin(), stages.end(), [](const auto& stage) {
    return stage.second->product.format.inside(fp32_format()) &&
           stage.second->vector.format.inside(fp32_format());
  });
  return fits ? Dtype::f32 : Dtype::f64;
}

void invert_all(const InvertOptions& options, const std::string& path) {
  const Inverter inverter = inverter_of(options);
  if (options.output.empty())
    throw UsageError("-o: found nothing; allowed: a .npy file, or - for standard output");
  Json family{{"family", "file"}, {"path", path}};
  const std::pair<const char*, const std::string*> given[] = {{"tensor", &options.tensor},
                                                              {"layer", &options.layer},
                                                              {"heads", &options.heads},
                                                              {"tokens", &options.tokens}};
  for (const auto& [name, text] : given) {
    if (!text->empty()) family[name] = *text;
  }
  const FamilySpec spec = expand_family(family, "tristab invert").front();
  const std::unique_ptr<Source> source = open_source(spec, 1, 1, "", "tristab invert");
  const int n = size_of_input(options, *TensorFile::open(path));
  const int count = source->count(n);
  if (count == 0) {
    throw UsageError(
        fmt::format("--chunk: found {}, a size of which {} has no matrix; allowed: a size that it has", n,
                    options.input));
  }
  const std::atomic<bool>& stop = listen_for_interrupts();
  Machines machines;
  const std::optional<Recipe>& kernel = inverter.kernel;
  const StageArithmetics stages = kernel ? kernel->stages() : StageArithmetics{{"*", &inverter.arithmetic}};
  const Setting setting = inverter.setting();
  const Dtype dtype = output_dtype(stages);
  NpyOutput output(options.output, dtype, count, n);
  int nonfinite = 0;
  for (int index = 0; index < count; ++index) {
    if (stop) throw Stopped{};
    const Problem problem = source->problem(n, index);
    const TokenInputs* tokens = problem.tokens.get();
    const std::optional<Matrix> formed = formed_matrix(tokens, setting, machines);
    std::optional<Decay> decay;
    if (inverter.method.method->needs_decay) decay = decay_of(tokens, inverter.arithmetic);
    const Matrix a = round_input(formed ? *formed : problem.a, inverter.arithmetic);
    const Inversion inversion = invert(setting, a, decay, machines, hash_text(problem.id));
    nonfinite += !std::all_of(inversion.x.values().begin(), inversion.x.values().end(),
                              [](double x) { return std::isfinite(x); });
    output.append(inversion.x);
  }
  output.commit();
  const std::string by =
      kernel ? fmt::format("by the kernel {}", label_of(*kernel))
             : fmt::format("by {} in {}", label_of(inverter.method), label_of(inverter.arithmetic));
  fmt::print(stderr, "{} inverses {} x {} {}, {}, {} non-finite: {}\n", count, n, n, by,
             dtype == Dtype::f64 ? "float64" : "float32", nonfinite,
             options.output == "-" ? "standard output" : options.output);
}

// Messages name standard input, not the file that stands for it.
std::string with_name(std::string message, const std::string& path, const std::string& name) {
  for (std::size_t at = message.find(path); at != std::string::npos; at = message.find(path)) {
    message.replace(at, path.size(), name);
  }
  return message;
}

void invert_command(const CLI::App& command, const InvertOptions& options) {
  refuse_leftovers(command);
  if (options.input.empty()) {
    throw UsageError(
        "tristab invert: found no input; allowed: tristab invert INPUT --method M --arithmetic F -o X.npy");
  }
  if (options.input != "-") return invert_all(options, options.input);
  const std::string path = buffer_standard_input();
  try {
    invert_all(options, path);
  } catch (const UsageError& error) {
    throw UsageError(with_name(error.what(), path, "standard input"));
  } catch (const InputError& error) {
    throw InputError(with_name(error.what(), path, "standard input"));
  }
}

}  // namespace

void add_invert(CLI::App& app) {
  auto options = std::make_shared<InvertOptions>();
  CLI::App* command =
      app.add_subcommand("invert", R"(Write what one method or kernel returns, bit for bit, as .npy
To hold one's own kernel against: (I + A)^-1 in float32, [batch, n, n], or in float64 where a step of the arithmetic is
wider.)");
  command->allow_extras();
  command
      ->add_option("INPUT", options->input, R"(.npy, .npz or .safetensors; -: .npy on standard input
Matrices A, [n, n] or [batch, n, n]; a tensor [tokens, heads, n]; or the k, beta and g of a layer.)")
      ->type_name("FILE.npy|npz|safetensors");
  command
      ->add_option("PARAMETERS", options->parameters, "key=value of the method, the arithmetic or the kernel")
      ->type_name("SETTINGS")
      ->option_text("[PARAMETERS]...");
  const char* const how = "How to invert";
  command->add_option("--method", options->method, "method, mxr or mxr:block=8")
      ->type_name("METHOD")
      ->group(how);
  command->add_option("--arithmetic", options->arithmetic, "arithmetic, fp16 or int8:scale=row")
      ->type_name("ARITHMETIC")
      ->group(how);
  command
      ->add_option("--formation", options->formation, R"(how A is formed from k, beta and g (exact)
For the layers of a file: one of tristab list formations, gram:product=bf16-h100 for instance.)")
      ->type_name("FORMATION")
      ->group(how);
  command
      ->add_option("--kernel", options->kernel, R"(kernel instead of these, fla-solve-tril or my.json
Method, arithmetic and formation are its own.)")
      ->type_name("KERNEL")
      ->group(how);
  const char* const part = "Which part of a .npz or .safetensors file";
  command->add_option("--tensor", options->tensor, "the tensor that holds A")->type_name("NAME")->group(part);
  command->add_option("--layer", options->layer, "the layer whose k, beta and g give A")
      ->type_name("NAME")
      ->group(part);
  command->add_option("--chunk", options->chunk, "chunk size of a layer")->type_name("N")->group(part);
  command->add_option("--heads", options->heads, "its heads, 0,1 (all)")->type_name("HEADS")->group(part);
  command->add_option("--tokens", options->tokens, "its tokens, 0:512 (all)")
      ->type_name("RANGE")
      ->group(part);
  command->add_option("-o,--output", options->output, "the inverses, - for standard output")
      ->type_name("FILE.npy")
      ->group("Output");
  command->footer(R"(tristab generate ones -o A.npy
tristab invert A.npy --method mxr --arithmetic bf16 block=16 -o X.npy)");
  command->callback([command, options] { invert_command(*command, *options); });
}

}  // namespace tristab
