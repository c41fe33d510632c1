#include "tristab/matrix/layer_tensors.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

[[noreturn]] void wrong_shape(const TensorFile& file, const Tensor& tensor, std::string_view allowed) {
  throw InputError(fmt::format("{}: tensor {} has shape {}; allowed: {}", file.path(), name_text(tensor.name),
                               tensor.shape_text(), allowed));
}

void check_dtype(const TensorFile& file, const Tensor& tensor) {
  if (tensor.dtype != Dtype::other) return;
  throw InputError(fmt::format("{}: tensor {} has dtype {}; allowed: F64, F32, F16, BF16", file.path(),
                               name_text(tensor.name), tensor.dtype_name));
}

}  // namespace

std::vector<std::string> layer_names(const TensorFile& file) {
  std::vector<std::string> names;
  for (const Tensor& tensor : file.tensors()) {
    if (tensor.name.size() > 2 && tensor.name.ends_with(".k")) {
      names.push_back(tensor.name.substr(0, tensor.name.size() - 2));
    }
  }
  return names;
}

LayerTensors::LayerTensors(std::shared_ptr<const TensorFile> file, const std::string& layer) : name_(layer) {
  k_ = {file, file->find(layer + ".k")};
  beta_ = {file, file->find(layer + ".beta")};
  g_ = {file, file->find(layer + ".g")};
  if (k_.tensor == nullptr) throw_unknown_name(file->path(), "layer", layer, layer_names(*file));
  if (beta_.tensor == nullptr) {
    std::vector<std::string> names;
    for (const Tensor& tensor : file->tensors()) names.push_back(tensor.name);
    const std::string nearest = nearest_name(layer + ".beta", names);
    throw InputError(
        fmt::format("{}: found tensor {} but no {}{}; allowed: layers with .k and .beta, and .g where they "
                    "decay",
                    file->path(), name_text(layer + ".k"), name_text(layer + ".beta"),
                    nearest.empty() ? "" : fmt::format(" (nearest: {})", name_text(nearest))));
  }
  set_shapes();
}

LayerTensors::LayerTensors(std::shared_ptr<const TensorFile> k, std::shared_ptr<const TensorFile> beta,
                           std::shared_ptr<const TensorFile> g) {
  const auto only = [](std::shared_ptr<const TensorFile> file) {
    if (file->tensors().size() != 1) {
      throw InputError(fmt::format("{}: found {} tensors; allowed: one, in a .npy file", file->path(),
                                   file->tensors().size()));
    }
    const Tensor* tensor = &file->tensors().front();
    return Part{std::move(file), tensor};
  };
  k_ = only(std::move(k));
  beta_ = only(std::move(beta));
  if (g != nullptr) g_ = only(std::move(g));
  set_shapes();
}

void LayerTensors::set_shapes() {
  using Shape = std::vector<std::int64_t>;
  const Shape& k = k_.tensor->shape;
  check_dtype(*k_.file, *k_.tensor);
  check_dtype(*beta_.file, *beta_.tensor);
  if ((k.size() != 3 && k.size() != 4) || k_.tensor->elements() == 0 || k.back() > 65536) {
    wrong_shape(*k_.file, *k_.tensor,
                "[tokens, heads, dim] or [sequences, tokens, heads, dim], nothing empty, dim at most 65536");
  }
  Shape gate = k;
  head_dim_ = gate.back();
  gate.pop_back();
  heads_ = gate.back();
  tokens_ = gate[gate.size() - 2];
  sequences_ = gate.size() == 3 ? gate[0] : 1;
  if (beta_.tensor->shape != gate) {
    wrong_shape(*beta_.file, *beta_.tensor,
                fmt::format("[{}], as tensor {} has shape {}", fmt::join(gate, ", "),
                            name_text(k_.tensor->name), k_.tensor->shape_text()));
  }
  if (g_.tensor == nullptr) return;
  check_dtype(*g_.file, *g_.tensor);
  if (g_.tensor->shape != gate && g_.tensor->shape != k) {
    wrong_shape(*g_.file, *g_.tensor,
                fmt::format("[{}] (one decay a head) or [{}] (one a channel)", fmt::join(gate, ", "),
                            fmt::join(k, ", ")));
  }
  decay_width_ = g_.tensor->shape == gate ? 1 : head_dim_;
}

void LayerTensors::read_part(const Part& part, const ChunkPlace& place, std::int64_t width,
                             double* out) const {
  const std::int64_t first = ((place.sequence * tokens_ + place.first_token) * heads_ + place.head) * width;
  part.file->read(*part.tensor, {first, place.tokens, width, heads_ * width}, out);
}

ChunkInputs LayerTensors::read(const ChunkPlace& place, int rows) const {
  ChunkInputs chunk;
  chunk.keys = Matrix(rows, static_cast<int>(head_dim_));
  chunk.beta.assign(static_cast<std::size_t>(rows), 0.0);
  chunk.log_decay = Matrix(rows, static_cast<int>(decay_width_));
  read_part(k_, place, head_dim_, chunk.keys.values().data());
  read_part(beta_, place, 1, chunk.beta.data());
  if (decay_width_ > 0) read_part(g_, place, decay_width_, chunk.log_decay.values().data());
  return chunk;
}

}  // namespace tristab
