#include "tristab/judge/kernel_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

constexpr const char* kNames[] = {"T", "w", "u", "o", "state"};

// What tensors are called, the last part of a name.
const std::map<std::string, OutputPart, std::less<>>& known_names() {
  static const std::map<std::string, OutputPart, std::less<>> names{{"T", OutputPart::inverse},
                                                                    {"Ai", OutputPart::inverse},
                                                                    {"X", OutputPart::inverse},
                                                                    {"w", OutputPart::w},
                                                                    {"u", OutputPart::u},
                                                                    {"o", OutputPart::o},
                                                                    {"state", OutputPart::state},
                                                                    {"ht", OutputPart::state},
                                                                    {"final_state", OutputPart::state},
                                                                    {"inverse", OutputPart::inverse}};
  return names;
}

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }
std::string prefix_of(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

}  // namespace

const Format& format_of_dtype(Dtype dtype) {
  static const Format fp16 = format_of("fp16", ""), bf16 = format_of("bf16", "");
  return dtype == Dtype::f16 ? fp16 : dtype == Dtype::bf16 ? bf16 : dtype == Dtype::f32 ? fp32_format() : fp64_format();
}

const char* name_of(OutputPart part) { return kNames[static_cast<std::size_t>(part)]; }

KernelOutput::KernelOutput(const std::string& path, const std::string& name, const std::string& layer, int n,
                           std::optional<int> matrices, std::string_view place)
    : matrices_(matrices), file_(TensorFile::open(path)) {
  const std::vector<Tensor>& all = file_->tensors();
  const auto take = [&](const Tensor& tensor, OutputPart part) {
    if (!is_floating(tensor.dtype))
      throw InputError(fmt::format("{}: tensor {} has dtype {}; allowed: F64, F32, F16, BF16", file_->path(),
                                   name_text(tensor.name), tensor.dtype_name));
    tensors_[static_cast<std::size_t>(part)] = &tensor;
  };
  if (const Tensor* only = name.empty() && all.size() == 1 ? &all.front() : file_->find(name); only != nullptr) {
    const auto known = known_names().find(last_part(only->name));
    const bool is_inverse = !only->shape.empty() && only->shape.back() == n;
    if (known == known_names().end() && !is_inverse)
      refuse_shape(*only,
                   fmt::format("inverses, whose last axis is {}, or a tensor called {}", n, fmt::join(kNames, ", ")));
    take(*only, known == known_names().end() ? OutputPart::inverse : known->second);
    find_layout(n);
    return;
  }
  std::map<std::string, std::vector<const Tensor*>> by_prefix;
  for (const Tensor& tensor : all) {
    if (known_names().contains(last_part(tensor.name))) by_prefix[prefix_of(tensor.name)].push_back(&tensor);
  }
  std::vector<std::string> prefixes, names;
  for (const auto& [prefix, tensors] : by_prefix) prefixes.push_back(prefix);
  for (const Tensor& tensor : all) names.push_back(tensor.name);
  const std::string wanted = !name.empty() ? name : prefixes.size() == 1 ? prefixes.front() : layer;
  const auto chosen = by_prefix.find(wanted);
  if (chosen == by_prefix.end()) {
    const std::string where = fmt::format("{}: {}", place, file_->path());
    if (!name.empty()) {
      prefixes.insert(prefixes.end(), names.begin(), names.end());
      throw_unknown_name(where, "tensor or prefix", name, prefixes);
    }
    refuse(where, fmt::format("the tensors {}", join_names(names)),
           prefixes.empty() ? fmt::format("--output-tensor with the one that holds the inverses, or tensors called {}",
                                          fmt::join(kNames, ", "))
                            : fmt::format("--output-tensor with one of {}", join_names(prefixes)));
  }
  for (const Tensor* tensor : chosen->second) take(*tensor, known_names().find(last_part(tensor->name))->second);
  find_layout(n);
}

// [tokens, heads, n] with n heads has the shape of a batch: then the ones of the diagonals say which it is.
void KernelOutput::find_layout(int n) {
  const Tensor* tensor = tensors_[0];
  if (tensor == nullptr) return;
  const std::vector<std::int64_t>& shape = tensor->shape;
  by_token_ = shape.size() == 4 || (shape.size() == 3 && shape[1] != n);
  if (shape.size() != 3 || shape[1] != n || shape[2] != n || shape[0] % n != 0) return;
  std::int64_t of_batch = 0, of_tokens = 0;
  Matrix x(n, n);
  const std::int64_t size = std::int64_t{n} * n;
  for (std::int64_t k = 0; k < shape[0]; ++k) {
    file_->read_results(*tensor, {k * size, n, n, n}, x.values().data());
    for (int i = 0; i < n; ++i) {
      of_batch += x(i, i) == 1;                         // row i of matrix k
      of_tokens += x(i, static_cast<int>(k % n)) == 1;  // token k of head i
    }
  }
  by_token_ = of_tokens > of_batch;
}

const Tensor& KernelOutput::present(OutputPart part) const {
  const Tensor* found = tensor(part);
  if (found == nullptr) throw std::logic_error("the output has no such tensor");
  return *found;
}

const Format& KernelOutput::format(OutputPart part) const { return format_of_dtype(present(part).dtype); }

std::string KernelOutput::describe() const {
  std::string text;
  for (std::size_t q = 0; q < output_part_count; ++q) {
    if (tensors_[q] == nullptr) continue;
    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", kNames[q], tensors_[q]->dtype_name,
                        tensors_[q]->shape_text());
  }
  return text;
}

