#include "tristab/matrix/layer_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

constexpr double natural_log_of_2 = 0.6931471805599453094;
constexpr std::int64_t most_steps = 64;
constexpr double normalisation_epsilon = 1e-6;  // of FLA's l2norm

constexpr std::array<const char*, 11> part_names{"k", "beta", "g",    "q",   "v", "a",
                                                 "b", "w",    "khat", "eta", "p"};

using Shape = std::vector<std::int64_t>;

[[noreturn]] void wrong_shape(const TensorFile& file, const Tensor& tensor, std::string_view allowed) {
  throw InputError(fmt::format("{}: tensor {} has shape {}; allowed: {}", file.path(), name_text(tensor.name),
                               tensor.shape_text(), allowed));
}

void check_dtype(const TensorFile& file, const Tensor& tensor) {
  if (is_floating(tensor.dtype)) return;
  throw InputError(fmt::format("{}: tensor {} has dtype {}; allowed: F64, F32, F16, BF16", file.path(),
                               name_text(tensor.name), tensor.dtype_name));
}

// The nearest number of `bits` significant bits with exponents from `smallest` on, ties to even.
double rounded(double x, int bits, int smallest) {
  int exponent = 0;
  std::frexp(x, &exponent);
  const double unit = std::ldexp(1.0, std::max(exponent - 1, smallest) - (bits - 1));
  return std::nearbyint(x / unit) * unit;
}

// x as a normalisation in fp32 stores it in the tensor's own format; |x| <= 1.
double stored(double x, Dtype dtype) {
  if (dtype == Dtype::f64) return x;
  const auto single = static_cast<double>(static_cast<float>(x));
  if (dtype == Dtype::bf16) return rounded(single, 8, -126);
  return dtype == Dtype::f16 ? rounded(single, 11, -14) : single;
}

void normalise_rows_of(Matrix& x, int rows, Dtype dtype) {
  for (int i = 0; i < rows; ++i) {
    double squares = normalisation_epsilon;
    for (int d = 0; d < x.columns(); ++d) squares += x(i, d) * x(i, d);
    const double factor = 1 / std::sqrt(squares);
    for (int d = 0; d < x.columns(); ++d) {
      x(i, d) = stored(x(i, d) * factor, dtype);
    }
  }
}

struct NamedRule {
  const char* name;
  Rule rule;
  std::vector<const char*> needs;
};

const std::vector<NamedRule>& named_rules() {
  static const std::vector<NamedRule> rules{
      {"delta-net", Rule::delta_net, {"beta"}}, {"gdn", Rule::gdn, {"beta", "g"}},
      {"kda", Rule::kda, {"beta", "g"}},        {"gdn2", Rule::gdn2, {"g", "b"}},
      {"dplr", Rule::dplr, {"g", "a", "b"}},    {"rwkv7", Rule::dplr, {"g", "khat", "eta"}},
      {"delta-product", Rule::gdn, {"beta"}},   {"comba", Rule::comba, {"beta", "g", "p"}}};
  return rules;
}

const NamedRule& find_rule(const std::string& name) {
  return *std::ranges::find(named_rules(), name,
                            [](const NamedRule& rule) { return std::string(rule.name); });
}

}  // namespace

const std::vector<std::string>& layer_rule_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list{"auto"};
    for (const NamedRule& rule : named_rules()) list.emplace_back(rule.name);
    return list;
  }();
  return names;
}

std::string layer_tensor_name(std::string_view layer, std::string_view part) {
  return layer.empty() ? std::string(part) : fmt::format("{}.{}", layer, part);
}

std::vector<std::string> layer_names(const TensorFile& file) {
  std::vector<std::string> names;
  const auto holds = [&](const char* name) { return file.find(name) != nullptr; };
  if (holds("k") && (holds("beta") || holds("b") || holds("khat"))) names.emplace_back();
  for (const Tensor& tensor : file.tensors()) {
    if (tensor.name.size() > 2 && tensor.name.ends_with(".k")) {
      names.push_back(tensor.name.substr(0, tensor.name.size() - 2));
    }
  }
  return names;
}

