#include "tristab/matrix/family/file_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/random.h"
#include "tristab/matrix/layer_notes.h"

namespace tristab {
namespace {

constexpr int largest_n = 4096;

int checked_count(std::int64_t count) {
  if (count > std::numeric_limits<int>::max()) throw std::logic_error("more matrices than an int counts");
  return static_cast<int>(count);
}

// `source` is the place in the file, without the file; `content` is what lies there.
std::string file_id(int rows, int index, int n, const Json& source, const std::string& content) {
  return problem_id("file", rows, index, fmt::format("file n={} {}{}", n, source.dump(), content));
}

Problem problem_of(const Settings& settings, int n, int index, Matrix a, Json source,
                   std::shared_ptr<const TokenInputs> tokens = nullptr) {
  Problem problem;
  problem.id = file_id(a.rows(), index, n, source, content_of({&a}) + (tokens ? content_of(tokens->matrices()) : ""));
  source["file"] = settings.text("path");
  problem.tokens = std::move(tokens);
  problem.a = std::move(a);
  problem.trial = index;
  problem.source = std::move(source);
  return problem;
}

// The tokens of one chunk of a range, and the number of rows of its matrix.
struct ChunkRows {
  std::int64_t first_token, tokens;
  int rows;
};

ChunkRows chunk_rows(const TokenRange& range, std::int64_t chunk, int n, Tail tail) {
  const std::int64_t first = range.begin + chunk * n;
  const std::int64_t tokens = std::min<std::int64_t>(n, range.end - first);
  return {first, tokens, tail == Tail::short_chunk ? static_cast<int>(tokens) : n};
}

class MatricesSource : public Source {
 public:
  MatricesSource(const Settings& settings, std::shared_ptr<const TensorFile> file, const Tensor& tensor,
                 std::string_view place)
      : settings_(settings), file_(std::move(file)), tensor_(tensor), tail_(tail_of(settings.text("tail"))) {
    const std::vector<std::int64_t>& shape = tensor.shape;
    if (!is_floating(tensor.dtype)) {
      throw InputError(fmt::format("{}: tensor {} has dtype {}; allowed: F64, F32, F16, BF16", file_->path(),
                                   name_text(tensor.name), tensor.dtype_name));
    }
    const bool square = shape.size() >= 2 && shape.back() == shape[shape.size() - 2];
    batch_ = (shape.size() == 2 || shape.size() == 3) && square;
    if ((!batch_ && shape.size() != 3) || tensor.elements() == 0 || shape.back() > largest_n) {
      throw InputError(
          fmt::format("{}: tensor {} has shape {}; allowed: [n, n], [batch, n, n] or [tokens, heads, n] with n "
                      "from 1 to {}, nothing empty",
                      file_->path(), name_text(tensor.name), tensor.shape_text(), largest_n));
    }
    n_ = static_cast<int>(shape.back());
    if (batch_) {
      count_ = shape.size() == 3 ? shape[0] : 1;
      for (const char* name : {"heads", "tokens"}) {
        if (settings.at(name) == "all") continue;
        refuse(place_of_setting(place, name), quoted(settings.at(name)),
               fmt::format("all, as tensor {} of {} has shape {}, a batch of matrices", name_text(tensor.name),
                           file_->path(), tensor.shape_text()));
      }
      return;
    }
    heads_ = selected_heads(settings.at("heads"), shape[1], place);
    range_ = selected_tokens(settings.at("tokens"), shape[0], place);
    if (range_.begin % n_ != 0) {
      throw UsageError(
          fmt::format("{}: found a first token of {}; allowed: multiples of {}, the size of the blocks in tensor {}",
                      place_of_setting(place, "tokens"), range_.begin, n_, name_text(tensor.name)));
    }
    count_ = static_cast<std::int64_t>(heads_.size()) * range_.chunks(n_, tail_);
  }

  int count(int n) const override { return n == n_ ? checked_count(count_) : 0; }
  std::vector<int> sizes() const override { return {n_}; }

