#include "tristab/judge/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "tristab/base/errors.h"
#include "tristab/judge/spread.h"
#include "tristab/judge/variant.h"
#include "tristab/matrix/norms.h"
#include "tristab/sweep/evaluate.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/formed_input.h"
#include "tristab/sweep/matrix_evaluation.h"

namespace tristab {
namespace {

constexpr const char* kVerdicts[] = {"equal", "rounding", "structural"};
// Runs of variants on matrices of 64 rows that the spread may cost.
constexpr double kSpreadRuns = 6000;

double squared_distance(const Matrix& x, const Matrix& y) {
  double sum = 0;
  for (std::size_t k = 0; k < y.values().size(); ++k) {
    const double d = x.values()[k] - y.values()[k];
    sum += d * d;
  }
  return std::isnan(sum) ? infinity : sum;
}

// One chunk of a sequence as a unit of its own, without the layer.
CheckedUnit chunk_of(const CheckedUnit& unit, std::size_t c) {
  CheckedUnit one;
  one.id = unit.id;
  one.places = {unit.places[c]};
  one.a = {unit.a[c]};
  one.tokens = unit.tokens;
  if (unit.has_outputs) {
    const int n = unit.a[c].rows();
    one.tokens =
        std::make_shared<TokenInputs>(token_rows(*unit.tokens, static_cast<int>(c) * n, unit.places[c].rows, n));
  }
  return one;
}

// The coarsest format in which the recipe adds up products.
double sums_roundoff(const Recipe& recipe) {
  double u = 0;
  for (const auto& [stage, arithmetic] : recipe.arithmetics)
    u = std::max(
        {u, arithmetic.product.format.unit_roundoff(), arithmetic.vector.format.inside(fp32_format()) ? 0.0 : 0.0});
  return u;
}

int block_of(const Recipe& recipe) {
  return recipe.method.settings.has("block") ? static_cast<int>(recipe.method.settings.integer("block")) : 16;
}

class Checking {
 public:
  Checking(const CheckRequest& request, CheckReport& report, const std::atomic<bool>& stop)
      : request_(request),
        report_(report),
        stop_(stop),
        input_(*request.source, request.n, request.trial),
        output_(request.output, request.output_tensor, request.layer, request.n, input_.matrices(), "OUTPUT") {
    for (std::size_t q = 0; q < output_part_count; ++q) wanted_[q] = output_.has(static_cast<OutputPart>(q));
    const bool layered = std::any_of(wanted_.begin() + 1, wanted_.end(), [](bool each) { return each; });
    if (layered && !input_.has_outputs())
      refuse("tristab check", fmt::format("{} with the {} of a layer", request.output, output_.describe()),
             fmt::format("T alone, as {} has no q and v", request.input));
    report.output_text = output_.describe();
    report.matrices = input_.matrices();
    report.units = input_.units();
    load();
  }

  void run() {
    compare_second_run();
    choose_recipe();
    compare_bits();
    const bool equal = std::ranges::all_of(report_.parts, [](const auto& each) { return each.bits.equal(); });
    if (!equal) {
      search();
      test_spread();
    }
    for (const PartCheck& each : report_.parts) report_.verdict = std::max(report_.verdict, each.verdict);
    measure_inverses();
    measure_layer();
    measure_reference();
    conclude();
  }

 private:
  void guard() const {
    if (stop_.load(std::memory_order_relaxed)) throw Stopped{};
  }

  template <class Body>
  void for_units(Body body) const {
    tbb::parallel_for(0, input_.units(), [&](int index) {
      guard();
      body(static_cast<std::size_t>(index));
    });
  }

  void load() {
    const auto count = static_cast<std::size_t>(input_.units());
    units_.resize(count);
    found_.resize(count);
    exact_.resize(count);
    for_units([&](std::size_t k) {
      units_[k] = input_.unit(static_cast<int>(k));
      found_[k] = found(units_[k], output_, input_.n());
      exact_[k] = exact(units_[k], wanted_);
      if (units_[k].tokens && units_[k].tokens->steps > 1 && wanted_layer())
        refuse("tristab check", "w, u, o or the state of a layer with several steps a token", "T alone");
    });
  }