LayerTensors::LayerTensors(std::shared_ptr<const TensorFile> file, const std::string& layer,
                           const LayerConventions& conventions)
    : name_(layer), conventions_(conventions) {
  for (const char* name : part_names)
    parts_.push_back({name, file, file->find(layer_tensor_name(layer, name))});
  if (part("k").tensor == nullptr) throw_unknown_name(file->path(), "layer", layer, layer_names(*file));
  settle_conventions(file);
  settle_rule();
  for (const char* needed : find_rule(rule_name_).needs) {
    if (part(needed).tensor != nullptr) continue;
    std::vector<std::string> names;
    for (const Tensor& tensor : file->tensors()) names.push_back(tensor.name);
    const std::string missing = layer_tensor_name(layer, needed), nearest = nearest_name(missing, names);
    throw InputError(fmt::format("{}: found tensor {} but no {}{}; allowed: layers with .k and, for {}, .{}",
                                 file->path(), name_text(layer_tensor_name(layer, "k")), name_text(missing),
                                 nearest.empty() ? "" : fmt::format(" (nearest: {})", name_text(nearest)),
                                 rule_name_, fmt::join(find_rule(rule_name_).needs, ", .")));
  }
  set_shapes();
  set_sequences(file);
}

LayerTensors::LayerTensors(std::shared_ptr<const TensorFile> k, std::shared_ptr<const TensorFile> beta,
                           std::shared_ptr<const TensorFile> g, const LayerConventions& conventions)
    : conventions_(conventions) {
  for (const char* name : part_names) parts_.push_back({name, nullptr, nullptr});
  const auto only = [this](const char* name, std::shared_ptr<const TensorFile> file) {
    if (file->tensors().size() != 1) {
      throw InputError(fmt::format("{}: found {} tensors; allowed: one, in a .npy file", file->path(),
                                   file->tensors().size()));
    }
    part(name).tensor = &file->tensors().front();
    part(name).file = std::move(file);
  };
  only("k", std::move(k));
  only("beta", std::move(beta));
  if (g != nullptr) only("g", std::move(g));
  settle_conventions(nullptr);
  settle_rule();
  set_shapes();
  set_sequences(nullptr);
}

const LayerTensors::Part& LayerTensors::part(std::string_view name) const {
  return *std::ranges::find(parts_, name, [](const Part& each) { return std::string_view(each.name); });
}

LayerTensors::Part& LayerTensors::part(std::string_view name) {
  return *std::ranges::find(parts_, name, [](const Part& each) { return std::string_view(each.name); });
}

std::vector<const Tensor*> LayerTensors::tensors() const {
  std::vector<const Tensor*> list;
  for (const Part& each : parts_) {
    if (each.tensor != nullptr) list.push_back(each.tensor);
  }
  return list;
}

// What the caller says, else what the file says, else the usual.
void LayerTensors::settle_conventions(const std::shared_ptr<const TensorFile>& file) {
  const auto said = [&](const char* name, const std::vector<std::int64_t>& allowed,
                        std::string_view allowed_text) -> std::optional<std::int64_t> {
    const Tensor* tensor = file == nullptr ? nullptr : file->find(layer_tensor_name(name_, name));
    if (tensor == nullptr) return std::nullopt;
    if (tensor->shape.size() > 1 || tensor->elements() != 1)
      wrong_shape(*file, *tensor, "[] or [1], one number");
    const std::int64_t value = file->read_integers(*tensor).front();
    if (value < allowed.front() || value > allowed.back()) {
      throw InputError(fmt::format("{}: tensor {} holds {}; allowed: {}", file->path(),
                                   name_text(tensor->name), value, allowed_text));
    }
    return value;
  };
  const auto steps = said("steps", {1, most_steps}, "1 to 64, the Householder steps a token");
  const auto base = said("log_base", {2, 2}, "2 (without the tensor: natural logarithms)");
  const auto normalise = said("l2norm", {0, 1}, "0 or 1");
  steps_ = conventions_.steps.value_or(static_cast<int>(steps.value_or(1)));
  log2_decay_ = conventions_.log2_decay.value_or(base.has_value());
  normalise_ = conventions_.normalise.value_or(normalise.value_or(0) == 1);
}

// The rule that the tensors speak of, where the conventions leave it open.
void LayerTensors::settle_rule() {
  const auto has = [this](std::string_view name) { return part(name).tensor != nullptr; };
  rule_name_ = conventions_.rule;
  if (rule_name_ == "auto") {
    const std::size_t k_axes = part("k").tensor->shape.size();
    if (has("khat") && has("eta")) {
      rule_name_ = "rwkv7";
    } else if (has("a") && has("b")) {
      rule_name_ = "dplr";
    } else if (has("p")) {
      rule_name_ = "comba";
    } else if (has("b")) {
      rule_name_ = "gdn2";
    } else if (!has("g")) {
      rule_name_ = steps_ > 1 ? "delta-product" : "delta-net";
    } else if (part("g").tensor->shape.size() == k_axes) {
      rule_name_ = "kda";
    } else {
      rule_name_ = steps_ > 1 ? "delta-product" : "gdn";
    }
  }
  rule_ = find_rule(rule_name_).rule;
  if (rule_name_ == "delta-product" && !has("g")) rule_ = Rule::delta_net;
  if (rule_ == Rule::delta_net) part("g").tensor = nullptr;
}

