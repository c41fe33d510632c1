// library.h: sweep.
#include <utility>

#include "tristab/base/interruption.h"
#include "tristab/base/json.h"
#include "tristab/base/json_reader.h"
#include "tristab/library/library.h"
#include "tristab/report/result_text.h"
#include "tristab/sweep/config.h"
#include "tristab/sweep/plan.h"
#include "tristab/sweep/run.h"

namespace tristab::library {
namespace {

class ReceiverSink : public ResultSink {
 public:
  explicit ReceiverSink(const SweepReceiver& receiver) : receiver_(receiver) {}

  SerializedRecords render(const MatrixResult& result) const override {
    return {matrix_text(result, ""), records_text(result, "")};
  }
  void accept(const MatrixResult&, SerializedRecords rendered) override {
    give(receiver_.matrices, rendered.matrix);
    give(receiver_.records, rendered.records);
  }
  std::string render_layer(const LayerResult& result) const override { return layers_text(result, ""); }
  void accept_layer(const LayerResult&, std::string rendered) override { give(receiver_.layers, rendered); }
  void finish(const SweepReport& report) override {
    for (const SummaryRow& row : report.summary) give(receiver_.rest, summary_text(row, "summary"));
    give(receiver_.rest, classes_text(report.classes, "class"));
    give(receiver_.rest, expectations_text(report.expectations, "expectation"));
  }

 private:
  static void give(const std::function<void(std::string_view)>& to, const std::string& lines) {
    if (to && !lines.empty()) to(lines);
  }
  const SweepReceiver& receiver_;
};

}  // namespace

void sweep(const std::string& config, const std::string& directory, const SweepReceiver& receiver, int jobs) {
  SweepConfig made = make_config(parse_json(config), {}, "config", directory, "sweep");
  settle_sizes(made);
  const Plan plan = make_plan(made);
  RunOptions options;
  options.jobs = jobs;
  options.stop = &interruption();
  ReceiverSink sink(receiver);
  run_sweep(made, plan, options, sink);
}

}  // namespace tristab::library
