// Keys, betas and log decays of a layer as a file holds them.
//   <layer>.k     [tokens, heads, dim] or [sequences, tokens, heads, dim]
//   <layer>.beta  [tokens, heads]      ([sequences, tokens, heads])
//   <layer>.g     absent (DeltaNet), [tokens, heads] (GDN) or [tokens, heads, dim] (KDA), sequences first
//   where k has them
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tristab/matrix/formation.h"
#include "tristab/matrix/tensor_file.h"

namespace tristab {

// Where in a layer a chunk lies.
struct ChunkPlace {
  std::int64_t sequence = 0, head = 0, first_token = 0, tokens = 0;
};

class LayerTensors {
 public:
  // The tensors with prefix `layer` of one file. Throws UsageError naming the nearest layer when the file has
  // none of that name, InputError when beta is missing or a shape does not fit.
  LayerTensors(std::shared_ptr<const TensorFile> file, const std::string& layer);

  // k, beta and (null: no decay) g in .npy files of their own.
  LayerTensors(std::shared_ptr<const TensorFile> k, std::shared_ptr<const TensorFile> beta,
               std::shared_ptr<const TensorFile> g);

  const std::string& name() const { return name_; }  // "" for .npy files
  std::int64_t sequences() const { return sequences_; }
  std::int64_t tokens() const { return tokens_; }
  std::int64_t heads() const { return heads_; }
  std::int64_t head_dim() const { return head_dim_; }

  // The chunk's inputs with `rows` >= place.tokens rows; rows beyond its tokens have zero keys, beta and
  // decay. Thread-safe. Throws InputError naming tensor and index at NaN and infinity.
  ChunkInputs read(const ChunkPlace& place, int rows) const;

 private:
  struct Part {
    std::shared_ptr<const TensorFile> file;
    const Tensor* tensor = nullptr;  // null: absent
  };
  void set_shapes();
  void read_part(const Part& part, const ChunkPlace& place, std::int64_t width, double* out) const;

  std::string name_;
  Part k_, beta_, g_;
  std::int64_t sequences_ = 1, tokens_ = 0, heads_ = 0, head_dim_ = 0, decay_width_ = 0;
};

// The prefixes of all tensors called <layer>.k, in order of name.
std::vector<std::string> layer_names(const TensorFile& file);

}  // namespace tristab