// Every tensor is [(sequences,) rows or tokens, heads, (width)].
void LayerTensors::set_shapes() {
  const Part& keys = part("k");
  const Shape& k = keys.tensor->shape;
  const bool batched = k.size() == 4;
  if ((k.size() != 3 && k.size() != 4) || keys.tensor->elements() == 0 || k.back() > 65536) {
    wrong_shape(*keys.file, *keys.tensor,
                "[tokens, heads, dim] or [sequences, tokens, heads, dim], nothing empty, dim at most 65536");
  }
  check_dtype(*keys.file, *keys.tensor);
  batches_ = batched ? k[0] : 1;
  rows_ = k[k.size() - 3];
  key_heads_ = k[k.size() - 2];
  head_dim_ = k.back();
  if (rows_ % steps_ != 0) {
    wrong_shape(*keys.file, *keys.tensor,
                fmt::format("a multiple of {} rows, the Householder steps a token", steps_));
  }
  // Heads are those of the gates; keys and queries may have fewer.
  heads_ = key_heads_;
  for (const char* name : {"beta", "g", "v"}) {
    const Part& gate = part(name);
    if (gate.tensor == nullptr) continue;
    const Shape& shape = gate.tensor->shape;
    const std::size_t axis = batched ? 2 : 1;
    const bool fits = shape.size() > axis && (shape[axis - 1] == rows_ || shape[axis - 1] == tokens());
    if (fits && shape[axis] > 0 && shape[axis] % key_heads_ == 0) heads_ = shape[axis];
    break;
  }
  for (Part& each : parts_) {
    if (each.tensor == nullptr) continue;
    const bool outer_token = each.name == "q" || each.name == "g";
    const bool key_like = each.name == "k" || each.name == "q" || each.name == "p" || each.name == "khat";
    const bool scalar =
        each.name == "beta" || (each.name == "g" && (rule_ == Rule::gdn || rule_ == Rule::comba));
    const bool value_like = each.name == "v" || each.name == "w";
    const Shape& shape = each.tensor->shape;
    check_dtype(*each.file, *each.tensor);
    Shape head{rows_, key_like ? key_heads_ : heads_};
    if (batched) head.insert(head.begin(), batches_);
    Shape wanted = head;
    if (!scalar) wanted.push_back(value_like && !shape.empty() ? shape.back() : head_dim_);
    each.steps = steps_;
    if (outer_token && steps_ > 1 && shape.size() > (batched ? 1U : 0U) &&
        shape[batched ? 1 : 0] == tokens()) {
      wanted[batched ? 1 : 0] = tokens();
      each.steps = 1;
    }
    if (key_like && shape.size() == wanted.size() && shape[batched ? 2 : 1] == heads_)
      wanted[batched ? 2 : 1] = heads_;
    if (shape != wanted || each.tensor->elements() == 0) {
      const std::string place =
          fmt::format("as tensor {} has shape {}", name_text(keys.tensor->name), keys.tensor->shape_text());
      if (each.name == "g" && conventions_.rule == "auto" && (rule_ == Rule::gdn || rule_ == Rule::kda)) {
        Shape channel = head;
        channel.push_back(head_dim_);
        wrong_shape(*each.file, *each.tensor,
                    fmt::format("[{}] (one decay a head) or [{}] (one a channel), {}", fmt::join(head, ", "),
                                fmt::join(channel, ", "), place));
      }
      const bool may_repeat = !key_like && heads_ == key_heads_ && shape.size() == wanted.size();
      wrong_shape(*each.file, *each.tensor,
                  fmt::format("[{}]{} for the rule {}, {}", fmt::join(wanted, ", "),
                              may_repeat ? fmt::format(" (or a multiple of {} heads)", key_heads_) : "",
                              rule_name_, place));
    }
    each.heads = shape[batched ? 2 : 1];
    each.width = scalar ? 1 : shape.back();
  }
}

