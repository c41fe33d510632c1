#include "tristab/base/for_all.h"
#include "tristab/judge/checking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/judge/variant.h"
#include "tristab/sweep/field.h"

namespace tristab {
namespace {

// The median over the rows of ||x_i - y_i|| / ||y_i||; infinite if more than half of the rows are not finite.
double median_row_error(const Matrix& x, const Matrix& y) {
  std::vector<double> errors;
  for (int i = 0; i < y.rows(); ++i) {
    double difference = 0, size = 0;
    for (int j = 0; j < y.columns(); ++j) {
      difference += (x(i, j) - y(i, j)) * (x(i, j) - y(i, j));
      size += y(i, j) * y(i, j);
    }
    if (size == 0) continue;
    const double error = std::sqrt(difference / size);
    errors.push_back(std::isnan(error) ? infinity : error);
  }
  if (errors.empty()) return 0;
  const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2);
  std::ranges::nth_element(errors, middle);
  return *middle;
}

}  // namespace

void Checking::compare_second_run() {
  if (request_.again.empty()) return;
  const KernelOutput other(request_.again, request_.output_tensor, request_.layer, request_.n, std::nullopt,
                           request_.prefix + "again");
  // A state after other tokens is another state.
  const auto is_shorter = [&](OutputPart part) {
    return other.has(part) && other.tensor(part)->elements() != output_.tensor(part)->elements();
  };
  bool shorter = false;
  for_parts([&](OutputPart part) { shorter = shorter || (part != OutputPart::state && is_shorter(part)); });
  for_parts([&](OutputPart part) {
    if (!other.has(part) || (part == OutputPart::state && shorter)) return;
    SecondRun run;
    run.part = part;
    std::vector<CheckedPiece> pieces;
    for (std::size_t k = 0; k < units_.size(); ++k) {
      for (std::size_t c = 0; c < found_[k][part].size(); ++c) {
        const OutputPlace& place = units_[k].places[c];
        if (!other.holds(part, place)) continue;
        const Matrix& first = found_[k][part][c];
        Matrix second = part == OutputPart::inverse ? other.inverse(place, input_.n())
                        : part == OutputPart::state ? other.state(place, first.rows(), first.columns())
                                                    : other.rows(part, place);
        run.differences.add(second, first, format(part), 16);
        CheckedPiece piece = piece_at(k, c, part);
        piece.spread.allowed = Matrix(first.rows(), first.columns());
        for (std::size_t e = 0; e < first.values().size(); ++e) {
          const bool same = same_number(first.values()[e], second.values()[e]);
          piece.spread.wrong.push_back(!same);
          piece.spread.wrong_elements += !same;
        }
        piece.found = std::move(second);
        piece.recipe = first;
        pieces.push_back(std::move(piece));
      }
    }
    if (pieces.empty())
      refuse(request_.prefix + "again", fmt::format("{} without a matrix of {}", request_.again, request_.output),
             "another output for the same input");
    run.patterns = find_patterns(part, pieces, {}, 16);
    report_.second_run.push_back(std::move(run));
  });
  if (report_.second_run.empty())
    refuse(request_.prefix + "again", fmt::format("{} with {}", request_.again, other.describe()),
           fmt::format("the same tensors as {}: {}", request_.output, output_.describe()));
}

