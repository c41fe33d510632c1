// The recurrence of a delta rule token by token, exactly as rule/*.cc defines it, in a type Real of high precision: the
// truth for the chunked forms. S is d_k x d_v; o_t = s S^T q_t with s = d_k^-1/2 if the rule scales queries.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "tristab/matrix/rule/rule.h"

namespace tristab {

// e^x, correctly rounded to the 64 bits of long double.
long double exponential_of(const long double& x);

template <class Real>
class Recurrence : private RecurrenceStep {
 public:
  // `exponential` is e^x in the precision of Real. The tokens must outlive the recurrence.
  Recurrence(const TokenInputs& tokens, Real (*exponential)(const Real&))
      : tokens_(tokens),
        exponential_(exponential),
        keys_(static_cast<std::size_t>(tokens.keys.columns())),
        values_(static_cast<std::size_t>(tokens.values.columns())),
        state_(keys_ * values_),
        u_(values_) {}

  // Starts from this state, d_k x d_v, in place of zero.
  void start_from(const Matrix& state) {
    for (std::size_t i = 0; i < state_.size(); ++i) state_[i] = Real(state.values()[i]);
  }

  // Advances the state by row t (0, 1, ... in order).
  void advance(int t) {
    t_ = t;
    tokens_.rule->advance(tokens_, *this);
  }

  // What the row wrote: u_t, d_v (DPLR: a_t^T S before the token).
  const std::vector<Real>& written() const { return u_; }
  const Real& state(int d, int v) const {
    return state_[static_cast<std::size_t>(d) * values_ + static_cast<std::size_t>(v)];
  }

  // o_t, d_v, after advance(t).
  std::vector<Real> outputs() const {
    using std::sqrt;
    std::vector<Real> o(values_, Real(0));
    for (std::size_t d = 0; d < keys_; ++d) {
      const Real query = number(tokens_.queries, d);
      for (std::size_t v = 0; v < values_; ++v) o[v] += state_[d * values_ + v] * query;
    }
    if (!tokens_.rule->scaled_queries) return o;
    const Real root = sqrt(Real(static_cast<double>(keys_)));
    for (Real& x : o) x /= root;
    return o;
  }

 private:
  Real number(const Matrix& x, std::size_t d) const { return Real(x(t_, static_cast<int>(d))); }
  Real number(const TokenVector& x, std::size_t d) const {
    return x.y == nullptr ? number(x.x, d) : Real(number(x.x, d) * number(*x.y, d));
  }

  void decay() override {
    const int width = tokens_.log_decay.columns();
    if (width == 0) return;
    Real factor = exponential_(number(tokens_.log_decay, 0));
    for (std::size_t d = 0; d < keys_; ++d) {
      if (width > 1 && d > 0) factor = exponential_(number(tokens_.log_decay, d));
      for (std::size_t v = 0; v < values_; ++v) state_[d * values_ + v] *= factor;
    }
  }

  void read(const TokenVector& x) override {
    for (Real& value : u_) value = 0;
    for (std::size_t d = 0; d < keys_; ++d) {
      const Real factor = number(x, d);
      for (std::size_t v = 0; v < values_; ++v) u_[v] += factor * state_[d * values_ + v];
    }
  }

  void subtract_from_values() override {
    for (std::size_t v = 0; v < values_; ++v) u_[v] = number(tokens_.values, v) - u_[v];
  }

  void subtract_from_gated_values(const Matrix& w) override {
    for (std::size_t v = 0; v < values_; ++v) u_[v] = Real(number(w, v) * number(tokens_.values, v)) - u_[v];
  }

  void scale(const Matrix& beta) override {
    for (Real& value : u_) value = number(beta, 0) * value;
  }

  void write(const TokenVector& x) override {
    for (std::size_t d = 0; d < keys_; ++d) {
      const Real factor = number(x, d);
      for (std::size_t v = 0; v < values_; ++v) state_[d * values_ + v] += factor * u_[v];
    }
  }

  void write_values(const Matrix& x) override {
    for (std::size_t d = 0; d < keys_; ++d) {
      const Real factor = number(x, d);
      for (std::size_t v = 0; v < values_; ++v) state_[d * values_ + v] += factor * number(tokens_.values, v);
    }
  }

  const TokenInputs& tokens_;
  Real (*exponential_)(const Real&);
  std::size_t keys_, values_;
  std::vector<Real> state_, u_;
  int t_ = 0;
};

}  // namespace tristab