void LayerTensors::set_sequences(const std::shared_ptr<const TensorFile>& file) {
  const Tensor* bounds = nullptr;
  if (file != nullptr) {
    bounds = file->find(layer_tensor_name(name_, "cu_seqlens"));
    if (bounds == nullptr) bounds = file->find("cu_seqlens");
  }
  if (bounds == nullptr) {
    for (std::int64_t batch = 0; batch < batches_; ++batch) sequences_.push_back({batch, batch, 0, rows_});
    return;
  }
  if (batches_ != 1 || bounds->shape.size() != 1 || bounds->elements() < 2) {
    wrong_shape(
        *file, *bounds,
        fmt::format("[sequences + 1] bounds of the sequences packed into one batch entry, as tensor {} has "
                    "shape {}",
                    name_text(part("k").tensor->name), part("k").tensor->shape_text()));
  }
  const std::vector<std::int64_t> at = file->read_integers(*bounds);
  const auto check = [&](std::size_t index, bool good) {
    if (good) return;
    throw InputError(
        fmt::format("{}: tensor {} holds {} at index [{}]; allowed: bounds rising from 0 to {}, the tokens "
                    "of tensor {}",
                    file->path(), name_text(bounds->name), at[index], index, tokens(),
                    name_text(part("k").tensor->name)));
  };
  check(0, at.front() == 0);
  for (std::size_t i = 1; i < at.size(); ++i) check(i, at[i] >= at[i - 1] && at[i] <= tokens());
  check(at.size() - 1, at.back() == tokens());
  for (std::size_t i = 0; i + 1 < at.size(); ++i) {
    if (at[i + 1] > at[i]) {
      sequences_.push_back({0, static_cast<std::int64_t>(i), at[i] * steps_, at[i + 1] * steps_});
    }
  }
}

Matrix LayerTensors::read_part(const Part& part, const ChunkPlace& place, int rows) const {
  const std::int64_t own_rows = part.steps == steps_ ? rows_ : tokens();
  const int stride = part.steps == steps_ ? 1 : steps_;
  const std::int64_t head = place.head * part.heads / heads_;
  // Rows of one a token stand at its first step (decays) or its last one (queries).
  const std::int64_t end = (place.first_row + place.rows - 1) / stride + 1;
  const std::int64_t base = place.first_row / stride;
  const std::int64_t count = stride == 1 ? place.rows : end - base;
  Matrix stored(static_cast<int>(count), static_cast<int>(part.width));
  const std::int64_t start = ((place.batch * own_rows + base) * part.heads + head) * part.width;
  part.file->read(*part.tensor, {start, count, part.width, part.heads * part.width}, stored.values().data());
  Matrix matrix(rows, static_cast<int>(part.width));
  const int offset = part.name == "q" ? stride - 1 : 0;
  for (std::int64_t t = 0; t < count; ++t) {
    const std::int64_t row = (base + t) * stride + offset - place.first_row;
    if (row < 0 || row >= place.rows) continue;
    std::copy_n(stored.row(static_cast<int>(t)), part.width, matrix.row(static_cast<int>(row)));
  }
  return matrix;
}

TokenInputs LayerTensors::read(const ChunkPlace& place, int rows, bool with_outputs) const {
  const auto matrix = [&](std::string_view name) {
    const Part& from = part(name);
    if (from.tensor == nullptr) return Matrix(rows, 0);
    Matrix x = read_part(from, place, rows);
    const bool direction = name == "k" || name == "q" || name == "p" || name == "khat";
    if (normalise_ && direction) normalise_rows_of(x, static_cast<int>(place.rows), from.tensor->dtype);
    return x;
  };
  TokenInputs tokens;
  tokens.rule = rule_;
  tokens.steps = steps_;
  tokens.keys = matrix("k");
  if (part("beta").tensor != nullptr && rule_ != Rule::gdn2 && rule_ != Rule::dplr)
    tokens.beta = matrix("beta").values();
  tokens.log_decay = matrix("g");
  if (log2_decay_) {
    for (double& g : tokens.log_decay.values()) g *= natural_log_of_2;
  }
  if (rule_ == Rule::gdn2) {
    tokens.erase_gate = matrix("b");
    tokens.write_gate = with_outputs ? matrix("w") : Matrix(rows, 0);
  }
  if (rule_name_ == "rwkv7") {  // a = -khat, b = khat o eta
    tokens.removal = tokens.correction = matrix("khat");
    const Matrix rate = matrix("eta");
    for (double& x : tokens.removal.values()) x = -x;
    for (std::size_t i = 0; i < rate.values().size(); ++i) tokens.correction.values()[i] *= rate.values()[i];
    tokens.scaled_queries = false;
  } else if (rule_ == Rule::dplr) {
    tokens.removal = matrix("a");
    tokens.correction = matrix("b");
  }
  if (rule_ == Rule::comba) tokens.prediction_keys = matrix("p");
  tokens.queries = with_outputs ? matrix("q") : Matrix(rows, 0);
  tokens.values = with_outputs ? matrix("v") : Matrix(rows, 0);
  return tokens;
}

}  // namespace tristab