void Checking::choose_recipe() {
  report_.declared = request_.kernel.has_value();
  if (report_.declared) {
    report_.against = *request_.kernel;
    return;
  }
  candidates_ = all_recipes(input_.n());
  const std::size_t k = telling_unit();
  const CheckedUnit probe = wanted_[0] ? chunk_of(units_[k], telling_chunk(k)) : units_[k];
  const OutputPart part = first_part();
  const std::size_t c = wanted_[0] ? telling_chunk(k) : 0;
  const Matrix &found = found_[k][part][c], &truth = exact_[k][part][c];
  std::vector<double> distance(candidates_.size(), infinity), error(candidates_.size(), infinity);
  for_all(std::size_t{0}, candidates_.size(), [&](std::size_t r) {
    guard();
    try {
      OutputParts only{};
      only[static_cast<std::size_t>(part)] = true;
      const Results results = emulated(probe, candidates_[r], request_.layer_arithmetic, only, machines_.local());
      const Matrix computed = stored_as(results[part].front(), format(part));
      distance[r] = squared_distance(found, computed);
      error[r] = median_row_error(computed, truth);
    } catch (const UsageError&) {
    }
  });
  // What roundings of a kernel can do is asked only of recipes that are about as good as the output. A bug makes some
  // rows wrong, so the median over the rows says how good the rest is.
  const double allowed = std::max(8 * median_row_error(found, truth), format(part).unit_roundoff());
  std::size_t best = candidates_.size();
  for (std::size_t r = 0; r < candidates_.size(); ++r) {
    if (error[r] > std::min(allowed, 0x1p-5)) continue;
    right_here_.push_back(candidates_[r]);
    if (best == candidates_.size() || distance[r] < distance[best]) best = r;
  }
  // Wrong in most rows: then the most accurate one.
  if (best == candidates_.size()) best = static_cast<std::size_t>(std::ranges::min_element(error) - error.begin());
  report_.against = candidates_[best];
}

// The narrowest 16-bit format that holds every number of both the kernel and the recipe.
void Checking::find_formats() {
  static const std::array<Format, 2> formats{format_of("bf16", ""), format_of("fp16", "")};
  for_parts([&](OutputPart part) {
    const Format*& narrower = formats_[static_cast<std::size_t>(part)];
    narrower = nullptr;
    if (output_.format(part).precision <= formats[1].precision) return;
    // Where exact results are numbers of that format, nothing shows that they were rounded to it.
    const auto is_rounded = [&](const Format& format) {
      return std::ranges::any_of(exact_, [&](const Results& results) {
        return std::ranges::any_of(results[part], [&](const Matrix& x) { return !(stored_as(x, format) == x); });
      });
    };
    const auto holds = [&](const Format& format, const std::vector<Results>& all) {
      return std::ranges::all_of(all, [&](const Results& results) {
        return std::ranges::all_of(results[part], [&](const Matrix& x) {
          const Matrix stored = stored_as(x, format);
          return std::ranges::equal(x.values(), stored.values(), same_number);
        });
      });
    };
    for (const Format& format : formats) {
      if (narrower == nullptr && is_rounded(format) && holds(format, recipe_) && holds(format, found_))
        narrower = &format;
    }
  });
}

void Checking::compare_bits() {
  recipe_.resize(units_.size());
  for_units([&](std::size_t k) { recipe_[k] = run_recipe(report_.against, k); });
  find_formats();
  for_units([&](std::size_t k) {
    for_parts([&](OutputPart part) {
      for (Matrix& x : recipe_[k][part]) x = stored_as(std::move(x), format(part));
    });
  });
  report_.parts.clear();
  for_parts([&](OutputPart part) {
    PartCheck check;
    check.part = part;
    check.format = format(part).name;
    double error = 0, recipe_error = 0, size = 0;
    for (std::size_t k = 0; k < units_.size(); ++k) {
      for (std::size_t c = 0; c < found_[k][part].size(); ++c) {
        const Matrix &x = found_[k][part][c], &r = recipe_[k][part][c], &truth = exact_[k][part][c];
        check.bits.add(x, r, format(part), block(part));
        ++check.pieces;
        error += squared_distance(x, truth);
        recipe_error += squared_distance(r, truth);
        size += squared_distance(truth, Matrix(truth.rows(), truth.columns()));
        for (int i = 0; i < x.rows(); ++i) {
          for (int j = 0; j < x.columns(); ++j) {
            const double d = std::fabs(x(i, j) - truth(i, j));
            const double far = std::isnan(d) ? infinity : d;
            check.nonfinite += !std::isfinite(x(i, j));
            if (far <= check.largest_error && !check.worst_piece.empty()) continue;
            check.largest_error = far;
            check.worst_piece = piece_at(k, c, part).text;
            check.row = i;
            check.column = j;
            check.found = x(i, j);
            check.expected = truth(i, j);
          }
        }
      }
    }
    check.error = size > 0 ? std::sqrt(error / size) : error > 0 ? infinity : 0;
    check.recipe_error = size > 0 ? std::sqrt(recipe_error / size) : 0;
    if (!check.bits.equal()) check.verdict = CheckVerdict::rounding;
    report_.parts.push_back(std::move(check));
  });
}