void KernelOutput::refuse_shape(const Tensor& tensor, const std::string& allowed) const {
  throw InputError(fmt::format("{}: tensor {} has the shape {}; allowed: {}", file_->path(), name_text(tensor.name),
                               tensor.shape_text(), allowed));
}

Matrix KernelOutput::read(const Tensor& tensor, std::int64_t first, int rows, int columns, std::int64_t stride) const {
  if (rows > 0 && first + (rows - 1) * stride + columns > tensor.elements())
    throw InputError(fmt::format("{}: tensor {} has the shape {}, too few elements for the input", file_->path(),
                                 name_text(tensor.name), tensor.shape_text()));
  Matrix x(rows, columns);
  file_->read_results(tensor, {first, rows, columns, stride}, x.values().data());
  return x;
}

bool KernelOutput::holds(OutputPart part, const OutputPlace& place) const {
  const Tensor* found = tensor(part);
  if (found == nullptr) return false;
  const std::vector<std::int64_t>& shape = found->shape;
  if (shape.size() < 3) return place.index == 0;
  if (part == OutputPart::state) return shape.size() == 3 ? place.sequence == 0 : place.sequence < shape[0];
  if (part == OutputPart::inverse && (!by_token_ || !place.head)) return place.index < shape[0];
  if (!place.head || *place.head >= shape[shape.size() - 2]) return false;
  if (shape.size() == 4 && shape[0] > 1 && place.sequence >= shape[0]) return false;
  return place.token + place.rows <= shape[shape.size() - 3];
}

Matrix KernelOutput::inverse(const OutputPlace& place, int n) const {
  const Tensor& tensor = present(OutputPart::inverse);
  const std::vector<std::int64_t>& shape = tensor.shape;
  const std::int64_t size = std::int64_t{n} * n;
  const bool square = shape.size() >= 2 && shape.size() <= 3 && shape.back() == n && shape[shape.size() - 2] == n;
  if (square && (!by_token_ || !place.head)) {
    const std::int64_t in_batch = shape.size() == 3 ? shape[0] : 1;
    if (matrices_ ? in_batch != *matrices_ : place.index >= in_batch)
      refuse_shape(tensor, fmt::format("{} matrices, as the input has", matrices_.value_or(place.index + 1)));
    return read(tensor, place.index * size, n, n, n);
  }
  if (!place.head || shape.size() < 3 || shape.size() > 4 || shape.back() != n) {
    const std::string batch =
        matrices_ ? fmt::format("[{}, {}, {}]", *matrices_, n, n) : fmt::format("[batch, {}, {}]", n, n);
    refuse_shape(
        tensor, place.head ? fmt::format("{}, [tokens, heads, {}] or [batch, tokens, heads, {}]", batch, n, n) : batch);
  }
  const std::int64_t tokens = shape[shape.size() - 3], heads = shape[shape.size() - 2];
  const std::int64_t batch = shape.size() == 4 && shape[0] > 1 ? place.sequence : 0;
  if (*place.head >= heads || place.token + place.rows > tokens)
    refuse_shape(tensor, fmt::format("at least {} tokens and {} heads, as the input has", place.token + place.rows,
                                     *place.head + 1));
  const Matrix stored =
      read(tensor, ((batch * tokens + place.token) * heads + *place.head) * n, place.rows, n, heads * n);
  Matrix x(n, n);
  for (int i = 0; i < n; ++i) {
    if (i < place.rows) {
      std::copy_n(stored.row(i), n, x.row(i));
    } else {
      x(i, i) = 1;
    }
  }
  return x;
}

Matrix KernelOutput::rows(OutputPart part, const OutputPlace& place) const {
  const Tensor& tensor = present(part);
  const std::vector<std::int64_t>& shape = tensor.shape;
  if ((shape.size() != 3 && shape.size() != 4) || !place.head)
    refuse_shape(tensor, "[tokens, heads, d] or [batch, tokens, heads, d], of a layer");
  const std::int64_t tokens = shape[shape.size() - 3], heads = shape[shape.size() - 2], width = shape.back();
  const std::int64_t batch = shape.size() == 4 && shape[0] > 1 ? place.sequence : 0;
  if (*place.head >= heads || place.token + place.rows > tokens)
    refuse_shape(tensor, fmt::format("at least {} tokens and {} heads, as the input has", place.token + place.rows,
                                     *place.head + 1));
  return read(tensor, ((batch * tokens + place.token) * heads + *place.head) * width, place.rows,
              static_cast<int>(width), heads * width);
}

Matrix KernelOutput::state(const OutputPlace& place, int keys, int values) const {
  const Tensor& tensor = present(OutputPart::state);
  const std::vector<std::int64_t>& shape = tensor.shape;
  const std::int64_t size = std::int64_t{keys} * values;
  if ((shape.size() != 3 && shape.size() != 4) || shape.back() != values || shape[shape.size() - 2] != keys ||
      !place.head || *place.head >= shape[shape.size() - 3])
    refuse_shape(tensor, fmt::format("[heads, {}, {}] or [sequences, heads, {}, {}]", keys, values, keys, values));
  const std::int64_t heads = shape[shape.size() - 3];
  return read(tensor, (place.sequence * heads + *place.head) * size, keys, values, values);
}

}  // namespace tristab
