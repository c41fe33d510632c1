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

// A family as a configuration names it: registry name and complete settings (one value each, no axes).
struct FamilySpec : Named {};

// One matrix of a source.
struct Problem {
  std::string id;  // "gdn-64-0003-9f2c41aa": family, n, trial, hash of canonical parameters, seed and source
  Matrix a;        // n x n, strictly lower triangular, finite; smaller than the n asked for only where a file's
                   // last chunk is short and the family says "tail": "short" (the id then holds the smaller n)
  int trial = 0;
  JsonValue source;  // null, or {file, layer, sequence, head, chunk, first_token} for families read from files
                     // (null where the file has no such thing, and `tensor` in addition where it holds A itself)
  std::shared_ptr<const TokenInputs> tokens;  // what A was formed from, n rows; null: a matrix as such
};

// All rows of one head and sequence with queries and values: what a whole layer computes on, chunk after chunk.
struct Sequence {
  std::string id;  // like a problem's
  TokenInputs tokens;
  int trial = 0;
  JsonValue source;  // null, or {file, layer, sequence, head}
};

// All matrices of one family specification and seed.
class Source {
 public:
  virtual ~Source() = default;
  virtual int count(int n) const = 0;  // number of matrices of size n >= 1
  virtual Problem problem(int n,
                          int index) const = 0;  // 0 <= index < count(n); thread-safe; depends on its
                                                 // arguments alone. Throws InputError where a file holds NaN,
                                                 // infinity or an A that is not strictly lower triangular
  // Rows of the longest sequence that is taken: two of 128 channels and their truth stay below 500 MB.
  static constexpr std::int64_t largest_sequence = 32768;

  // Sequences with queries and values, and the one of this number, cut into chunks of n rows; generated ones are
  // `chunks` chunks long. None where the source holds matrices as such.
  virtual int sequences() const { return 0; }
  virtual Sequence sequence(int index, int n, std::int64_t chunks) const;

  // The sizes that exist, ascending, where a file holds matrices of its own sizes; empty: any size.
  virtual std::vector<int> sizes() const { return {}; }
};

// All family names, in listing order, and what each says of itself.
std::span<const Description> family_descriptions();

// {"family": "gdn", "keys": "silu", "scale": [..]} or "gdn" (or "gdn:keys=silu") -> one FamilySpec per
// combination of its axes. Throws UsageError with place, found, allowed and the nearest name.
std::vector<FamilySpec> expand_family(const Json& given, std::string_view place);

// Opens a specification: `trials` matrices of a random family, one of a deterministic one, every matrix of a
// file (paths relative to `directory`). Throws InputError when a file is missing, truncated or holds what it
// must not, and UsageError when the specification names a tensor, layer, head or token that the file lacks;
// `place` (file and JSON path, or option) is named in the message.
std::unique_ptr<Source> open_source(const FamilySpec& spec, std::uint64_t seed, int trials,
                                    const std::filesystem::path& directory, std::string_view place);

// "<family>-<n>-<trial, at least 4 digits>-<8 hex digits of the hash of `canonical`>".
std::string problem_id(std::string_view family, int n, int trial, std::string_view canonical);

}  // namespace tristab
