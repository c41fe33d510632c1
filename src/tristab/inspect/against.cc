#include "tristab/inspect/against.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "tristab/base/errors.h"
#include "tristab/format/format.h"
#include "tristab/matrix/tensor_file.h"
#include "tristab/sweep/field.h"

namespace tristab {
namespace {

struct NamedTensor {
  std::shared_ptr<const TensorFile> file;
  const Tensor* tensor;
};

// Every tensor by name; that of a .npy file is called like the file.
std::map<std::string, NamedTensor> tensors_in(const std::filesystem::path& path) {
  std::map<std::string, NamedTensor> found;
  const auto add = [&](const std::filesystem::path& file) {
    const auto opened = TensorFile::open(file);
    for (const Tensor& tensor : opened->tensors())
      found[file.extension() == ".npy" ? file.stem().string() : tensor.name] = {opened, &tensor};
  };
  if (!std::filesystem::is_directory(path)) {
    add(path);
    return found;
  }
  std::vector<std::filesystem::path> files;
  std::error_code error;
  const std::filesystem::directory_iterator entries(path, error);
  if (error)
    throw InputError(
        fmt::format("{}: cannot read: {}; allowed: a folder that can be read", path.string(), error.message()));
  for (const auto& entry : entries) {
    if (entry.path().extension() == ".npy" || entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const std::filesystem::path& file : files) add(file);
  return found;
}

// Throws InputError if the shape is another one.
void check_shape(const NamedTensor& named, const std::string& name, const SiteOperation& operation) {
  std::vector<std::int64_t> wanted{operation.rows, operation.columns};
  if (operation.batch > 1) wanted.insert(wanted.begin(), operation.batch);
  std::vector<std::int64_t> shape = named.tensor->shape;
  while (shape.size() > wanted.size() && shape.front() == 1) shape.erase(shape.begin());
  if (shape == wanted) return;
  throw InputError(fmt::format("{}: tensor {}: found the shape {}; allowed: [{}], that of step {} of {}",
                               named.file->path(), name_text(name), named.tensor->shape_text(), fmt::join(wanted, ", "),
                               operation.step, operation.stage));
}

StepComparison compared(const NamedTensor& named, const std::string& name, const SiteOperation& operation) {
  check_shape(named, name, operation);
  StepComparison result;
  result.stage = operation.stage;
  result.step = operation.step;
  result.tensor = name;
  result.elements = static_cast<std::int64_t>(operation.high.size());
  result.format = operation.format;
  std::vector<double> values(operation.high.size());
  const Format format = operation.format.empty() ? fp64_format() : format_of(operation.format, "inspect");
  named.file->read_results(*named.tensor, {0, 1, result.elements, result.elements}, values.data());
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double found = values[k], expected = operation.high[k];
    if (found == expected && std::signbit(found) == std::signbit(expected)) continue;
    if (!std::isfinite(found) && !std::isfinite(expected)) continue;
    ++result.differing;
    const double difference = std::fabs(found - expected) / format.ulp(expected);
    const double ulps = std::isfinite(difference) ? difference : infinity;
    if (result.differing > 1 && ulps <= result.ulps) continue;
    const auto columns = static_cast<std::size_t>(operation.columns), rows = static_cast<std::size_t>(operation.rows);
    result.ulps = ulps;
    result.block = static_cast<int>(k / columns / rows);
    result.row = static_cast<int>(k / columns % rows);
    result.column = static_cast<int>(k % columns);
    result.found = found;
    result.expected = expected;
  }
  return result;
}

}  // namespace

const StepComparison* Against::first_that_parts() const {
  const auto found = std::ranges::find_if(steps, [](const StepComparison& step) { return step.differing > 0; });
  return found == steps.end() ? nullptr : &*found;
}

Against compare_steps(const SiteExperiment& experiment, const std::string& path) {
  std::map<std::string, NamedTensor> tensors = tensors_in(path);
  Against against;
  std::vector<std::string> allowed;
  for (std::size_t k = 1; k < experiment.operations().size(); ++k) {
    const SiteOperation& operation = experiment.operations()[k];
    auto found = tensors.end();
    for (const char* separator : {".", "_", "-"}) {
      const std::string name = fmt::format("{}{}{}", operation.stage, separator, operation.step);
      if (separator[0] == '.') allowed.push_back(name);
      if (found == tensors.end()) found = tensors.find(name);
    }
    if (found == tensors.end()) {
      ++against.without_tensor;
      continue;
    }
    against.steps.push_back(compared(found->second, found->first, operation));
    tensors.erase(found);
  }
  for (const auto& [name, tensor] : tensors) against.unknown.push_back(name);
  if (!against.steps.empty()) return against;
  const std::string names = allowed.size() > 12 ? fmt::format("{} to {}", allowed.front(), allowed.back())
                                                : fmt::format("{}", fmt::join(allowed, ", "));
  refuse("--against",
         against.unknown.empty() ? fmt::format("no tensor in {}", path)
                                 : fmt::format("{} in {}", name_text(against.unknown.front()), path),
         fmt::format("tensors that are named by stage and step: {}", names));
}

}  // namespace tristab
