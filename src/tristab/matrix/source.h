// Where the matrices of a sweep come from: a generator and its parameters, or a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/named.h"
#include "tristab/matrix/matrix.h"
#include "tristab/matrix/token_inputs.h"

namespace tristab {

// A family as a configuration gives it: registry name and complete settings (one value each, no axes).
struct FamilySpec : Named {};

// One matrix of a source.
struct Problem {
  std::string id;  // "gdn-64-0003-9f2c41aa": family, n, trial, hash of canonical parameters, seed and source
  // n x n, strictly lower triangular, finite. Smaller than the n asked for only if a file's last chunk is short and the
  // family says "tail": "short" (the id then holds the smaller n).
  Matrix a;
  int trial = 0;
  // null, or {file, layer, sequence, head, chunk, first_token} for families that read files (null for what the file
  // does not have; `tensor` in addition if it holds A itself)
  JsonValue source;
  std::shared_ptr<const TokenInputs> tokens;  // what A was formed from, n rows; null: the matrix was given
};

// All rows of one head and sequence with queries and values: what a whole layer computes, chunk after chunk.
struct Sequence {
  std::string id;  // like a problem's
  TokenInputs tokens;
  int trial = 0;
  JsonValue source;  // null, or {file, layer, sequence, head}
  // In a file: its first row of k, and the index among the source's matrices of that of its first chunk.
  std::int64_t first_row = 0;
  int first_matrix = 0;
};

// All matrices of one family specification and seed.
class Source {
 public:
  virtual ~Source() = default;
  virtual int count(int n) const = 0;  // number of matrices of size n >= 1
  // 0 <= index < count(n). Thread-safe; depends only on its arguments. Matrix `index` of a random family is the leading
  // block of the same matrix at a larger n, if its entries do not depend on n: of a family with tokens, it is the same
  // head, whose first n rows it takes, and sequence `index` begins with these rows. Throws InputError if a file holds
  // NaN, infinity or an A that is not strictly lower triangular.
  virtual Problem problem(int n, int index) const = 0;
  // Rows of the longest sequence that is accepted: two of them with 128 channels and their truth stay below 500 MB.
  static constexpr std::int64_t largest_sequence = 32768;

  // The number of sequences with queries and values, and the one with this index, cut into chunks of n rows. Generated
  // sequences are `chunks` chunks long. None if the source holds matrices only.
  virtual int sequences() const { return 0; }
  virtual Sequence sequence(int index, int n, std::int64_t chunks) const;

  // What looks unlike the inputs that it should have; one sentence each.
  virtual std::vector<std::string> notes() const { return {}; }

  // The sizes that exist, ascending, if a file holds matrices of fixed sizes; empty: any size.
  virtual std::vector<int> sizes() const { return {}; }
};

// Descriptions of all families, in listing order.
std::span<const Description> family_descriptions();

// {"family": "gdn", "keys": "silu", "scale": [..]} or "gdn" (or "gdn:keys=silu") -> one FamilySpec per
// combination of its axes. Throws UsageError with place, found, allowed and the nearest name.
std::vector<FamilySpec> expand_family(const Json& given, std::string_view place);

// Opens a specification: `trials` matrices of a random family, one of a deterministic family, every matrix of a file
// (paths relative to `directory`). Throws InputError if a file is missing, truncated or holds something forbidden, and
// UsageError if the specification names a tensor, layer, head or token that the file does not have; the message names
// `place` (file and JSON path, or option).
std::unique_ptr<Source> open_source(const FamilySpec& spec, std::uint64_t seed, int trials,
                                    const std::filesystem::path& directory, std::string_view place);

// The hashes of matrices, one behind the other, for problem_id.
std::string content_of(const std::vector<const Matrix*>& matrices);

// "<family>-<n>-<trial, at least 4 digits>-<8 hex digits of the hash of `canonical`>".
std::string problem_id(std::string_view family, int n, int trial, std::string_view canonical);

}  // namespace tristab
