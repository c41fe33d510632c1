#include "tristab/judge/checking.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tristab/judge/mutant.h"
#include "tristab/layer/layer_truth.h"

namespace tristab {

std::vector<Hypothesis> Checking::hypotheses(OutputPart part) {
  std::vector<Hypothesis> list;
  const DeltaRule* rule = units_.front().tokens ? units_.front().tokens->rule : nullptr;
  if (part == OutputPart::inverse || !wanted_[0]) {
    std::set<std::string> known;
    for (const int block : {block_of(report_.against), 8, 16, 32, input_.n() / 2}) {
      if (block < 2 || block >= input_.n()) continue;
      for (Mutant& mutant : mutants({input_.n(), block, rule, true})) {
        // Blocks of another size than the recipe's are said to be so.
        const bool other = block != block_of(report_.against) && mutant.text.find('(') != std::string::npos;
        const std::string text = other ? fmt::format("{} (blocks of {})", mutant.text, block) : mutant.text;
        if (!known.insert(text).second) continue;
        list.push_back({mutant.kind, text, [this, part, mutant](const CheckedPiece& piece) {
                          return part == OutputPart::inverse ? mutated(mutant, piece)
                                                             : layer_of_mutant(mutant, part, piece);
                        }});
      }
    }
  }
  if (part == OutputPart::inverse) wrong_inputs(list);
  // A missing merge of doubling can be a missing block as well: that is said first.
  std::stable_partition(list.begin(), list.end(),
                        [](const Hypothesis& each) { return !each.text.starts_with("of the doubling"); });
  // What stands at another place, by steps of head and chunk from it, or absolutely.
  const auto elsewhere = [&](const char* text, auto place) {
    list.push_back({"elsewhere", text, [this, part, place](const CheckedPiece& piece) {
                      OutputPlace other = piece.place;
                      place(other);
                      const auto found = pieces_.find(
                          {other.sequence, other.head.value_or(-1), other.chunk, other.head ? 0 : other.index});
                      if (found == pieces_.end()) return Matrix();
                      const auto [unit, chunk] = found->second;
                      const std::vector<Matrix>& all = recipe_[unit][part];
                      return all[part == OutputPart::state ? 0 : chunk];
                    }});
  };
  if (units_.front().places.front().head) {
    if (part != OutputPart::state) {
      elsewhere("that of the chunk before stands there", [](OutputPlace& p) { --p.chunk; });
      elsewhere("that of the chunk behind stands there", [](OutputPlace& p) { ++p.chunk; });
      elsewhere("that of the first chunk stands there", [](OutputPlace& p) { p.chunk = 0; });
    }
    elsewhere("that of the head before stands there", [](OutputPlace& p) { --*p.head; });
    elsewhere("that of the head behind stands there", [](OutputPlace& p) { ++*p.head; });
    elsewhere("that of the first head stands there", [](OutputPlace& p) { p.head = 0; });
    elsewhere("that of the sequence before stands there", [](OutputPlace& p) { --p.sequence; });
    elsewhere("that of the sequence behind stands there", [](OutputPlace& p) { ++p.sequence; });
  } else {
    elsewhere("that of the matrix before stands there", [](OutputPlace& p) {
      --p.index;
      --p.sequence;
    });
    elsewhere("that of the matrix behind stands there", [](OutputPlace& p) {
      ++p.index;
      ++p.sequence;
    });
    elsewhere("that of the first matrix stands there", [](OutputPlace& p) {
      p.index = 0;
      p.sequence = 0;
    });
  }
  if (part != OutputPart::inverse) layer_hypotheses(part, list);
  return list;
}

// The inverse of another A, or A itself.
void Checking::wrong_inputs(std::vector<Hypothesis>& list) const {
  const auto with_a = [&](std::string text, std::function<Matrix(Matrix a)> give) {
    list.push_back({"input", std::move(text), [this, give = std::move(give)](const CheckedPiece& piece) {
                      const CheckedUnit one = chunk_of(units_[static_cast<std::size_t>(piece.unit)], piece.chunk);
                      return give(recipe_input(one, 0, one.tokens.get(), report_.against, machines_.local()));
                    }});
  };
  for (const auto& [text, factor] : {std::pair("A is doubled", 2.0), std::pair("A is halved", 0.5)}) {
    with_a(text, [factor = factor](Matrix a) {
      for (double& each : a.values()) each *= factor;
      return inverse_by_substitution(a);
    });
  }
  for (const char* name : {"bf16", "fp16", "tf32"}) {
    with_a(fmt::format("A is rounded to {}", name), [format = format_of(name, "")](Matrix a) {
      return inverse_by_substitution(stored_as(std::move(a), format));
    });
  }
  with_a("A itself stands there", [](Matrix a) { return a; });
  with_a("I + A stands there", [](Matrix a) {
    for (int i = 0; i < a.rows(); ++i) a(i, i) += 1;
    return a;
  });
}

Matrix Checking::mutated(const Mutant& mutant, const CheckedPiece& piece) const {
  const CheckedUnit& unit = units_[static_cast<std::size_t>(piece.unit)];
  const CheckedUnit one = chunk_of(unit, piece.chunk);
  const Matrix a = recipe_input(one, 0, one.tokens.get(), report_.against, machines_.local());
  const Matrix& x = exact_[static_cast<std::size_t>(piece.unit)].of[0].empty()
                        ? inverse_by_substitution(a)
                        : exact_[static_cast<std::size_t>(piece.unit)][OutputPart::inverse][piece.chunk];
  const Matrix* before = nullptr;
  if (piece.chunk > 0 && !exact_[static_cast<std::size_t>(piece.unit)].of[0].empty()) {
    before = &exact_[static_cast<std::size_t>(piece.unit)][OutputPart::inverse][piece.chunk - 1];
  } else if (piece.unit > 0 && !exact_[static_cast<std::size_t>(piece.unit) - 1].of[0].empty()) {
    before = &exact_[static_cast<std::size_t>(piece.unit) - 1][OutputPart::inverse].back();
  }
  return mutant.inverse({a, x, one.tokens.get(), one.places.front().rows, before});
}

Matrix Checking::layer_of_mutant(const Mutant& mutant, OutputPart part, const CheckedPiece& piece) const {
  const CheckedUnit& unit = units_[static_cast<std::size_t>(piece.unit)];
  std::vector<Matrix> t;
  for (std::size_t c = 0; c < unit.a.size(); ++c) {
    CheckedPiece each = piece;
    each.chunk = c;
    t.push_back(mutated(mutant, each));
  }
  return layer_with(unit, part, piece, &t);
}

Matrix Checking::layer_with(const CheckedUnit& unit, OutputPart part, const CheckedPiece& piece,
                            const std::vector<Matrix>* t) const {
  OutputParts only{};
  only[static_cast<std::size_t>(part)] = true;
  const std::vector<Matrix>* own =
      t == nullptr && wanted_[0] ? &found_[static_cast<std::size_t>(piece.unit)][OutputPart::inverse] : t;
  const Results results = emulated(unit, report_.against, request_.layer_arithmetic, only, machines_.local(), own);
  return results[part][part == OutputPart::state ? 0 : piece.chunk];
}

void Checking::layer_hypotheses(OutputPart part, std::vector<Hypothesis>& list) const {
  const auto with_tokens = [&](const char* name, const char* text, auto edit) {
    list.push_back({name, text, [this, part, edit](const CheckedPiece& piece) {
                      CheckedUnit unit = units_[static_cast<std::size_t>(piece.unit)];
                      auto tokens = std::make_shared<TokenInputs>(*unit.tokens);
                      if (!edit(*tokens)) return Matrix();
                      unit.tokens = std::move(tokens);
                      // T is that of the right inputs: a bug of T is found by its own name.
                      std::vector<Matrix> t;
                      if (!wanted_[0]) {
                        OutputParts inverse{true};
                        t = emulated(units_[static_cast<std::size_t>(piece.unit)], report_.against,
                                     request_.layer_arithmetic, inverse, machines_.local())[OutputPart::inverse];
                      }
                      return layer_with(unit, part, piece, wanted_[0] ? nullptr : &t);
                    }});
  };
  if (part == OutputPart::o || part == OutputPart::state) {
    list.push_back(
        {"state-not-carried", "the state is not carried from chunk to chunk", [this, part](const CheckedPiece& piece) {
           const CheckedUnit& unit = units_[static_cast<std::size_t>(piece.unit)];
           const std::size_t c = part == OutputPart::state ? unit.a.size() - 1 : piece.chunk;
           CheckedUnit one = chunk_of(unit, c);
           const int n = unit.a[c].rows();
           one.tokens = std::make_shared<TokenInputs>(
               token_rows(*unit.tokens, static_cast<int>(c) * n, unit.places[c].rows, unit.places[c].rows));
           one.has_outputs = true;
           OutputParts only{};
           only[static_cast<std::size_t>(part)] = true;
           std::vector<Matrix> t;
           if (wanted_[0]) t.push_back(found_[static_cast<std::size_t>(piece.unit)][OutputPart::inverse][c]);
           return emulated(one, report_.against, request_.layer_arithmetic, only, machines_.local(),
                           wanted_[0] ? &t : nullptr)[part]
               .front();
         }});
  }
  with_tokens("decay", "the decay is missing", [](TokenInputs& tokens) {
    const bool any = tokens.log_decay.columns() > 0;
    for (double& g : tokens.log_decay.values()) g = 0;
    return any;
  });
  with_tokens("decay", "the decay is a power of two, not of e", [](TokenInputs& tokens) {
    for (double& g : tokens.log_decay.values()) g *= 0.6931471805599453;
    return tokens.log_decay.columns() > 0;
  });
  with_tokens("decay", "the decay is one token late", [](TokenInputs& tokens) {
    Matrix& g = tokens.log_decay;
    for (int i = g.rows() - 1; i > 0; --i) std::copy_n(g.row(i - 1), g.columns(), g.row(i));
    if (g.rows() > 0) std::fill_n(g.row(0), g.columns(), 0.0);
    return g.columns() > 0;
  });
  with_tokens("beta", "beta is missing", [](TokenInputs& tokens) {
    const auto beta = tokens.parts.find("beta");
    if (beta == tokens.parts.end()) return false;
    for (double& b : beta->second.values()) b = 1;
    return true;
  });
  with_tokens("beta", "beta is applied twice", [](TokenInputs& tokens) {
    const auto beta = tokens.parts.find("beta");
    if (beta == tokens.parts.end()) return false;
    for (double& b : beta->second.values()) b *= b;
    return true;
  });
}

}  // namespace tristab