  bool wanted_layer() const {
    return std::any_of(wanted_.begin() + 1, wanted_.end(), [](bool each) { return each; });
  }

  Results run_recipe(const Recipe& recipe, std::size_t unit) const {
    return emulated(units_[unit], recipe, request_.layer_arithmetic, wanted_, machines_.local());
  }

  const Format& format(OutputPart part) const { return output_.format(part); }

  template <class Body>
  void for_parts(Body body) const {
    for (std::size_t q = 0; q < output_part_count; ++q) {
      if (wanted_[q]) body(static_cast<OutputPart>(q));
    }
  }

  int block(OutputPart part) const { return part == OutputPart::inverse ? block_of(report_.against) : 16; }

  // (a)
  void compare_second_run() {
    if (request_.again.empty()) return;
    const KernelOutput other(request_.again, request_.output_tensor, request_.layer, request_.n, 0, "--again");
    for_parts([&](OutputPart part) {
      if (!other.has(part)) return;
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
        refuse("--again", fmt::format("{} without a matrix of {}", request_.again, request_.output),
               "another output for the same input");
      run.patterns = find_patterns(part, pieces, {}, 16);
      report_.second_run.push_back(std::move(run));
    });
    if (report_.second_run.empty())
      refuse("--again", fmt::format("{} with {}", request_.again, other.describe()),
             fmt::format("the same tensors as {}: {}", request_.output, output_.describe()));
  }

  CheckedPiece piece_at(std::size_t unit, std::size_t chunk, OutputPart part) const {
    CheckedPiece piece;
    piece.unit = static_cast<int>(unit);
    piece.chunk = chunk;
    piece.place = units_[unit].places[chunk];
    piece.text = units_[unit].text(chunk);
    if (part == OutputPart::state) piece.text = piece.text.substr(0, piece.text.find(", chunk"));
    return piece;
  }

  // The declared kernel; else, for now, the listed one whose numbers are nearest. Nearest in bits comes from the
  // search.
  void choose_recipe() {
    report_.declared = request_.kernel.has_value();
    if (report_.declared) {
      report_.against = *request_.kernel;
      return;
    }
    candidates_ = all_recipes(input_.n());
    // What roundings of a kernel can do is asked only of kernels that are right here.
    std::vector<double> distance(candidates_.size(), infinity), error(candidates_.size(), infinity);
    const std::size_t k = telling_unit();
    const CheckedUnit probe = wanted_[0] ? chunk_of(units_[k], telling_chunk(k)) : units_[k];
    const OutputPart part = first_part();
    tbb::parallel_for(std::size_t{0}, candidates_.size(), [&](std::size_t r) {
      guard();
      try {
        OutputParts only{};
        only[static_cast<std::size_t>(part)] = true;
        const Results results = emulated(probe, candidates_[r], request_.layer_arithmetic, only, machines_.local());
        const std::size_t c = wanted_[0] ? telling_chunk(k) : 0;
        const Matrix computed = stored_as(results[part].front(), format(part));
        distance[r] = squared_distance(found_[k][part][c], computed);
        error[r] = std::sqrt(squared_distance(computed, exact_[k][part][c])) / frobenius_norm(exact_[k][part][c]);
      } catch (const UsageError&) {
      }
    });
    std::size_t best = 0;
    double least = infinity;
    const double stored = format(part).unit_roundoff();
    for (std::size_t r = 0; r < candidates_.size(); ++r) {
      if (error[r] > std::max(64 * stored, 0x1p-5) || distance[r] >= least) continue;
      least = distance[r];
      best = r;
    }
    report_.against = candidates_[best];
  }

  OutputPart first_part() const {
    for (std::size_t q = 0; q < output_part_count; ++q) {
      if (wanted_[q]) return static_cast<OutputPart>(q);
    }
    return OutputPart::inverse;
  }

  // The matrix with the largest norm of A: where methods differ most.
  std::size_t telling_unit() const {
    std::size_t best = 0;
    double most = -1;
    for (std::size_t k = 0; k < units_.size(); ++k) {
      for (const Matrix& a : units_[k].a) {
        if (frobenius_norm(a) <= most) continue;
        most = frobenius_norm(a);
        best = k;
      }
    }
    return best;
  }
  std::size_t telling_chunk(std::size_t unit) const {
    std::size_t best = 0;
    for (std::size_t c = 0; c < units_[unit].a.size(); ++c) {
      if (frobenius_norm(units_[unit].a[c]) > frobenius_norm(units_[unit].a[best])) best = c;
    }
    return best;
  }

