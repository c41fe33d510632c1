#include "tristab/library/library.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/json_reader.h"
#include "tristab/base/json_text.h"
#include "tristab/judge/kernel_output.h"
#include "tristab/library/given_arrays.h"
#include "tristab/report/tool_info.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/matrix_evaluation.h"

namespace tristab::library {
namespace {

// A name with parameters, or an object.
JsonValue named(const std::string& text) {
  return text.starts_with('{') ? JsonValue(parse_json(text)) : JsonValue(text);
}

std::shared_ptr<const DeclaredSetting> declared_by(const SettingNames& names) {
  return std::make_shared<const DeclaredSetting>(names, Wording{"tristab", ""});
}

// One matrix, or a batch.
std::vector<Matrix> matrices_of(const ArrayView& array, const std::string& name) {
  const MemoryFile memory(name, {{"array", array.dtype, array.shape, array.data}});
  const auto file = TensorFile::open(name);
  const Tensor& tensor = file->tensors().front();
  const std::vector<std::int64_t>& shape = tensor.shape;
  if (shape.size() < 2 || shape.size() > 3 || shape.back() != shape[shape.size() - 2] || tensor.elements() == 0)
    throw InputError(name + " has the shape " + tensor.shape_text() + "; allowed: [n, n] or [batch, n, n]");
  const int n = static_cast<int>(shape.back());
  std::vector<Matrix> all(shape.size() == 3 ? static_cast<std::size_t>(shape[0]) : 1, Matrix(n, n));
  std::int64_t first = 0;
  for (Matrix& each : all) {
    file->read_results(tensor, {first, n, n, n}, each.values().data());
    first += std::int64_t{n} * n;
  }
  return all;
}

Json parameter_json(const Parameter& parameter) {
  return {{"name", parameter.name},
          {"default", parameter.default_value.json()},
          {"allowed", parameter.allowed()},
          {"help", parameter.help}};
}

Json description_json(const Description& description) {
  Json parameters = Json::array();
  for (const Parameter& parameter : description.parameters) parameters.push_back(parameter_json(parameter));
  return {{"name", description.name},
          {"summary", description.summary},
          {"formula", description.formula},
          {"source", description.source},
          {"parameters", std::move(parameters)}};
}

Json descriptions_json(std::span<const Description> descriptions) {
  Json list = Json::array();
  for (const Description& each : descriptions) list.push_back(description_json(each));
  return list;
}

}  // namespace

Array::Array(Dtype dtype, std::vector<std::int64_t> shape)
    : dtype_(dtype),
      shape_(std::move(shape)),
      bytes_(std::make_shared<std::byte[]>(static_cast<std::size_t>(elements()) *
                                           static_cast<std::size_t>(size_of(dtype)))) {}

std::int64_t Array::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape_) product *= extent;
  return product;
}

void Array::store(std::int64_t first, const double* numbers, std::int64_t count) {
  std::byte* const to = bytes_.get() + first * size_of(dtype_);
  if (dtype_ == Dtype::f64) {
    std::memcpy(to, numbers, static_cast<std::size_t>(count) * sizeof(double));
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const auto number = static_cast<float>(numbers[i]);
    std::memcpy(to + i * static_cast<std::int64_t>(sizeof number), &number, sizeof number);
  }
}

Inverter::Inverter(const std::string& kernel) : declared_(declared_by({.kernel = named(kernel)})) {}

Inverter::Inverter(const std::string& method, const std::string& arithmetic, const std::string& formation)
    : declared_(
          declared_by({.method = named(method), .arithmetic = named(arithmetic), .formation = named(formation)})) {}

std::string Inverter::label() const { return declared_->label(); }
Dtype Inverter::dtype() const { return result_dtype(declared_->setting()); }
std::vector<int> Inverter::chunks() const { return declared_->kernel ? declared_->kernel->chunks : std::vector<int>(); }