  Problem problem(int n, int index) const override {
    if (index < 0 || index >= count(n)) throw std::logic_error("no such matrix");
    Json source = {{"layer", nullptr}, {"sequence", nullptr},    {"head", nullptr},
                   {"chunk", nullptr}, {"first_token", nullptr}, {"tensor", tensor_.name}};
    if (batch_) {
      source["sequence"] = index;
      Matrix a(n_, n_);
      const std::int64_t size = std::int64_t{n_} * n_;
      file_->read(tensor_, {index * size, 1, size, size}, a.values().data());
      check_strictly_lower(a, a.rows(), [&](int i, int j) {
        return tensor_.shape.size() == 3 ? fmt::format("[{}, {}, {}]", index, i, j) : fmt::format("[{}, {}]", i, j);
      });
      return problem_of(settings_, n, index, std::move(a), std::move(source));
    }
    const std::int64_t chunks = range_.chunks(n_, tail_), head = heads_[static_cast<std::size_t>(index / chunks)];
    const ChunkRows chunk = chunk_rows(range_, index % chunks, n_, tail_);
    const std::int64_t width = tensor_.shape[1] * n_;
    Matrix stored(n_, n_);
    file_->read(tensor_, {chunk.first_token * width + head * n_, chunk.tokens, n_, width}, stored.values().data());
    check_strictly_lower(stored, static_cast<int>(chunk.tokens),
                         [&](int i, int j) { return fmt::format("[{}, {}, {}]", chunk.first_token + i, head, j); });
    Matrix a(chunk.rows, chunk.rows);
    for (int i = 0; i < chunk.tokens; ++i) std::copy_n(stored.row(i), i, a.row(i));
    source["head"] = head;
    source["chunk"] = index % chunks;
    source["first_token"] = chunk.first_token;
    return problem_of(settings_, n, index, std::move(a), std::move(source));
  }

 private:
  // Sets entries on and above the diagonal to +0 (they may be -0).
  template <typename Place>
  void check_strictly_lower(Matrix& a, int rows, Place place) const {
    for (int i = 0; i < rows; ++i) {
      for (int j = i; j < a.columns(); ++j) {
        if (a(i, j) != 0) {
          throw InputError(fmt::format(
              "{}: tensor {} holds {} at index {}, on or above the diagonal of A; allowed: 0 there, A is strictly "
              "lower "
              "triangular{}",
              file_->path(), name_text(tensor_.name), a(i, j), place(i, j),
              batch_ ? ""
                     : " (a tensor [tokens, heads, dim] of keys needs beta beside it: k and beta in one .npz, or "
                       "the family file:path=k.npy:beta=beta.npy:g=g.npy)"));
        }
        a(i, j) = 0;
      }
    }
  }

  Settings settings_;
  std::shared_ptr<const TensorFile> file_;
  const Tensor& tensor_;  // of file_
  Tail tail_;
  int n_ = 0;
  bool batch_ = false;  // else [tokens, heads, n]
  std::int64_t count_ = 0;
  std::vector<std::int64_t> heads_;
  TokenRange range_;
};

class LayersSource : public Source {
 public:
  LayersSource(const Settings& settings, std::vector<LayerTensors> layers, std::string_view place)
      : settings_(settings), tail_(tail_of(settings.text("tail"))) {
    for (LayerTensors& layer : layers) {
      Selected selected{std::move(layer), {}};
      const int steps = selected.tensors.steps();
      selected.heads = selected_heads(settings.at("heads"), selected.tensors.heads(), place);
      const TokenRange tokens = selected_tokens(settings.at("tokens"), selected.tensors.tokens(), place);
      for (const SequenceRows& sequence : selected.tensors.sequences()) {
        const Stretch stretch{
            layers_.size(),
            sequence.batch,
            sequence.sequence,
            {std::max(sequence.begin, tokens.begin * steps), std::min(sequence.end, tokens.end * steps)}};
        if (!(stretch.range.begin < stretch.range.end)) continue;
        stretches_.push_back(stretch);
        const std::size_t with_outputs = selected.tensors.has_outputs() ? selected.heads.size() : 0;
        first_sequences_.push_back(first_sequences_.back() + static_cast<std::int64_t>(with_outputs));
      }
      layers_.push_back(std::move(selected));
    }
  }

  std::vector<std::string> notes() const override {
    std::vector<std::string> all;
    for (const Selected& layer : layers_) std::ranges::move(layer_notes(layer.tensors), std::back_inserter(all));
    return all;
  }

  int count(int n) const override { return checked_count(first_matrices(n).back()); }

