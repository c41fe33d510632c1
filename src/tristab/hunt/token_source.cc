// Given inputs as a source of matrices and, where they have queries and values, of sequences.
#include <fmt/format.h>

#include <stdexcept>

#include "tristab/base/json.h"
#include "tristab/hunt/hunt.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab {
namespace {

std::string identity_of(const TokenInputs& tokens) { return tokens.rule->name + content_of(tokens.matrices()); }

class TokenSource : public Source {
 public:
  explicit TokenSource(std::vector<TokenInputs> inputs) : inputs_(std::move(inputs)) {}

  int count(int n) const override {
    for (const TokenInputs& tokens : inputs_) {
      if (tokens.rows() < n) return 0;
    }
    return static_cast<int>(inputs_.size());
  }

  Problem problem(int n, int index) const override {
    auto tokens = std::make_shared<TokenInputs>(token_rows(at(index), 0, n, n));
    Problem problem;
    problem.id = problem_id("found", n, index, identity_of(*tokens));
    problem.a = delta_rule_matrix(*tokens);
    problem.trial = index;
    problem.tokens = std::move(tokens);
    return problem;
  }

  int sequences() const override {
    for (const TokenInputs& tokens : inputs_) {
      if (tokens.queries.columns() == 0 || tokens.values.columns() == 0) return 0;
    }
    return static_cast<int>(inputs_.size());
  }

  Sequence sequence(int index, int n, std::int64_t) const override {
    const TokenInputs& tokens = at(index);
    return {problem_id("found", n, index, identity_of(tokens)), tokens, index, nullptr};
  }

 private:
  const TokenInputs& at(int index) const { return inputs_.at(static_cast<std::size_t>(index)); }
  std::vector<TokenInputs> inputs_;
};

}  // namespace

std::unique_ptr<Source> token_source(std::vector<TokenInputs> inputs) {
  return std::make_unique<TokenSource>(std::move(inputs));
}

}  // namespace tristab
