#include "tristab/sweep/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/base/first_error.h"
#include "tristab/base/for_all.h"
#include "tristab/sweep/evaluate.h"
#include "tristab/sweep/evaluate_layer.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

// A unit on its way, with what an earlier run has made of it.
struct Job {
  std::size_t number;
  Unit unit;
  std::optional<std::string> kept;
};

template <class Result, class Rendered>
struct Finished {
  Unit unit;
  Result result;
  Rendered rendered;
  bool kept = false;
};

// What the recipe of a requirement achieves on a group: its largest errors of all matrices, and of all sequences.
struct RecipeError {
  double total = 0;
  LayerError layer;
};

RecipeError worst(const RecipeError& x, const RecipeError& y) {
  RecipeError larger{std::max(x.total, y.total), {}};
  for (const LayerPart& part : layer_parts())
    larger.layer.*part.value = std::fmax(x.layer.*part.value, y.layer.*part.value);
  return larger;
}

// For each group, over all matrices of the source, so that one of them gets the same share when it is run alone; 0
// without a recipe, and for groups that are not `needed`.
std::vector<RecipeError> recipe_errors(const Plan& plan, const std::vector<bool>& needed,
                                       const std::atomic<bool>& stop) {
  std::vector<RecipeError> errors(plan.groups.size());
  for (std::size_t g = 0; g < plan.groups.size(); ++g) {
    const MatrixGroup& group = plan.groups[g];
    const Recipe* recipe = group.scenario->requirement.recipe();
    if (recipe == nullptr || !needed[g]) continue;
    if (!recipe->takes(group.n))
      refuse("require", fmt::format("{} with chunks of {}", recipe->label, group.n),
             fmt::format("chunks of {}", fmt::join(recipe->chunks, ", ")));
    oneapi::tbb::enumerable_thread_specific<Machines> machines;
    // Matrices first, then sequences.
    std::vector<RecipeError> found(static_cast<std::size_t>(group.all + group.all_sequences));
    for_all(0, group.all + group.all_sequences, [&](int index) {
      if (stop.load(std::memory_order_relaxed)) throw Stopped{};
      RecipeError& own = found[static_cast<std::size_t>(index)];
      if (index < group.all) {
        own.total = total_error(plan, g, index, *recipe, machines.local());
      } else {
        own.layer = layer_error(plan, g, index - group.all, *recipe, machines.local(), stop);
      }
    });
    errors[g] = std::accumulate(found.begin(), found.end(), RecipeError{}, worst);
  }
  return errors;
}

}  // namespace

