#include "tristab/base/for_all.h"
#include "tristab/judge/checking.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/judge/spread.h"
#include "tristab/judge/variant.h"
#include "tristab/matrix/norms.h"

namespace tristab {
namespace {

// Runs of variants on matrices of 64 rows that the spread may cost; more variants than these say nothing new.
constexpr double kSpreadRuns = 6000;
constexpr double kFewVariants = 8, kManyVariants = 48, kManyOfLayer = 24;

// u of the coarsest format in which the recipe adds up products.
double sums_roundoff(const Recipe& recipe) {
  double u = 0;
  for (const auto& [stage, arithmetic] : recipe.arithmetics) u = std::max(u, arithmetic.product.format.unit_roundoff());
  return u;
}

// By element, what roundings may do to this inverse that no variant tried: its sums in another order, of unit roundoff
// u, and A formed from the keys, in the recipe's own format or, if it takes A as it is, in fp32.
Matrix floor_of(const CheckedUnit& chunk, const Matrix& x, const Recipe& recipe, double u) {
  Matrix floor = reordering_floor(chunk.a.front(), x, u);
  if (!chunk.tokens) return floor;
  const bool is_given = recipe.formation.kind == Formation::Kind::exact;
  const double forming = (is_given ? fp32_format() : recipe.formation.product.product.format).unit_roundoff();
  const Matrix change = change_of_inverse(x, forming_errors(factors_of(*chunk.tokens)));
  for (std::size_t k = 0; k < change.values().size(); ++k) floor.values()[k] += forming * change.values()[k];
  return floor;
}

}  // namespace

Results Checking::more_accurate(std::size_t unit) const {
  if (!wanted_[0] || !wanted_layer()) return exact_[unit];
  static const LayerArithmetic fp32 = make_layer_arithmetic(Json("fp32"), "a more accurate layer");
  Recipe recipe = report_.against;
  recipe.layer = fp32;
  OutputParts rest = wanted_;
  rest[0] = false;
  Results results = emulated(units_[unit], recipe, fp32, rest, machines_.local(), &found_[unit][OutputPart::inverse]);
  results[OutputPart::inverse] = exact_[unit][OutputPart::inverse];
  return results;
}

void Checking::test_spread() {
  const Recipe& recipe = report_.against;
  std::vector<Recipe> variants;
  const auto append = [&](std::vector<Recipe> more) { std::ranges::move(more, std::back_inserter(variants)); };
  // A kernel that was not named may compute in fp32, whatever the nearest recipe does.
  if (!report_.declared) append(benign_variants(plain_recipe(fp32_format()), input_.n(), request_.layer_arithmetic));
  const std::size_t kept = report_.declared ? 4 : std::min<std::size_t>(variants.size(), 12);
  if (!report_.unlike_all) append(benign_variants(recipe, input_.n(), request_.layer_arithmetic));
  append(right_here_);  // those that are as good as the output where that is right
  const double scale = std::pow(input_.n() / 64.0, 3) * (wanted_layer() ? 8 : 1);
  const auto most = static_cast<std::size_t>(std::clamp(kSpreadRuns / (input_.matrices() * scale), kFewVariants,
                                                        wanted_layer() ? kManyOfLayer : kManyVariants));
  if (variants.size() > most) {
    // The first ones, which form A, say what the others do not.
    const std::size_t first = std::min(kept, most / 2), rest = variants.size() - first;
    std::vector<Recipe> some(variants.begin(), variants.begin() + static_cast<std::ptrdiff_t>(first));
    for (std::size_t v = 0; v < most - first; ++v) some.push_back(variants[first + v * rest / (most - first)]);
    variants = std::move(some);
  }
  // A kernel that has the bits of the declared one on another unit or in another order is no bug.
  if (const FoundVariant* same = report_.search ? report_.search->benign_equal() : nullptr)
    variants.push_back(same->recipe);
  std::vector<std::vector<Results>> runs(units_.size());
  std::vector<std::vector<Matrix>> floors(units_.size());  // of the inverses
  const Matrix no_floor;
  // The sums of a kernel that was not named may be in fp32, whatever the nearest recipe does.
  const double u = std::max(sums_roundoff(recipe), report_.declared ? 0.0 : fp32_format().unit_roundoff());
  std::map<OutputPart, std::vector<std::vector<CheckedPiece>>> pieces;
  std::map<OutputPart, SpreadTest> tests;
  for_parts([&](OutputPart part) {
    tests.emplace(part, SpreadTest(part));
    pieces[part].resize(units_.size());
  });
  // Sums over matrices are added in the order of the units, so runs on several threads give the same numbers.
  constexpr std::size_t kBatch = 16;
  for (std::size_t first = 0; first < units_.size(); first += kBatch) {
    const std::size_t last = std::min(first + kBatch, units_.size());
    for_all(first, last, [&](std::size_t k) {
      guard();
      std::vector<Results> all{more_accurate(k)};
      if (wanted_layer()) all.push_back(exact_[k]);
      for (const Recipe& variant : variants) {
        try {
          all.push_back(run_recipe(variant, k));
        } catch (const UsageError&) {  // this variant refuses the input
        }
      }
      for (Results& each : all) {
        for_parts([&](OutputPart part) {
          for (Matrix& x : each[part]) x = stored_as(std::move(x), format(part));
        });
      }
      runs[k] = std::move(all);
      for (std::size_t c = 0; wanted_[0] && c < units_[k].a.size(); ++c)
        floors[k].push_back(floor_of(chunk_of(units_[k], c), exact_[k][OutputPart::inverse][c], recipe, u));
    });
    for (std::size_t k = first; k < last; ++k) {
      for_parts([&](OutputPart part) {
        for (std::size_t c = 0; c < found_[k][part].size(); ++c) {
          const Matrix &x = found_[k][part][c], &r = recipe_[k][part][c];
          std::vector<Matrix> others;
          for (const Results& each : runs[k]) others.push_back(each[part][c]);
          CheckedPiece piece = piece_at(k, c, part);
          piece.spread = tests.at(part).add(x, r, others, format(part),
                                            part == OutputPart::inverse ? floors[k][c] : no_floor, piece.text);
          // What the recipe's roundings do, not what a wrong T does to w, u, o and the state.
          const Matrix& accurate = others.front();
          const double size = frobenius_norm(accurate);
          piece.roundings =
              std::max(format(part).unit_roundoff(), size > 0 ? std::sqrt(squared_distance(r, accurate)) / size : 0.0);
          piece.recipe = r;
          if (piece.spread.wrong_elements > 0) {
            piece.found = x;
          } else {
            piece.spread.allowed = Matrix();
          }
          pieces[part][k].push_back(std::move(piece));
        }
      });
      runs[k].clear();
      floors[k].clear();
    }
  }
  for_parts([&](OutputPart part) {
    std::vector<CheckedPiece> all;
    for (auto& some : pieces[part]) std::ranges::move(some, std::back_inserter(all));
    judge_spread(part, all, tests.at(part));
  });
}

void Checking::judge_spread(OutputPart part, std::vector<CheckedPiece>& pieces, const SpreadTest& test) {
  PartCheck& check = of(part);
  check.spread_ratio = 0;
  for (const CheckedPiece& piece : pieces) {
    check.wrong_pieces += piece.spread.wrong_elements > 0;
    check.lost_pieces += !piece.spread.finite;
    if (piece.spread.ratio <= check.spread_ratio) continue;
    check.spread_ratio = piece.spread.ratio;
    check.spread_place = fmt::format("element ({}, {}) of {}", piece.spread.row, piece.spread.column, piece.text);
  }
  if (test.pooled_ratio() > check.spread_ratio) {
    check.spread_ratio = test.pooled_ratio();
    check.spread_place = test.pooled_place();
  }
  if (check.bits.equal()) {
    check.verdict = CheckVerdict::equal;
    return;
  }
  check.verdict = check.spread_ratio > 1 ? CheckVerdict::structural : CheckVerdict::rounding;
  if (check.verdict != CheckVerdict::structural) return;
  // Bits of another recipe say more than any pattern.
  if (report_.search && report_.search->equal() && report_.search_of == part) {
    const FoundVariant& variant = report_.search->found.front();
    check.patterns.push_back({"recipe", fmt::format("these are the bits of {}", variant.recipe.label), ""});
    return;
  }
  if (report_.search && !report_.search->blocks.empty() && report_.search_of == part) {
    std::map<std::string, std::vector<std::string>> by_label;
    for (const BlockOfVariant& each : report_.search->blocks)
      by_label[each.label].push_back(fmt::format("({},{})", each.row + 1, each.column + 1));
    for (const auto& [label, blocks] : by_label)
      check.patterns.push_back({"recipe",
                                fmt::format("block{} {} {} the bits of {}", blocks.size() == 1 ? "" : "s",
                                            fmt::join(blocks, " "), blocks.size() == 1 ? "has" : "have", label),
                                ""});
    return;
  }
  if (check.wrong_pieces == 0) {
    check.patterns.push_back(
        {"roundings",
         fmt::format("roundings that the recipe does not make: sums of differences over the {} are {:.3g} times what "
                     "its variants reach",
                     check.spread_place, 3 * check.spread_ratio),
         ""});
    return;
  }
  check.patterns = find_patterns(part, pieces, hypotheses(part), block(part));
}

}  // namespace tristab