Reference reference(const ArrayView& a) {
  const GivenArrays given({{"A", a}});
  const OpenedInput input = given.open("tristab.reference", 0);
  const std::int64_t size = std::int64_t{input.n} * input.n;
  Reference all{Array(Dtype::f64, a.shape), Array(Dtype::f64, a.shape),
                std::vector<double>(static_cast<std::size_t>(input.available))};
  on_all_cores(input.available, [&](int index, Machines&) {
    const tristab::Reference one = invert_reference(input.source->problem(input.n, index).a);
    all.high.store(index * size, one.high.values().data(), size);
    all.low.store(index * size, one.low.values().data(), size);
    all.residual[static_cast<std::size_t>(index)] = one.residual;
  });
  return all;
}

Measurement measure(const ArrayView& a, const ArrayView& t, const std::optional<Inverter>& inverter,
                    const std::string& require) {
  const GivenArrays given({{"A", a}});
  const Recipe* kernel = inverter && inverter->declared().kernel ? &*inverter->declared().kernel : nullptr;
  const OpenedInput input = given.open("tristab.measure", 0, kernel);
  const std::vector<Matrix> results = matrices_of(t, "T");
  if (static_cast<int>(results.size()) != input.available || results.front().rows() != input.n)
    refuse_input("T", std::to_string(results.size()) + " matrices of size " + std::to_string(results.front().rows()),
                 "as many as A has, of the same size");
  const PlainSetting plain(format_of_dtype(t.dtype));
  const Setting setting = inverter ? inverter->declared().setting().without_formation() : plain.setting();
  Scenario scenario;
  scenario.requirement = Requirement(require, "require");
  if (scenario.requirement.bounds_layers() || !scenario.requirement.is_about_matrices())
    refuse("require", "'" + require + "'", "a requirement about the inverse, such as 4x-bf16");
  scenario.compare_with_given = !inverter.has_value();
  Measurement all;
  for (const Field& field : record_fields()) {
    if (field.is_number() && field.presence == Field::Presence::always) all.names.push_back(field.name());
  }
  const auto count = static_cast<std::size_t>(input.available);
  all.numbers.assign(all.names.size(), std::vector<double>(count, nan));
  all.status.resize(count);
  all.for_format.resize(count);
  all.fit.resize(count);
  on_all_cores(input.available, [&](int index, Machines& machines) {
    const auto k = static_cast<std::size_t>(index);
    Problem problem = input.source->problem(input.n, index);
    MatrixResult result;
    result.input = {&scenario, &input.spec, input.n};
    result.id = problem.id;
    MatrixEvaluation evaluation(scenario, infinity, std::move(problem), result);
    if (evaluation.given() == nullptr) throw InputError("A: " + evaluation.failure());
    Inversion inversion;
    inversion.x = inversion.before_output = results[k];
    const Record record = evaluation.judged(setting, std::move(inversion), machines);
    for (std::size_t name = 0; name < all.names.size(); ++name) {
      const Measured number = find_field(all.names[name])->number(result, record);
      all.numbers[name][k] = number.value;
    }
    all.status[k] = status_name(record.status);
    if (record.for_format) all.for_format[k] = name_of(*record.for_format);
    if (record.fit) all.fit[k] = name_of(*record.fit);
  });
  return all;
}

std::string list(const std::string& kind) {
  Json all = Json::array();
  if (kind == "kernels") {
    for (const RecipeEntry& entry : recipe_entries()) {
      Json one = description_json(entry.description);
      one.update({{"chunks", entry.chunks}, {"date", entry.date}, {"known", entry.known}});
      all.push_back(std::move(one));
    }
  } else if (kind == "methods") {
    for (const Method& method : methods()) {
      Json one = description_json(method.description);
      one.update({{"cost", method.cost}, {"stability", method.stability}, {"stages", method.stages}});
      all.push_back(std::move(one));
    }
  } else if (kind == "arithmetics") {
    all = descriptions_json(arithmetic_descriptions());
  } else if (kind == "formations") {
    all = descriptions_json(formation_descriptions());
  } else if (kind == "families") {
    all = descriptions_json(family_descriptions());
  } else {
    const std::vector<std::string> kinds{"kernels", "methods", "arithmetics", "formations", "families"};
    throw_unknown_name("tristab.list", "kind", kind, kinds);
  }
  return json_text(all);
}

std::string version() { return tool_info().version; }

void interrupt(bool on) { interruption() = on; }

}  // namespace tristab::library
