// The delta rules. Each has one file with everything that the program knows about it: what it reads, how A of a chunk
// is formed, what T = (I + A)^-1 multiplies, and the recurrence token by token.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/matrix/gated_product.h"
#include "tristab/matrix/token_inputs.h"

namespace tristab {

// The columns of one row of a part, and whether it belongs to a head or to a key head.
enum class PartShape {
  scalar,   // 1; one a head
  key,      // d_k; grouped heads may share it
  channel,  // d_k; one a head
  value     // d_v; one a head
};

// The value of a part with which the rule is the one without the part.
enum class PlainPart { none, ones, keys };

struct RulePart {
  std::string name;  // of its tensor: <layer>.<name>
  PartShape shape;
  std::string meaning;    // "write strength, 0 to 1"
  bool optional = false;  // only outputs need it; absent: ones
  PlainPart plain = PlainPart::none;
};

// The columns of the log decay g.
enum class DecayWidth { none, head, channel };

// A vector for every token: row t of x, or of x o y.
struct TokenVector {
  TokenVector(const Matrix& rows) : x(rows) {}
  TokenVector(const Matrix& rows, const Matrix& times) : x(rows), y(&times) {}
  const Matrix& x;
  const Matrix* y = nullptr;
};

// One token of a recurrence in any precision: the state S (d_k x d_v) and a vector u (d_v).
class RecurrenceStep {
 public:
  virtual ~RecurrenceStep() = default;
  virtual void decay() = 0;                                      // S <- diag(exp g_t) S
  virtual void read(const TokenVector& x) = 0;                   // u <- S^T x_t
  virtual void subtract_from_values() = 0;                       // u <- v_t - u
  virtual void subtract_from_gated_values(const Matrix& w) = 0;  // u <- w_t o v_t - u
  virtual void scale(const Matrix& beta) = 0;                    // u <- beta_t u, one number a token
  virtual void write(const TokenVector& x) = 0;                  // S <- S + x_t u^T
  virtual void write_values(const Matrix& x) = 0;                // S <- S + x_t v_t^T
};

struct DeltaRule {
  std::string name;        // "gdn"
  std::string recurrence;  // the token-by-token definition
  std::string formula;     // of A
  std::string source;

  DecayWidth decay = DecayWidth::none;
  bool decay_optional = false;
  std::optional<double> decay_bound = {};  // the model's g is above this
  std::vector<RulePart> parts;             // besides k, g, q and v
  std::string key_part = {};               // the part that holds the normalised keys; "": k does
  std::string erase_rate = {};             // the part that says how much of what is read is erased; "": none
  // The part that multiplies v in u's right-hand side; "": the rule writes k v^T separately.
  std::string write_gate = {};
  bool scaled_queries = true;  // outputs use d_k^-1/2 q; false: q itself
  bool several_steps = false;  // the rule of files with several steps a token

  // The factors of A.
  GatedFactors (*factors)(const TokenInputs& tokens) = nullptr;
  // Processes one token; afterwards outputs are S^T q.
  void (*advance)(const TokenInputs& tokens, RecurrenceStep& step) = nullptr;
  // Derives, from the rule's own parts, those of the rule that it is a form of, and k; null: nothing to derive.
  void (*complete)(TokenInputs& tokens) = nullptr;

  // Whether one number a head and token says how much is erased: beta, which multiplies the rows of A.
  bool has_scalar_rate() const;
};

std::span<const DeltaRule> delta_rules();  // in listing order

// Throws std::logic_error if there is no rule of that name.
const DeltaRule& delta_rule(std::string_view name);

// The rule's factors of A. Throws std::logic_error if an input does not have the rule's shape.
GatedFactors factors_of(const TokenInputs& tokens);

// A of one chunk in double, strictly lower triangular, n x n.
Matrix delta_rule_matrix(const TokenInputs& chunk);

// x_ij y_ij
Matrix elementwise_product(Matrix x, const Matrix& y);

}  // namespace tristab
