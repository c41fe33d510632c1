// What a kernel returned, in a file: inverses, w, u, o and final states, in the layouts that kernels exchange.
//   inverse  [n, n], [batch, n, n], [tokens, heads, n], [batch, tokens, heads, n]
//   w, u, o  [tokens, heads, d], [batch, tokens, heads, d]
//   state    [heads, d_k, d_v], [sequences, heads, d_k, d_v]
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tristab/format/format.h"
#include "tristab/matrix/matrix.h"
#include "tristab/matrix/tensor_file.h"

namespace tristab {

enum class OutputPart { inverse, w, u, o, state };
inline constexpr std::size_t output_part_count = 5;
const char* name_of(OutputPart part);  // "T", "w", "u", "o", "state"

// Where a chunk or a sequence lies in such tensors.
struct OutputPlace {
  int index = 0;                         // of the matrix in a batch
  std::optional<std::int64_t> head;      // none: INPUT is a batch of matrices
  std::int64_t sequence = 0, token = 0;  // the first token of the chunk: its first row of k
  std::int64_t chunk = 0;                // of the sequence
  int rows = 0;                          // of the chunk that are tokens
};

// The format whose numbers a floating dtype stores.
const Format& format_of_dtype(Dtype dtype);

class KernelOutput {
 public:
  // The tensor `name` of the file; or, with a prefix for a name, the tensors NAME.T, NAME.w, ...; empty: the only
  // tensor, or those of `layer`, or those without a prefix. A tensor whose name says nothing holds inverses, of size n;
  // `matrices`: how many it must have if it is a batch; none: any number.
  // Throws InputError for a broken file, UsageError with the nearest name for one that has no such tensors.
  KernelOutput(const std::string& path, const std::string& name, const std::string& layer, int n,
               std::optional<int> matrices, std::string_view place);

  const std::string& path() const { return file_->path(); }
  bool has(OutputPart part) const { return tensor(part) != nullptr; }
  const Tensor* tensor(OutputPart part) const { return tensors_[static_cast<std::size_t>(part)]; }
  const Format& format(OutputPart part) const;                  // of its dtype
  bool holds(OutputPart part, const OutputPlace& place) const;  // in a batch or a sequence that may be shorter
  std::string describe() const;                                 // "T BF16 [512, 4, 64], o BF16 [512, 4, 128]"

  // Numbers as they are, NaN and infinities too. Throws InputError if the tensor ends before this place.
  Matrix inverse(const OutputPlace& place, int n) const;         // n x n; rows beyond the tokens are those of I
  Matrix rows(OutputPart part, const OutputPlace& place) const;  // w, u, o of a chunk: rows x d
  Matrix state(const OutputPlace& place, int keys, int values) const;

 private:
  void find_layout(int n);
  const Tensor& present(OutputPart part) const;
  [[noreturn]] void refuse_shape(const Tensor& tensor, const std::string& allowed) const;
  Matrix read(const Tensor& tensor, std::int64_t first, int rows, int columns, std::int64_t stride) const;

  std::optional<int> matrices_;
  bool by_token_ = false;  // inverses are [..., tokens, heads, n], not [batch, n, n]
  std::shared_ptr<const TensorFile> file_;
  std::array<const Tensor*, output_part_count> tensors_{};
};

}  // namespace tristab
