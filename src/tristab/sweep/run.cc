#include "tristab/sweep/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/sweep/evaluate.h"
#include "tristab/sweep/evaluate_layer.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

// A position in the plan: matrix `index` of those of a group that are run.
struct Position {
  std::size_t group = 0;
  int index = 0;
};

struct Finished {
  MatrixResult result;
  SerializedRecords rendered;
};

struct FinishedLayer {
  LayerResult result;
  std::string rendered;
};

// The relative work of a matrix, to estimate the remaining time: every method does O(n^3) operations.
double work_of(int n) { return static_cast<double>(n) * n * n; }

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
// without a recipe.
std::vector<RecipeError> recipe_errors(const Plan& plan, const std::atomic<bool>& stop) {
  std::vector<RecipeError> errors(plan.groups.size());
  for (std::size_t g = 0; g < plan.groups.size(); ++g) {
    const MatrixGroup& group = plan.groups[g];
    const Recipe* recipe = group.scenario->requirement.recipe();
    if (recipe == nullptr) continue;
    if (!recipe->takes(group.n))
      refuse("require", fmt::format("{} with chunks of {}", recipe->label, group.n),
             fmt::format("chunks of {}", fmt::join(recipe->chunks, ", ")));
    oneapi::tbb::enumerable_thread_specific<Machines> machines;
    // Matrices first, then sequences.
    errors[g] = oneapi::tbb::parallel_reduce(
        oneapi::tbb::blocked_range<int>(0, group.all + group.all_sequences), RecipeError{},
        [&](const oneapi::tbb::blocked_range<int>& indices, RecipeError found) {
          for (int index = indices.begin(); index < indices.end(); ++index) {
            if (stop.load(std::memory_order_relaxed)) throw Stopped{};
            RecipeError here;
            if (index < group.all) {
              here.total = total_error(plan, g, index, *recipe, machines.local());
            } else {
              here.layer = layer_error(plan, g, index - group.all, *recipe, machines.local(), stop);
            }
            found = worst(found, here);
          }
          return found;
        },
        worst);
  }
  return errors;
}

// A chunk of a layer takes about as long as five inversions of its matrix.
double layer_work_of(const MatrixGroup& group) {
  return 5 * work_of(group.n) * static_cast<double>(group.scenario->layer_chunks);
}

}  // namespace

void run_sweep(const SweepConfig& config, const Plan& plan, const RunOptions& options, ResultSink& sink) {
  static const std::atomic<bool> never{false};
  const std::atomic<bool>& stop = options.stop != nullptr ? *options.stop : never;
  const int threads = options.jobs > 0 ? options.jobs : oneapi::tbb::info::default_concurrency();
  const auto start = std::chrono::steady_clock::now();

  SweepReport report;
  report.threads = threads;
  SummaryBuilder summary(plan);
  StabilityBuilder stability(config);
  ExpectationChecker expectations(plan);
  double work = 0, work_done = 0;
  for (const MatrixGroup& group : plan.groups) {
    work += work_of(group.n) * group.count;
    work += layer_work_of(group) * group.sequences;
  }

  const auto index_of = [&](const Position& position) { return plan.groups[position.group].first + position.index; };
  Position next;
  const auto source = [&](oneapi::tbb::flow_control& control) {
    if (next.group == plan.groups.size() || stop.load(std::memory_order_relaxed)) {
      control.stop();
      return Position{};
    }
    const Position position = next;
    if (++next.index == plan.groups[next.group].count) next = {next.group + 1, 0};
    return position;
  };
  std::vector<RecipeError> errors_of_recipes;
  oneapi::tbb::enumerable_thread_specific<Machines> machines;
  const auto evaluate = [&](const Position& position) {
    auto finished = std::make_shared<Finished>();
    finished->result = evaluate_matrix(plan, position.group, index_of(position),
                                       errors_of_recipes[position.group].total, machines.local(), stop);
    finished->rendered = sink.render(finished->result);
    return finished;
  };
  const auto collect = [&](const std::shared_ptr<Finished>& finished) {
    const MatrixResult& result = finished->result;
    summary.add(result);
    stability.add(result);
    expectations.add(result);
    ++report.matrices;
    report.records += static_cast<std::int64_t>(result.records.size());
    report.references += result.references_computed;
    report.busy.add(result.seconds);
    work_done += work_of(result.input.n);
    sink.accept(result, std::move(finished->rendered));
    if (options.progress) options.progress(work_done / work, report.records);
  };

  using oneapi::tbb::filter_mode;
  using oneapi::tbb::make_filter;
  const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                          static_cast<std::size_t>(threads));
  oneapi::tbb::task_arena arena(threads);
  arena.execute([&] { errors_of_recipes = recipe_errors(plan, stop); });
  arena.execute([&] {
    oneapi::tbb::parallel_pipeline(
        4 * static_cast<std::size_t>(threads),
        make_filter<void, Position>(filter_mode::serial_in_order, source) &
            make_filter<Position, std::shared_ptr<Finished>>(filter_mode::parallel, evaluate) &
            make_filter<std::shared_ptr<Finished>, void>(filter_mode::serial_in_order, collect));
  });
  if (stop.load()) throw Stopped{};

  next = Position{};
  const auto skip_empty = [&] {
    while (next.group < plan.groups.size() && plan.groups[next.group].sequences == 0) ++next.group;
  };
  skip_empty();
  const auto sequence_source = [&](oneapi::tbb::flow_control& control) {
    if (next.group == plan.groups.size() || stop.load(std::memory_order_relaxed)) {
      control.stop();
      return Position{};
    }
    const Position position = next;
    if (++next.index == plan.groups[next.group].sequences) {
      next = {next.group + 1, 0};
      skip_empty();
    }
    return position;
  };
  const auto evaluate_sequence = [&](const Position& position) {
    auto finished = std::make_shared<FinishedLayer>();
    finished->result = evaluate_layer(plan, position.group, index_of(position), errors_of_recipes[position.group].layer,
                                      machines.local(), stop);
    finished->rendered = sink.render_layer(finished->result);
    return finished;
  };
  const auto collect_layer = [&](const std::shared_ptr<FinishedLayer>& finished) {
    ++report.sequences;
    expectations.add(finished->result);
    work_done += layer_work_of(plan.groups[finished->result.group]);
    sink.accept_layer(finished->result, std::move(finished->rendered));
    if (options.progress) options.progress(work_done / work, report.records);
  };
  arena.execute([&] {
    oneapi::tbb::parallel_pipeline(
        2 * static_cast<std::size_t>(threads),
        make_filter<void, Position>(filter_mode::serial_in_order, sequence_source) &
            make_filter<Position, std::shared_ptr<FinishedLayer>>(filter_mode::parallel, evaluate_sequence) &
            make_filter<std::shared_ptr<FinishedLayer>, void>(filter_mode::serial_in_order, collect_layer));
  });
  if (stop.load()) throw Stopped{};

  report.summary = summary.finish();
  report.classes = stability.finish();
  report.expectations = expectations.finish();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  sink.finish(report);
}

}  // namespace tristab
