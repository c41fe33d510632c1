// The delta rules token by token, exactly as they are defined, in a type Real of high precision: the truth that the
// chunked forms are compared with. One function a rule; S is d_k x d_v, o_t = s S^T q_t with s = d_k^-1/2 (RWKV-7: 1).
// Sources: rule/*.cc.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "tristab/matrix/token_inputs.h"

namespace tristab {

// e^x, correctly rounded to the 64 bits of long double.
long double exponential_of(const long double& x);

template <class Real>
class Recurrence {
 public:
  // `exponential` is e^x in the precision of Real. The tokens outlive the recurrence.
  Recurrence(const TokenInputs& tokens, Real (*exponential)(const Real&))
      : tokens_(tokens),
        exponential_(exponential),
        keys_(static_cast<std::size_t>(tokens.keys.columns())),
        values_(static_cast<std::size_t>(tokens.values.columns())),
        state_(keys_ * values_),
        read_(values_) {}

  // Advances the state by row t (0, 1, ... in order).
  void advance(int t) {
    switch (tokens_.rule) {
      case Rule::delta_net:
      case Rule::gdn:
      case Rule::kda:
        return advance_delta(t);
      case Rule::gdn2:
        return advance_gdn2(t);
      case Rule::dplr:
        return advance_dplr(t);
      case Rule::comba:
        return advance_comba(t);
    }
  }

  // What the row wrote: u_t, d_v (DPLR: a_t^T S before the token).
  const std::vector<Real>& written() const { return read_; }
  const Real& state(int d, int v) const { return state_[index(d, v)]; }

  // o_t after advance(t).
  Real output(int t, int v) const {
    using std::sqrt;
    Real sum = 0;
    for (std::size_t d = 0; d < keys_; ++d)
      sum += state_[d * values_ + static_cast<std::size_t>(v)] * number(tokens_.queries, t, d);
    return tokens_.scaled_queries ? Real(sum / sqrt(Real(static_cast<double>(keys_)))) : sum;
  }

 private:
  static Real number(const Matrix& x, int t, std::size_t d) { return Real(x(t, static_cast<int>(d))); }
  std::size_t index(int d, int v) const {
    return static_cast<std::size_t>(d) * values_ + static_cast<std::size_t>(v);
  }

  // S <- diag(exp g_t) S, with one g a head or one a channel.
  void decay(int t) {
    const int width = tokens_.log_decay.columns();
    if (width == 0) return;
    Real factor = exponential_(Real(tokens_.log_decay(t, 0)));
    for (std::size_t d = 0; d < keys_; ++d) {
      if (width > 1 && d > 0) factor = exponential_(number(tokens_.log_decay, t, d));
      for (std::size_t v = 0; v < values_; ++v) state_[d * values_ + v] *= factor;
    }
  }

  // read = S^T x_t
  void read(const Matrix& x, int t) {
    for (Real& value : read_) value = 0;
    for (std::size_t d = 0; d < keys_; ++d) {
      const Real factor = number(x, t, d);
      for (std::size_t v = 0; v < values_; ++v) read_[v] += factor * state_[d * values_ + v];
    }
  }

  // S <- S + x_t w^T, w the vector `read_` or a row of the values
  void write(const Matrix& x, int t) {
    for (std::size_t d = 0; d < keys_; ++d) {
      const Real factor = number(x, t, d);
      for (std::size_t v = 0; v < values_; ++v) state_[d * values_ + v] += factor * read_[v];
    }
  }

  // S <- diag(exp g) S; u = beta (v - S^T k); S <- S + k u^T
  void advance_delta(int t) {
    decay(t);
    read(tokens_.keys, t);
    const Real beta = tokens_.beta[static_cast<std::size_t>(t)];
    for (std::size_t v = 0; v < values_; ++v) read_[v] = beta * (number(tokens_.values, t, v) - read_[v]);
    write(tokens_.keys, t);
  }

  // S <- diag(exp g) S; u = w o v - S^T (b o k); S <- S + k u^T
  void advance_gdn2(int t) {
    decay(t);
    for (Real& value : read_) value = 0;
    for (std::size_t d = 0; d < keys_; ++d) {
      const Real factor = number(tokens_.erase_gate, t, d) * number(tokens_.keys, t, d);
      for (std::size_t v = 0; v < values_; ++v) read_[v] += factor * state_[d * values_ + v];
    }
    const bool gated = tokens_.write_gate.columns() > 0;
    for (std::size_t v = 0; v < values_; ++v) {
      const Real value = number(tokens_.values, t, v);
      read_[v] = (gated ? Real(number(tokens_.write_gate, t, v) * value) : value) - read_[v];
    }
    write(tokens_.keys, t);
  }

  // S <- diag(exp g) S + b (a^T S) + k v^T, where a^T S reads the state before
  void advance_dplr(int t) {
    read(tokens_.removal, t);
    decay(t);
    write(tokens_.correction, t);
    for (std::size_t d = 0; d < keys_; ++d) {
      const Real factor = number(tokens_.keys, t, d);
      for (std::size_t v = 0; v < values_; ++v)
        state_[d * values_ + v] += factor * number(tokens_.values, t, v);
    }
  }

  // u = beta (v - S^T p) with the state before its decay; S <- exp(g) S + k u^T
  void advance_comba(int t) {
    read(tokens_.prediction_keys, t);
    const Real beta = tokens_.beta[static_cast<std::size_t>(t)];
    for (std::size_t v = 0; v < values_; ++v) read_[v] = beta * (number(tokens_.values, t, v) - read_[v]);
    decay(t);
    write(tokens_.keys, t);
  }

  const TokenInputs& tokens_;
  Real (*exponential_)(const Real&);
  std::size_t keys_, values_;
  std::vector<Real> state_, read_;
};

}  // namespace tristab
