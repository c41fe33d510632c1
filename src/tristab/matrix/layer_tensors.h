// The inputs of a delta-rule layer in a file. Their names have the prefix <layer>; the layer "" has no prefix (k, beta,
// g).
//   .k [tokens, key heads, d_k]    .beta [tokens, heads]    .g [tokens, heads] or [tokens, heads, d_k]
//   .q [tokens, key heads, d_k]    .v [tokens, heads, d_v]                       (outputs need these two)
//   and the parts that the layer's rule names (rule/*.cc; `tristab list rules NAME` prints them)
// Each may have an axis of sequences before the tokens. `heads` is a multiple of `key heads`: head h uses the keys of
// head floor(h key_heads / heads) (grouped heads, as repeat_interleave orders them).
//
// <layer>.cu_seqlens or cu_seqlens (I32 or I64, 0 ... tokens) says where packed sequences begin; chunks restart there.
// DeltaProduct: k, beta and v have `steps` rows a token, interleaved; q and g have one. A file may state its
// conventions, one I32 or I64 number each: .l2norm (0 or 1), .log_base (2), .steps (1 to 64).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/tensor_file.h"

namespace tristab {

// Stands for the rule that a layer's tensors indicate.
inline constexpr const char* automatic_rule = "auto";

// What the caller knows about a file. An absent value is taken from the file; if the file does not say, it is the one
// in brackets.
struct LayerConventions {
  std::string rule = automatic_rule;              // a name of layer_rule_names()
  std::optional<int> steps = std::nullopt;        // Householder steps a token (1)
  std::optional<bool> log2_decay = std::nullopt;  // g is a logarithm to base 2 (false)
  // q and k (and p, khat) are L2-normalised on reading, x / sqrt(sum x^2 + 1e-6), and rounded to the tensor's dtype as
  // FLA's l2norm_fwd stores them (false)
  std::optional<bool> normalise = std::nullopt;
};

// "<layer>.<part>", or only the part for the layer "".
std::string layer_tensor_name(std::string_view layer, std::string_view part);

// automatic_rule, then the rules by name.
const std::vector<std::string>& layer_rule_names();

// Rows of one sequence, [begin, end), in rows of k: steps times tokens.
struct SequenceRows {
  std::int64_t batch = 0, sequence = 0, begin = 0, end = 0;
};

// Where a chunk lies in a layer, in rows of k.
struct ChunkPlace {
  std::int64_t batch = 0, head = 0, first_row = 0, rows = 0;
};

class LayerTensors {
 public:
  // The tensors of one file with prefix `layer`. Throws UsageError with the nearest layer if the file has no such
  // layer, InputError if a tensor that the rule needs is missing or a shape does not fit.
  LayerTensors(std::shared_ptr<const TensorFile> file, const std::string& layer,
               const LayerConventions& conventions = {});

  // k, beta and (null: no decay) g in separate .npy files.
  LayerTensors(std::shared_ptr<const TensorFile> k, std::shared_ptr<const TensorFile> beta,
               std::shared_ptr<const TensorFile> g, const LayerConventions& conventions = {});

  const std::string& path() const { return key_.file->path(); }  // of the file with the keys
  const std::string& name() const { return name_; }              // "" for .npy files and tensors without a prefix
  const DeltaRule& rule() const { return *rule_; }
  bool normalised_on_reading() const { return normalise_; }
  std::int64_t rows() const { return rows_; }  // of k in one batch entry: steps times tokens
  std::int64_t tokens() const { return rows_ / steps_; }
  int steps() const { return steps_; }
  std::int64_t heads() const { return heads_; }
  std::int64_t key_heads() const { return key_heads_; }
  std::int64_t head_dim() const { return head_dim_; }
  const std::vector<SequenceRows>& sequences() const { return sequences_; }  // in order; none is empty
  bool has_outputs() const { return query_.tensor != nullptr && value_.tensor != nullptr; }
  std::vector<const Tensor*> tensors() const;  // the tensors that the layer reads, k first

  // The inputs of the rows at `place`, padded with zero rows (no key, no write, no decay) to `rows` >= place.rows.
  // Queries and values are read only if `with_outputs` is set. Thread-safe. Throws InputError with tensor and index at
  // NaN and infinity.
  TokenInputs read(const ChunkPlace& place, int rows, bool with_outputs = false) const;

 private:
  struct Part {
    std::string name;
    PartShape shape;
    std::shared_ptr<const TensorFile> file;
    const Tensor* tensor = nullptr;     // null: absent
    std::int64_t heads = 0, width = 0;  // of a row
    int steps = 1;                      // rows a token
  };
  using Lookup = std::function<Part(const std::string& name, PartShape shape)>;
  void settle_conventions(const TensorFile* file);
  void find_parts(const Lookup& lookup);
  const DeltaRule& rule_of_tensors(const Lookup& lookup) const;
  [[noreturn]] void missing_part(const std::string& name) const;
  std::vector<Part*> parts();  // present ones: k first
  void set_heads();
  void set_shape(Part& part);
  void set_sequences(const TensorFile* file);
  Matrix read_part(const Part& part, const ChunkPlace& place, int rows) const;

  std::string name_;
  LayerConventions conventions_;
  int steps_ = 1;
  bool log2_decay_ = false, normalise_ = false;
  const DeltaRule* rule_ = nullptr;
  Part key_, decay_, query_, value_;
  std::vector<Part> rule_parts_;  // in the order of the rule's parts
  std::vector<SequenceRows> sequences_;
  std::int64_t batches_ = 1, rows_ = 0, heads_ = 0, key_heads_ = 0, head_dim_ = 0;
};

// The prefixes of all tensors called <layer>.k, in order of name. "" comes first if there is a tensor k and beside it a
// part of some rule.
std::vector<std::string> layer_names(const TensorFile& file);

}  // namespace tristab
