#include "tristab/matrix/layer_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "tristab/base/errors.h"
#include "tristab/format/round.h"

namespace tristab {
namespace {

constexpr double natural_log_of_2 = 0.6931471805599453094;
constexpr std::int64_t most_steps = 64, widest = 65536;
constexpr double normalisation_epsilon = 1e-6;  // of FLA's l2norm

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

// x as a normalisation in fp32 stores it in the tensor's format; |x| <= 1.
double stored(double x, Dtype dtype) {
  if (dtype == Dtype::f64) return x;
  const auto single = static_cast<float>(x);
  const char* const format = dtype == Dtype::bf16 ? "bf16" : dtype == Dtype::f16 ? "fp16" : "fp32";
  return round_value(single, RoundingTarget<float>(format_of(format, "")), Rounding::nearest_even);
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

// The parts that distinguish a rule by its tensors: those that plain DeltaNet does not have.
std::vector<std::string> marks_of(const DeltaRule& rule) {
  const std::vector<RulePart>& plain = delta_rules().front().parts;
  std::vector<std::string> marks;
  for (const RulePart& part : rule.parts) {
    if (!part.optional && std::ranges::find(plain, part.name, &RulePart::name) == plain.end())
      marks.push_back(part.name);
  }
  return marks;
}

// The tensors that a layer of the rule needs besides k.
std::vector<std::string> needed_parts(const DeltaRule& rule) {
  std::vector<std::string> names;
  for (const RulePart& part : rule.parts) {
    if (!part.optional) names.push_back(part.name);
  }
  if (rule.decay != DecayWidth::none && !rule.decay_optional) names.emplace_back("g");
  return names;
}

}  // namespace

const std::vector<std::string>& layer_rule_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list{automatic_rule};
    for (const DeltaRule& rule : delta_rules()) list.push_back(rule.name);
    return list;
  }();
  return names;
}

std::string layer_tensor_name(std::string_view layer, std::string_view part) {
  return layer.empty() ? std::string(part) : fmt::format("{}.{}", layer, part);
}

std::vector<std::string> layer_names(const TensorFile& file) {
  std::vector<std::string> names;
  const bool has_part = std::ranges::any_of(delta_rules(), [&](const DeltaRule& rule) {
    return std::ranges::any_of(rule.parts, [&](const RulePart& part) { return file.find(part.name) != nullptr; });
  });
  if (has_part && file.find("k") != nullptr) names.emplace_back();
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
  if (file->find(layer_tensor_name(layer, "k")) == nullptr)
    throw_unknown_name(file->path(), "layer", layer, layer_names(*file));
  settle_conventions(file.get());
  find_parts([&](const std::string& name, PartShape shape) {
    return Part{name, shape, file, file->find(layer_tensor_name(layer, name))};
  });
  set_sequences(file.get());
}

LayerTensors::LayerTensors(std::shared_ptr<const TensorFile> k, std::shared_ptr<const TensorFile> beta,
                           std::shared_ptr<const TensorFile> g, const LayerConventions& conventions)
    : conventions_(conventions) {
  const std::map<std::string, std::shared_ptr<const TensorFile>> files{{"k", k}, {"beta", beta}, {"g", g}};
  for (const auto& [name, file] : files) {
    if (file == nullptr || file->tensors().size() == 1) continue;
    refuse_input(file->path(), fmt::format("{} tensors", file->tensors().size()), "one, in a .npy file");
  }
  settle_conventions(nullptr);
  find_parts([&](const std::string& name, PartShape shape) {
    const auto found = files.find(name);
    if (found == files.end() || found->second == nullptr) return Part{name, shape, k, nullptr};
    return Part{name, shape, found->second, &found->second->tensors().front()};
  });
  set_sequences(nullptr);
}

std::vector<const Tensor*> LayerTensors::tensors() const {
  std::vector<const Tensor*> list{key_.tensor};
  const auto add = [&](const Part& part) {
    if (part.tensor != nullptr) list.push_back(part.tensor);
  };
  for (const Part& part : rule_parts_) add(part);
  for (const Part* part : {&decay_, &query_, &value_}) add(*part);
  return list;
}

std::vector<LayerTensors::Part*> LayerTensors::parts() {
  std::vector<Part*> list{&key_};
  for (Part& part : rule_parts_) list.push_back(&part);
  for (Part* part : {&decay_, &query_, &value_}) list.push_back(part);
  std::erase_if(list, [](const Part* part) { return part->tensor == nullptr; });
  return list;
}

void LayerTensors::find_parts(const Lookup& lookup) {
  key_ = lookup("k", PartShape::key);
  rule_ = conventions_.rule == automatic_rule ? &rule_of_tensors(lookup) : &delta_rule(conventions_.rule);
  for (const RulePart& part : rule_->parts) rule_parts_.push_back(lookup(part.name, part.shape));
  decay_ = {"g", PartShape::scalar, nullptr, nullptr};
  if (rule_->decay != DecayWidth::none)
    decay_ = lookup("g", rule_->decay == DecayWidth::head ? PartShape::scalar : PartShape::channel);
  query_ = lookup("q", PartShape::key);
  value_ = lookup("v", PartShape::value);
  for (const std::string& needed : needed_parts(*rule_)) {
    if (lookup(needed, PartShape::scalar).tensor == nullptr) missing_part(needed);
  }
  set_heads();
  for (Part* part : parts()) set_shape(*part);
}