void Checking::search() {
  if (request_.search <= 0) return;
  const bool inverse = wanted_[0] && (!report_.declared || !of(OutputPart::inverse).bits.equal());
  OutputPart part = OutputPart::inverse;
  if (!inverse) {
    const auto differs = std::ranges::find_if(report_.parts, [](const auto& each) { return !each.bits.equal(); });
    part = differs == report_.parts.end() ? report_.parts.front().part : differs->part;
  }
  // The piece that differs in most elements tells most.
  const std::vector<std::int64_t>& by_piece = of(part).bits.by_piece;
  const auto most = static_cast<std::size_t>(std::ranges::max_element(by_piece) - by_piece.begin());
  std::size_t unit = 0, chunk = most;
  while (chunk >= found_[unit][part].size()) chunk -= found_[unit++][part].size();
  OutputParts only{};
  only[static_cast<std::size_t>(part)] = true;
  const CheckedUnit probe = inverse ? chunk_of(units_[unit], chunk) : units_[unit];
  const auto differing_in = [&](const CheckedUnit& one, const Recipe& recipe, std::size_t k, std::size_t first,
                                BitDifferences& differences) {
    const Results results = emulated(one, recipe, request_.layer_arithmetic, only, machines_.local());
    for (std::size_t c = 0; c < results[part].size(); ++c)
      differences.add(found_[k][part][first + c], stored_as(results[part][c], format(part)), format(part), block(part));
  };
  const BitDistance distance = [&](const Recipe& recipe, bool whole) {
    guard();
    BitDifferences all;
    if (!whole) {
      differing_in(probe, recipe, unit, inverse ? chunk : 0, all);
      return all;
    }
    for (std::size_t k = 0; k < units_.size(); ++k) {
      for (std::size_t c = 0; inverse && c < units_[k].a.size(); ++c)
        differing_in(chunk_of(units_[k], c), recipe, k, c, all);
      if (!inverse) differing_in(units_[k], recipe, k, 0, all);
    }
    return all;
  };
  SearchSpace space;
  space.n = input_.n();
  space.limit = request_.search;
  if (report_.declared) {
    space.declared = true;
    space.bases = {report_.against};
    for (Recipe& other : other_choices(report_.against)) space.bases.push_back(std::move(other));
    for (Recipe& other : all_recipes(input_.n())) {
      if (std::ranges::find(space.bases, other.label, &Recipe::label) == space.bases.end())
        space.bases.push_back(std::move(other));
    }
  } else {
    space.bases = candidates_;
  }
  if (!inverse) {
    space.bases.resize(1);
    space.bases.front() = report_.against;
    if (!space.bases.front().layer) space.bases.front().layer = request_.layer_arithmetic;
    space.limit = std::min<std::int64_t>(space.limit, 600);
  }
  const bool forms = units_.front().tokens != nullptr;
  space.edits = [&](const Recipe& recipe) {
    if (!inverse) return layer_edits(recipe, request_.layer_arithmetic);
    std::vector<Edit> edits = inverse_edits(recipe, input_.n());
    if (forms) {
      for (Edit& edit : formation_edits(recipe)) edits.push_back(std::move(edit));
    }
    return edits;
  };
  report_.search = search_variants(space, distance);
  report_.search_of = part;
  if (report_.declared || report_.search->found.empty()) return;
  // A recipe of which most numbers are is meant; else any that is right here says what roundings can do.
  const FoundVariant& nearest = report_.search->found.front();
  report_.unlike_all = 4 * nearest.differing > of(part).bits.elements;
  if (report_.unlike_all) return;
  report_.against = nearest.recipe;
  compare_bits();
}

}  // namespace tristab