  Problem problem(int n, int index) const override {
    const std::vector<std::int64_t>& firsts = first_matrices(n);
    if (index < 0 || index >= firsts.back()) throw std::logic_error("no such matrix");
    const std::size_t which = stretch_at(firsts, index);
    const Stretch* const stretch = &stretches_[which];
    const Selected* const layer = &layers_[stretch->layer];
    const std::int64_t rest = index - firsts[which];
    const std::int64_t chunks = stretch->range.chunks(n, tail_), chunk = rest % chunks;
    const std::int64_t head = layer->heads[static_cast<std::size_t>(rest / chunks)];
    const ChunkRows rows = chunk_rows(stretch->range, chunk, n, tail_);
    auto tokens = std::make_shared<const TokenInputs>(
        layer->tensors.read({stretch->batch, head, rows.first_token, rows.tokens}, rows.rows));
    Matrix a = delta_rule_matrix(*tokens);
    const std::string& name = layer->tensors.name();
    for (int i = 0; i < a.rows(); ++i) {
      for (int j = 0; j < i; ++j) {
        if (std::isfinite(a(i, j))) continue;
        throw InputError(
            fmt::format("{}: A of {}head {}, tokens {} to {}, is not finite at [{}, {}]; allowed: keys, betas "
                        "and log decays (at most 0) whose A is",
                        settings_.text("path"), name.empty() ? "" : fmt::format("layer {}, ", name), head,
                        rows.first_token, rows.first_token + rows.tokens - 1, i, j));
      }
    }
    Json source = {{"layer", name.empty() ? Json(nullptr) : Json(name)},
                   {"sequence", stretch->sequence},
                   {"head", head},
                   {"chunk", chunk},
                   {"first_token", rows.first_token / layer->tensors.steps()}};
    return problem_of(settings_, n, index, std::move(a), std::move(source), std::move(tokens));
  }

  int sequences() const override { return checked_count(first_sequences_.back()); }

  Sequence sequence(int index, int n, std::int64_t) const override {
    if (index < 0 || index >= sequences()) throw std::logic_error("no such sequence");
    const std::size_t which = stretch_at(first_sequences_, index);
    const Stretch& stretch = stretches_[which];
    const Selected* const layer = &layers_[stretch.layer];
    const std::int64_t rest = index - first_sequences_[which];
    const std::int64_t matrices = first_matrices(n)[which] + rest * stretch.range.chunks(n, tail_);
    const std::int64_t head = layer->heads[static_cast<std::size_t>(rest)];
    const std::int64_t rows = stretch.range.end - stretch.range.begin;
    if (rows > largest_sequence) {
      throw InputError(fmt::format("{}: a sequence of {} rows; allowed: at most {} (choose fewer `tokens`)",
                                   settings_.text("path"), rows, largest_sequence));
    }
    const std::string& name = layer->tensors.name();
    Json source = {
        {"layer", name.empty() ? Json(nullptr) : Json(name)}, {"sequence", stretch.sequence}, {"head", head}};
    TokenInputs tokens =
        layer->tensors.read({stretch.batch, head, stretch.range.begin, rows}, static_cast<int>(rows), true);
    std::string id = file_id(n, index, n, source, content_of(std::as_const(tokens).matrices()));
    source["file"] = settings_.text("path");
    return {std::move(id),     std::move(tokens),   index,
            std::move(source), stretch.range.begin, static_cast<int>(matrices)};
  }

 private:
  // Rows of one sequence of a layer that `tokens` selects.
  struct Stretch {
    std::size_t layer = 0;
    std::int64_t batch = 0, sequence = 0;
    TokenRange range;
  };
  struct Selected {
    LayerTensors tensors;
    std::vector<std::int64_t> heads;
  };

  // The first matrix of each stretch, and their number. A file may have 100,000 layers, so this is counted once.
  const std::vector<std::int64_t>& first_matrices(int n) const {
    const std::lock_guard lock(mutex_);
    const auto [found, fresh] = first_matrices_.try_emplace(n, 1, 0);
    std::vector<std::int64_t>& firsts = found->second;
    if (!fresh) return firsts;
    for (const Stretch& stretch : stretches_) {
      const auto heads = static_cast<std::int64_t>(layers_[stretch.layer].heads.size());
      firsts.push_back(firsts.back() + heads * stretch.range.chunks(n, tail_));
    }
    return firsts;
  }

  static std::size_t stretch_at(const std::vector<std::int64_t>& firsts, std::int64_t index) {
    return static_cast<std::size_t>(std::ranges::upper_bound(firsts, index) - firsts.begin()) - 1;
  }

  Settings settings_;
  Tail tail_;
  std::vector<Selected> layers_;
  std::vector<Stretch> stretches_;                // of all layers
  std::vector<std::int64_t> first_sequences_{0};  // of each stretch, and their number
  mutable std::mutex mutex_;
  mutable std::map<int, std::vector<std::int64_t>> first_matrices_;  // by n
};

}  // namespace

std::unique_ptr<Source> matrices_source(const Settings& settings, std::shared_ptr<const TensorFile> file,
                                        const Tensor& tensor, std::string_view place) {
  return std::make_unique<MatricesSource>(settings, std::move(file), tensor, place);
}

std::unique_ptr<Source> layers_source(const Settings& settings, std::vector<LayerTensors> layers,
                                      std::string_view place) {
  return std::make_unique<LayersSource>(settings, std::move(layers), place);
}

}  // namespace tristab