  // (b)
  void compare_bits() {
    recipe_.resize(units_.size());
    for_units([&](std::size_t k) {
      recipe_[k] = run_recipe(report_.against, k);
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

  PartCheck& of(OutputPart part) { return *std::ranges::find(report_.parts, part, &PartCheck::part); }

  // (c)
  void search() {
    if (request_.search <= 0) return;
    const bool inverse = wanted_[0] && !of(OutputPart::inverse).bits.equal();
    OutputPart part = OutputPart::inverse;
    if (!inverse) {
      part = std::ranges::find_if(report_.parts, [](const auto& each) { return !each.bits.equal(); })->part;
    }
    // The piece that differs in most elements tells most.
    const std::vector<std::int64_t>& by_piece = of(part).bits.by_piece;
    const auto most = static_cast<std::size_t>(std::ranges::max_element(by_piece) - by_piece.begin());
    std::size_t unit = 0, chunk = most;
    while (chunk >= found_[unit][part].size()) chunk -= found_[unit++][part].size();
    OutputParts only{};
    only[static_cast<std::size_t>(part)] = true;
    const CheckedUnit probe = inverse ? chunk_of(units_[unit], chunk) : units_[unit];
    const auto differing_in = [&](const CheckedUnit& one, const Recipe& recipe, std::size_t k, std::size_t first) {
      const Results results = emulated(one, recipe, request_.layer_arithmetic, only, machines_.local());
      std::int64_t differing = 0;
      for (std::size_t c = 0; c < results[part].size(); ++c) {
        BitDifferences differences;
        differences.add(found_[k][part][first + c], stored_as(results[part][c], format(part)), format(part), 16);
        differing += differences.differing;
      }
      return differing;
    };
    const BitDistance distance = [&](const Recipe& recipe, bool whole) {
      guard();
      if (!whole) return differing_in(probe, recipe, unit, inverse ? chunk : 0);
      std::atomic<std::int64_t> all = 0;
      for_units([&](std::size_t k) {
        for (std::size_t c = 0; inverse && c < units_[k].a.size(); ++c)
          all += differing_in(chunk_of(units_[k], c), recipe, k, c);
        if (!inverse) all += differing_in(units_[k], recipe, k, 0);
      });
      return all.load();
    };
    SearchSpace space;
    space.n = input_.n();
    space.limit = request_.search;
    if (report_.declared) {
      space.bases = {report_.against};
      for (Recipe& other : other_choices(report_.against)) space.bases.push_back(std::move(other));
      for (Recipe& other : all_recipes(input_.n())) space.bases.push_back(std::move(other));
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
    report_.search_of = name_of(part);
    if (!report_.declared && report_.search->equal()) {
      report_.against = report_.search->found.front().recipe;
      compare_bits();
    }
  }

  // (d)
  void test_spread() {
    const Recipe& recipe = report_.against;
    std::vector<Recipe> variants = benign_variants(recipe, input_.n(), request_.layer_arithmetic);
    const double scale = std::pow(input_.n() / 64.0, 3) * (wanted_layer() ? 8 : 1);
    const auto most = static_cast<std::size_t>(std::max(8.0, kSpreadRuns / (input_.matrices() * scale)));
    if (variants.size() > most) {
      std::vector<Recipe> some;
      for (std::size_t v = 0; v < most; ++v) some.push_back(std::move(variants[v * variants.size() / most]));
      variants = std::move(some);
    }
    std::vector<std::vector<Results>> runs(units_.size());
    const double u = sums_roundoff(recipe);
    std::map<OutputPart, std::vector<std::vector<CheckedPiece>>> pieces;
    std::map<OutputPart, SpreadTest> tests;
    for_parts([&](OutputPart part) {
      tests.emplace(part, SpreadTest(part));
      pieces[part].resize(units_.size());
    });
    std::mutex mutex;
    // Sums over matrices are added in the order of the units, so runs on several threads give the same numbers.
    constexpr std::size_t kBatch = 16;
    for (std::size_t first = 0; first < units_.size(); first += kBatch) {
      const std::size_t last = std::min(first + kBatch, units_.size());
      tbb::parallel_for(first, last, [&](std::size_t k) {
        guard();
        std::vector<Results> all;
        for (const Recipe& variant : variants) {
          try {
            all.push_back(run_recipe(variant, k));
          } catch (const UsageError&) {  // this variant refuses the input
            continue;
          }
          for_parts([&](OutputPart part) {
            for (Matrix& x : all.back()[part]) x = stored_as(std::move(x), format(part));
          });
        }
        runs[k] = std::move(all);
      });
      for (std::size_t k = first; k < last; ++k) {
        for_parts([&](OutputPart part) {
          for (std::size_t c = 0; c < found_[k][part].size(); ++c) {
            const Matrix &x = found_[k][part][c], &r = recipe_[k][part][c], &truth = exact_[k][part][c];
            std::vector<Matrix> others;
            for (const Results& each : runs[k]) others.push_back(each[part][c]);
            const Matrix floor = part == OutputPart::inverse ? reordering_floor(units_[k].a[c], truth, u) : Matrix();
            CheckedPiece piece = piece_at(k, c, part);
            piece.spread = tests.at(part).add(x, r, others, format(part), floor);
            const double size = frobenius_norm(truth);
            piece.roundings =
                std::max(format(part).unit_roundoff(), size > 0 ? std::sqrt(squared_distance(r, truth)) / size : 0.0);
            if (piece.spread.wrong_elements > 0) {
              piece.found = x;
              piece.recipe = r;
            } else {
              piece.spread.allowed = Matrix();
            }
            pieces[part][k].push_back(std::move(piece));
          }
        });
        runs[k].clear();
      }
    }
    for_parts([&](OutputPart part) {
      std::vector<CheckedPiece> all;
      for (auto& some : pieces[part]) std::ranges::move(some, std::back_inserter(all));
      judge_spread(part, all, tests.at(part));
    });
  }

  void judge_spread(OutputPart part, std::vector<CheckedPiece>& pieces, const SpreadTest& test) {
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
    if (report_.search && report_.search->equal() && report_.search_of == name_of(part)) {
      const FoundVariant& variant = report_.search->found.front();
      check.patterns.push_back({"recipe", fmt::format("these are the bits of {}", variant.recipe.label), ""});
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

  std::vector<Hypothesis> hypotheses(OutputPart) { return {}; }

  // (e)
  void measure_inverses() {
    if (!wanted_[0]) return;
    Scenario scenario;
    scenario.requirement = request_.requirement;
    std::vector<std::vector<Record>> records(units_.size());
    const Setting setting{&report_.against.method, &report_.against.summary_arithmetic, &report_.against,
                          &report_.against.formation};
    for_units([&](std::size_t k) {
      for (std::size_t c = 0; c < units_[k].a.size(); ++c) {
        const CheckedUnit one = chunk_of(units_[k], c);
        Problem problem;
        problem.id = one.id;
        problem.a = one.a.front();
        problem.tokens = one.tokens;
        MatrixResult result;
        result.input = {&scenario, request_.family, input_.n()};
        result.id = one.id;
        MatrixEvaluation evaluation(scenario, infinity, std::move(problem), result);
        if (evaluation.given() == nullptr)
          throw InputError(fmt::format("{}: {}", request_.input, evaluation.failure()));
        Inversion inversion;
        inversion.x = inversion.before_output = found_[k][OutputPart::inverse][c];
        Record record = evaluation.judged(setting, std::move(inversion), machines_.local());
        record.setting = {};
        records[k].push_back(std::move(record));
      }
    });
    for (std::size_t k = 0; k < units_.size(); ++k) {
      for (std::size_t c = 0; c < records[k].size(); ++c) {
        report_.record_places.push_back(units_[k].text(c));
        report_.records.push_back(std::move(records[k][c]));
      }
    }
    const auto error = [](const Record& record) {
      return record.finite() && std::isfinite(record.total_frobenius.value) ? record.total_frobenius.value : infinity;
    };
    for (std::size_t k = 0; k < report_.records.size(); ++k) {
      if (error(report_.records[k]) > error(report_.records[report_.worst])) report_.worst = k;
      const std::optional<Fit> fit = report_.records[k].fit;
      report_.unfit += fit && (*fit == Fit::unfit || *fit == Fit::nonfinite);
    }
  }

  // (f)
  void measure_layer() {
    if (!wanted_[0] || !input_.has_outputs()) return;
    OutputParts outputs{};
    outputs[static_cast<std::size_t>(OutputPart::o)] = outputs[static_cast<std::size_t>(OutputPart::state)] = true;
    std::vector<std::array<std::array<double, 2>, 4>> squares(units_.size());  // of the three and of the truth
    for_units([&](std::size_t k) {
      const Results truth = exact(units_[k], outputs);
      const auto& layer = request_.layer_arithmetic;
      Machines& machines = machines_.local();
      const std::vector<Matrix>& exact_t = exact_[k][OutputPart::inverse];
      const Results with[] = {
          emulated(units_[k], report_.against, layer, outputs, machines, &found_[k][OutputPart::inverse]),
          emulated(units_[k], report_.against, layer, outputs, machines, &recipe_[k][OutputPart::inverse]),
          emulated(units_[k], report_.against, layer, outputs, machines, &exact_t)};
      for (std::size_t w = 0; w < 4; ++w) {
        const OutputPart both[] = {OutputPart::o, OutputPart::state};
        for (std::size_t q = 0; q < 2; ++q) {
          for (std::size_t c = 0; c < truth[both[q]].size(); ++c) {
            const Matrix& t = truth[both[q]][c];
            squares[k][w][q] += squared_distance(w < 3 ? with[w][both[q]][c] : Matrix(t.rows(), t.columns()), t);
          }
        }
      }
    });
    std::array<std::array<double, 2>, 4> sums{};
    for (const auto& unit : squares) {
      for (std::size_t w = 0; w < 4; ++w) {
        for (std::size_t q = 0; q < 2; ++q) sums[w][q] += unit[w][q];
      }
    }
    report_.layer.emplace();
    for (std::size_t w = 0; w < 3; ++w) {
      (*report_.layer)[w].o = std::sqrt(sums[w][0] / sums[3][0]);
      (*report_.layer)[w].state = std::sqrt(sums[w][1] / sums[3][1]);
    }
  }

  void measure_reference() {
    if (request_.reference.empty()) return;
    const KernelOutput other(request_.reference, "", request_.layer, request_.n, input_.matrices(), "--reference");
    for_parts([&](OutputPart part) {
      if (!other.has(part)) return;
      double error = 0, size = 0, largest = 0;
      for (std::size_t k = 0; k < units_.size(); ++k) {
        const Results theirs = found(units_[k], other, input_.n());
        for (std::size_t c = 0; c < theirs[part].size(); ++c) {
          const Matrix& truth = exact_[k][part][c];
          error += squared_distance(theirs[part][c], truth);
          size += squared_distance(truth, Matrix(truth.rows(), truth.columns()));
          for (std::size_t e = 0; e < truth.values().size(); ++e) {
            const double d = std::fabs(theirs[part][c].values()[e] - truth.values()[e]);
            largest = std::max(largest, std::isnan(d) ? infinity : d);
          }
        }
      }
      report_.reference.push_back({part, std::sqrt(error / size), largest});
    });
    if (report_.reference.empty())
      refuse("--reference", fmt::format("{} with {}", request_.reference, other.describe()),
             fmt::format("the same tensors as {}: {}", request_.output, output_.describe()));
  }

  void conclude() {
    using Outcome = CheckItem::Outcome;
    const auto add = [&](std::string name, std::string text, Outcome outcome) {
      report_.items.push_back({std::move(name), std::move(text), outcome});
    };
    const auto outcome = [](bool passes) { return passes ? Outcome::passed : Outcome::failed; };
    for (const SecondRun& run : report_.second_run) {
      add(fmt::format("{}: same bits in a second run", name_of(run.part)),
          text_of(run.differences) + (run.patterns.empty() ? "" : ": " + text_of(run.patterns)),
          outcome(run.differences.equal()));
    }
    for (const PartCheck& each : report_.parts) {
      const std::string part = name_of(each.part);
      add(fmt::format("{}: bits of {}", part, report_.against.label), text_of(each.bits),
          each.bits.equal()                    ? Outcome::passed
          : request_.exact && report_.declared ? Outcome::failed
                                               : Outcome::told);
    }
    if (report_.search)
      add(fmt::format("{}: other recipes with these bits", report_.search_of), text_of(*report_.search), Outcome::told);
    for (const PartCheck& each : report_.parts)
      add(fmt::format("{}: rounding or bug", name_of(each.part)), rounding_or_bug(each),
          outcome(each.verdict != CheckVerdict::structural));
    if (!report_.records.empty() && request_.requirement.is_about_matrices()) {
      const Record& worst = report_.records[report_.worst];
      add(fmt::format("T: {}", request_.requirement.text()),
          report_.unfit == 0 ? fmt::format("all {} matrices meet it; worst error {}", report_.records.size(),
                                           number_text(worst.total_frobenius.value))
                             : fmt::format("{} of {} matrices do not meet it; the worst is {}", report_.unfit,
                                           report_.records.size(), report_.record_places[report_.worst]),
          outcome(report_.unfit == 0));
    }
  }

  static std::string number_text(double x) { return std::isnan(x) ? "not finite" : fmt::format("{:.2g}", x); }

  std::string rounding_or_bug(const PartCheck& each) const {
    const std::string& label = report_.against.label;
    std::string lost = each.lost_pieces > 0 ? fmt::format("; in {} of {} matrices {} itself has no finite answer",
                                                          each.lost_pieces, each.pieces, label)
                                            : std::string();
    switch (each.verdict) {
      case CheckVerdict::equal:
        return fmt::format("the bits of {}", label);
      case CheckVerdict::rounding:
        return fmt::format("rounding: inside what the roundings of {} can do on these inputs ({} of it){}", label,
                           number_text(each.spread_ratio), lost);
      case CheckVerdict::structural:
        return fmt::format("structural: {}. {} times what the roundings of {} can do, at {}{}", text_of(each.patterns),
                           number_text(each.spread_ratio), label, each.spread_place, lost);
    }
    return "";
  }

  const CheckRequest& request_;
  CheckReport& report_;
  const std::atomic<bool>& stop_;
  CheckedInput input_;
  KernelOutput output_;
  OutputParts wanted_{};
  std::vector<CheckedUnit> units_;
  std::vector<Results> found_, exact_, recipe_;
  std::vector<Recipe> candidates_;
  mutable tbb::enumerable_thread_specific<Machines> machines_;
};

}  // namespace

std::string text_of(const std::vector<Pattern>& patterns) {
  std::vector<std::string> texts;
  for (const Pattern& pattern : patterns)
    texts.push_back(pattern.where.empty() ? pattern.what : fmt::format("{} {}", pattern.what, pattern.where));
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::string text_of(const VariantSearch& search) {
  if (search.found.empty()) return fmt::format("none of {} variants takes this input", search.tried);
  const FoundVariant& nearest = search.found.front();
  if (!search.equal())
    return fmt::format("none of {} variants; nearest: {}, {} elements differ", search.tried, nearest.recipe.label,
                       nearest.differing);
  std::string text = nearest.recipe.label;
  const std::size_t others = search.found.size() - 1;
  if (others > 0) {
    text += "; also ";
    for (std::size_t k = 1; k <= std::min<std::size_t>(others, 3); ++k)
      text += fmt::format("{}{}", k > 1 ? "; " : "", search.found[k].recipe.label);
    if (others > 3) text += fmt::format("; and {} more", others - 3);
  }
  return fmt::format("{} ({} variants tried)", text, search.tried);
}

const char* name_of(CheckItem::Outcome outcome) {
  return outcome == CheckItem::Outcome::passed ? "passed" : outcome == CheckItem::Outcome::failed ? "failed" : "told";
}

bool CheckReport::passed() const {
  return std::ranges::none_of(items, [](const CheckItem& item) { return item.outcome == CheckItem::Outcome::failed; });
}

const char* name_of(CheckVerdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

std::unique_ptr<CheckReport> check(const CheckRequest& request, const std::atomic<bool>& stop) {
  auto report = std::make_unique<CheckReport>();
  report->request = request;
  Checking(report->request, *report, stop).run();
  return report;
}

}  // namespace tristab