void LayerTensors::missing_part(const std::string& name) const {
  std::vector<std::string> names;
  for (const Tensor& tensor : key_.file->tensors()) names.push_back(tensor.name);
  const std::string missing = layer_tensor_name(name_, name), nearest = nearest_name(missing, names);
  throw InputError(
      fmt::format("{}: no tensor {}{} beside {}; a layer of the rule {} needs k, {}", key_.file->path(),
                  name_text(missing), nearest.empty() ? "" : fmt::format(" (nearest: {})", name_text(nearest)),
                  name_text(layer_tensor_name(name_, "k")), rule_->name, fmt::join(needed_parts(*rule_), ", ")));
}

// A setting of the caller overrides the file, and the file overrides the default.
void LayerTensors::settle_conventions(const TensorFile* file) {
  const auto said = [&](const char* name, const std::vector<std::int64_t>& allowed,
                        std::string_view allowed_text) -> std::optional<std::int64_t> {
    const Tensor* tensor = file == nullptr ? nullptr : file->find(layer_tensor_name(name_, name));
    if (tensor == nullptr) return std::nullopt;
    if (tensor->shape.size() > 1 || tensor->elements() != 1) wrong_shape(*file, *tensor, "[] or [1], one number");
    const std::int64_t value = file->read_integers(*tensor).front();
    if (value < allowed.front() || value > allowed.back()) {
      throw InputError(fmt::format("{}: tensor {} holds {}; allowed: {}", file->path(), name_text(tensor->name), value,
                                   allowed_text));
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

// Of the rules whose marks are all present, the one with the most marks, then the one with this decay, then with these
// steps.
const DeltaRule& LayerTensors::rule_of_tensors(const Lookup& lookup) const {
  const Tensor* g = lookup("g", PartShape::scalar).tensor;
  const DecayWidth width = g == nullptr                                   ? DecayWidth::none
                           : g->shape.size() == key_.tensor->shape.size() ? DecayWidth::channel
                                                                          : DecayWidth::head;
  const DeltaRule* best = nullptr;
  std::size_t most = 0;
  for (const DeltaRule& rule : delta_rules()) {
    const std::vector<std::string> marks = marks_of(rule);
    const bool all = std::ranges::all_of(
        marks, [&](const std::string& name) { return lookup(name, PartShape::scalar).tensor != nullptr; });
    const bool decays = rule.decay == width || (rule.decay_optional && width == DecayWidth::none);
    const bool fits = !marks.empty() || (decays && (!rule.several_steps || steps_ > 1));
    if (!all || !fits) continue;
    const std::size_t rank = 4 * marks.size() + (decays ? 2 : 0) + (rule.several_steps ? 1 : 0);
    if (best == nullptr || rank > most) {
      best = &rule;
      most = rank;
    }
  }
  return *best;  // a rule without marks fits every decay
}

// Every tensor is [(sequences,) rows or tokens, heads, (width)]. Heads are those of the gates; keys and queries may
// have fewer.
void LayerTensors::set_heads() {
  const Shape& k = key_.tensor->shape;
  const bool batched = k.size() == 4;
  if ((k.size() != 3 && k.size() != 4) || key_.tensor->elements() == 0 || k.back() > widest) {
    wrong_shape(
        *key_.file, *key_.tensor,
        fmt::format("[tokens, heads, dim] or [sequences, tokens, heads, dim], nothing empty, dim at most {}", widest));
  }
  check_dtype(*key_.file, *key_.tensor);
  batches_ = batched ? k[0] : 1;
  rows_ = k[k.size() - 3];
  key_heads_ = k[k.size() - 2];
  head_dim_ = k.back();
  if (rows_ % steps_ != 0) {
    wrong_shape(*key_.file, *key_.tensor, fmt::format("a multiple of {} rows, the Householder steps a token", steps_));
  }
  heads_ = key_heads_;
  for (const Part* gate : parts()) {
    if (gate->shape == PartShape::key) continue;
    const Shape& shape = gate->tensor->shape;
    const std::size_t axis = batched ? 2 : 1;
    const bool fits = shape.size() > axis && (shape[axis - 1] == rows_ || shape[axis - 1] == tokens());
    if (fits && shape[axis] > 0 && shape[axis] % key_heads_ == 0) heads_ = shape[axis];
    break;
  }
}

void LayerTensors::set_shape(Part& part) {
  const Shape& shape = part.tensor->shape;
  const bool batched = key_.tensor->shape.size() == 4;
  const std::size_t row_axis = batched ? 1 : 0, head_axis = row_axis + 1;
  const bool key_like = part.shape == PartShape::key;
  check_dtype(*part.file, *part.tensor);
  Shape head{rows_, key_like ? key_heads_ : heads_};
  if (batched) head.insert(head.begin(), batches_);
  Shape wanted = head;
  if (part.shape != PartShape::scalar)
    wanted.push_back(part.shape == PartShape::value && !shape.empty() ? shape.back() : head_dim_);
  part.steps = steps_;
  const bool once_a_token = &part == &query_ || &part == &decay_;
  if (once_a_token && steps_ > 1 && shape.size() > row_axis && shape[row_axis] == tokens()) {
    wanted[row_axis] = tokens();
    part.steps = 1;
  }
  if (key_like && shape.size() == wanted.size() && shape[head_axis] == heads_) wanted[head_axis] = heads_;
  if (shape != wanted || part.tensor->elements() == 0) {
    const std::string place =
        fmt::format("as tensor {} has shape {}", name_text(key_.tensor->name), key_.tensor->shape_text());
    if (&part == &decay_ && conventions_.rule == automatic_rule && marks_of(*rule_).empty()) {
      Shape channel = head;
      channel.push_back(head_dim_);
      wrong_shape(*part.file, *part.tensor,
                  fmt::format("[{}] (one decay a head) or [{}] (one a channel), {}", fmt::join(head, ", "),
                              fmt::join(channel, ", "), place));
    }
    const bool may_repeat = !key_like && heads_ == key_heads_ && shape.size() == wanted.size();
    wrong_shape(
        *part.file, *part.tensor,
        fmt::format("[{}]{} for the rule {}, {}", fmt::join(wanted, ", "),
                    may_repeat ? fmt::format(" (or a multiple of {} heads)", key_heads_) : "", rule_->name, place));
  }
  part.heads = shape[head_axis];
  part.width = part.shape == PartShape::scalar ? 1 : shape.back();
  if (part.width > widest)
    wrong_shape(*part.file, *part.tensor, fmt::format("the same with a last extent of at most {}", widest));
}

void LayerTensors::set_sequences(const TensorFile* file) {
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
    wrong_shape(*file, *bounds,
                fmt::format("[sequences + 1] bounds of the sequences packed into one batch entry, as tensor {} has "
                            "shape {}",
                            name_text(key_.tensor->name), key_.tensor->shape_text()));
  }
  const std::vector<std::int64_t> at = file->read_integers(*bounds);
  const auto check = [&](std::size_t index, bool good) {
    if (good) return;
    throw InputError(
        fmt::format("{}: tensor {} holds {} at index [{}]; allowed: bounds rising from 0 to {}, the tokens "
                    "of tensor {}",
                    file->path(), name_text(bounds->name), at[index], index, tokens(), name_text(key_.tensor->name)));
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
  // A part with one row for each token stores it at the token's first step (decays) or last step (queries).
  const std::int64_t end = (place.first_row + place.rows - 1) / stride + 1;
  const std::int64_t base = place.first_row / stride;
  const std::int64_t count = stride == 1 ? place.rows : end - base;
  Matrix stored(static_cast<int>(count), static_cast<int>(part.width));
  const std::int64_t start = ((place.batch * own_rows + base) * part.heads + head) * part.width;
  part.file->read(*part.tensor, {start, count, part.width, part.heads * part.width}, stored.values().data());
  Matrix matrix(rows, static_cast<int>(part.width));
  const int offset = &part == &query_ ? stride - 1 : 0;
  for (std::int64_t t = 0; t < count; ++t) {
    const std::int64_t row = (base + t) * stride + offset - place.first_row;
    if (row < 0 || row >= place.rows) continue;
    std::copy_n(stored.row(static_cast<int>(t)), part.width, matrix.row(static_cast<int>(row)));
  }
  return matrix;
}

TokenInputs LayerTensors::read(const ChunkPlace& place, int rows, bool with_outputs) const {
  const auto matrix = [&](const Part& part) {
    if (part.tensor == nullptr) return Matrix(rows, 0);
    Matrix x = read_part(part, place, rows);
    if (normalise_ && part.shape == PartShape::key)
      normalise_rows_of(x, static_cast<int>(place.rows), part.tensor->dtype);
    return x;
  };
  TokenInputs tokens;
  tokens.rule = rule_;
  tokens.steps = steps_;
  tokens.keys = matrix(key_);
  tokens.log_decay = matrix(decay_);
  if (log2_decay_) {
    for (double& g : tokens.log_decay.values()) g *= natural_log_of_2;
  }
  tokens.queries = with_outputs ? matrix(query_) : Matrix(rows, 0);
  tokens.values = with_outputs ? matrix(value_) : Matrix(rows, 0);
  for (const Part& part : rule_parts_) {
    if (part.shape == PartShape::value && !with_outputs) continue;
    Matrix& x = tokens.parts[part.name] = matrix(part);
    if (part.tensor == nullptr) {
      x = Matrix(rows, tokens.values.columns());
      std::ranges::fill(x.values(), 1.0);
    }
  }
  if (rule_->complete != nullptr) rule_->complete(tokens);
  return tokens;
}

}  // namespace tristab
