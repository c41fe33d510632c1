#include "tristab/matrix/layer_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

constexpr std::int64_t most_rows = 512, most_heads = 64;
constexpr int fewest_rows = 16;                // of which a falling g is a sign
constexpr double vanishing = -16;              // e^-16 a token: the second neighbour is below fp32's roundoff
constexpr double shortest = 0.5, longest = 2;  // keys beyond this are not normalised

// The middle one of the values.
double middle(std::vector<double> values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, half);
  return *half;
}

// Where a number stands, and the number.
struct Found {
  std::int64_t row = -1, head = 0;
  double value = 0;
};

template <class Suspicious>
void find(const Matrix& values, int rows, std::int64_t head, Suspicious suspicious, Found& found) {
  for (int t = 0; t < rows && found.row < 0; ++t) {
    for (int d = 0; d < values.columns(); ++d) {
      if (!suspicious(values(t, d))) continue;
      found = {t, head, values(t, d)};
      break;
    }
  }
}

// Whether every channel falls from row to row, and by more than half of what it is at the end.
bool falls(const Matrix& g, int rows) {
  for (int d = 0; d < g.columns(); ++d) {
    for (int t = 1; t < rows; ++t) {
      if (g(t, d) > g(t - 1, d)) return false;
    }
    if (!(g(0, d) > 0.5 * g(rows - 1, d))) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> layer_notes(const LayerTensors& layer) {
  std::vector<std::string> notes;
  const auto note = [&](std::string_view part, const std::string& what) {
    notes.push_back(
        fmt::format("{}: tensor {}: {}", layer.path(), name_text(layer_tensor_name(layer.name(), part)), what));
  };
  if (layer.heads() > layer.tokens() && layer.tokens() > 1) {
    note("k", fmt::format("{} tokens and {} heads: are the two transposed? Tokens come first", layer.tokens(),
                          layer.heads()));
  }
  const SequenceRows& sequence = layer.sequences().front();
  const auto rows = static_cast<int>(std::min(sequence.end - sequence.begin, most_rows));
  const std::int64_t heads = std::min(layer.heads(), most_heads);
  Found rising, beta;
  bool all_fall = rows >= fewest_rows;
  std::vector<double> decays, lengths;
  for (std::int64_t head = 0; head < heads; ++head) {
    TokenInputs tokens;
    try {
      tokens = layer.read({sequence.batch, head, sequence.begin, rows}, rows);
    } catch (const InputError&) {  // NaN or infinity: whoever uses these rows says so
      all_fall = false;
      continue;
    }
    const Matrix& g = tokens.log_decay;
    find(
        g, rows, head, [](double x) { return x > 0; }, rising);
    all_fall = all_fall && g.columns() > 0 && falls(g, rows);
    decays.insert(decays.end(), g.values().begin(), g.values().end());
    const auto part = tokens.parts.find("beta");
    if (part == tokens.parts.end() || part->second.columns() != 1) continue;
    find(
        part->second, rows, head, [](double x) { return x < 0 || x > 2; }, beta);
    for (int t = 0; t < rows; ++t) {
      const double* key = tokens.keys.row(t);
      lengths.push_back(std::sqrt(dot(key, key, static_cast<std::size_t>(tokens.keys.columns()))));
    }
  }
  const auto at = [&](const Found& found) {
    return fmt::format("{:.3g} at token {}, head {}", found.value, (sequence.begin + found.row) / layer.steps(),
                       found.head);
  };
  if (rising.row >= 0) note("g", fmt::format("{}; a log decay is at most 0, with more the state grows", at(rising)));
  if (all_fall)
    note("g", "it falls from token to token in every head: is it a running sum? g is the decay of one token");
  if (!decays.empty() && !all_fall && middle(decays) < vanishing)
    note("g", fmt::format("{:.3g} at the median: the decay makes A vanish", middle(decays)));
  if (beta.row >= 0) note("beta", fmt::format("{}; betas lie in [0, 2]. Is it taken before its sigmoid?", at(beta)));
  if (!lengths.empty()) {
    const double length = middle(lengths);
    if (length > 0 && (length < shortest || length > longest))
      note("k", fmt::format("keys have length {:.3g} at the median: are they normalised? l2norm=true does it", length));
  }
  return notes;
}

}  // namespace tristab