void run_sweep(const SweepConfig& config, const Plan& plan, const RunOptions& options, ResultSink& sink) {
  static const std::atomic<bool> never{false};
  const std::atomic<bool>& stop = options.stop != nullptr ? *options.stop : never;
  const int threads = options.jobs > 0 ? options.jobs : oneapi::tbb::info::default_concurrency();
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Unit> units = units_of(plan, options.shard);
  const auto first_sequence = static_cast<std::size_t>(std::ranges::count(units, false, &Unit::is_sequence));
  KeptResults* const kept = options.made != nullptr ? options.made : sink.kept();

  SweepReport report;
  report.threads = threads;
  report.shard = options.shard;
  SummaryBuilder summary(plan);
  StabilityBuilder stability(config);
  ExpectationChecker expectations(plan);
  const bool is_whole = !options.shard;
  const auto work_of = [&](const Unit& unit) {
    const MatrixGroup& group = plan.groups[unit.group];
    return static_cast<double>(unit.is_sequence ? sequence_work(group) : matrix_work(group));
  };
  double work = 0, work_done = 0, work_kept = 0;
  std::vector<bool> groups_to_compute(plan.groups.size(), false);
  for (std::size_t k = 0; k < units.size(); ++k) {
    work += work_of(units[k]);
    if (kept == nullptr || k >= kept->count()) groups_to_compute[units[k].group] = true;
  }

  const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                          static_cast<std::size_t>(threads));
  oneapi::tbb::task_arena arena(threads);
  std::vector<RecipeError> errors_of_recipes;
  oneapi::tbb::enumerable_thread_specific<Machines> machines;
  if (options.made == nullptr) arena.execute([&] { errors_of_recipes = recipe_errors(plan, groups_to_compute, stop); });

  // Runs the units [begin, end): takes what is kept, computes the rest, and collects in order, up to the first unit
  // that fails.
  const auto run_units = [&](std::size_t begin, std::size_t end, const auto& evaluate, const auto& collect) {
    using Pointer = std::invoke_result_t<decltype(evaluate), const Job&>;
    FirstError error;
    std::size_t next = begin, collected = begin;
    const auto source = [&](oneapi::tbb::flow_control& control) {
      if (next < end && !stop.load(std::memory_order_relaxed) && !error.at_or_before(next)) {
        try {
          const Unit& unit = units[next];
          Job job{next, unit, kept != nullptr ? kept->next(unit) : std::nullopt};
          ++next;
          return job;
        } catch (...) {
          error.keep(next);
        }
      }
      control.stop();
      return Job{};
    };
    const auto evaluated = [&](const Job& job) {
      try {
        return evaluate(job);
      } catch (...) {
        error.keep(job.number);
        return Pointer{};
      }
    };
    const auto collect_next = [&](const Pointer& finished) {
      if (!error.at_or_before(collected++)) collect(finished);
    };
    using oneapi::tbb::filter_mode;
    using oneapi::tbb::make_filter;
    arena.execute([&] {
      oneapi::tbb::parallel_pipeline(4 * static_cast<std::size_t>(threads),
                                     make_filter<void, Job>(filter_mode::serial_in_order, source) &
                                         make_filter<Job, Pointer>(filter_mode::parallel, evaluated) &
                                         make_filter<Pointer, void>(filter_mode::serial_in_order, collect_next));
    });
    error.rethrow();
    if (stop.load()) throw Stopped{};
  };
  const auto index_of = [&](const Unit& unit) { return plan.groups[unit.group].first + unit.index; };
  const auto advance = [&](const Unit& unit, bool was_kept) {
    work_done += work_of(unit);
    if (was_kept) work_kept += work_of(unit);
    if (options.progress) options.progress({work_done / work, work_kept / work, report.records, report.kept});
  };

  using FinishedMatrix = Finished<MatrixResult, SerializedRecords>;
  const auto evaluate = [&](const Job& job) {
    const Unit& unit = job.unit;
    auto finished = std::make_shared<FinishedMatrix>();
    finished->unit = unit;
    finished->kept = job.kept.has_value() && options.made == nullptr;
    finished->result = job.kept ? kept->matrix(plan, unit, *job.kept)
                                : evaluate_matrix(plan, unit.group, index_of(unit), errors_of_recipes[unit.group].total,
                                                  machines.local(), stop);
    finished->rendered = finished->kept ? sink.render_kept(finished->result) : sink.render(finished->result);
    return finished;
  };
  const auto collect = [&](const std::shared_ptr<FinishedMatrix>& finished) {
    const MatrixResult& result = finished->result;
    if (is_whole) {
      summary.add(result);
      stability.add(result);
      expectations.add(result);
    }
    ++report.matrices;
    const auto records = static_cast<std::int64_t>(result.records.size());
    report.records += records;
    if (finished->kept) report.kept += records;
    report.references += result.references_computed;
    report.busy.add(result.seconds);
    sink.accept(result, std::move(finished->rendered));
    advance(finished->unit, finished->kept);
  };
  run_units(0, first_sequence, evaluate, collect);

  using FinishedSequence = Finished<LayerResult, std::string>;
  const auto evaluate_sequence = [&](const Job& job) {
    const Unit& unit = job.unit;
    auto finished = std::make_shared<FinishedSequence>();
    finished->unit = unit;
    finished->kept = job.kept.has_value() && options.made == nullptr;
    finished->result = job.kept ? kept->sequence(plan, unit, *job.kept)
                                : evaluate_layer(plan, unit.group, index_of(unit), errors_of_recipes[unit.group].layer,
                                                 machines.local(), stop);
    finished->rendered = sink.render_layer(finished->result);
    return finished;
  };
  const auto collect_sequence = [&](const std::shared_ptr<FinishedSequence>& finished) {
    ++report.sequences;
    if (is_whole) expectations.add(finished->result);
    sink.accept_layer(finished->result, std::move(finished->rendered));
    advance(finished->unit, finished->kept);
  };
  run_units(first_sequence, units.size(), evaluate_sequence, collect_sequence);

  if (is_whole) {
    report.summary = summary.finish();
    report.classes = stability.finish();
    report.expectations = expectations.finish();
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  sink.finish(report);
}

}  // namespace tristab
