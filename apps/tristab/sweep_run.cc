#include "sweep_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "interrupt.h"
#include "progress.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/report/closing_summary.h"
#include "tristab/report/expectation_table.h"
#include "tristab/report/html_report.h"
#include "tristab/report/layer_table.h"
#include "tristab/report/table.h"

namespace tristab {
namespace {

// Passes everything on to the writer, and keeps what is printed at the end.
class SinkWithProgress : public ResultSink {
 public:
  SinkWithProgress(std::unique_ptr<ResultSink> writer, Progress& progress, std::string path, ResultFormat format)
      : writer_(std::move(writer)), progress_(progress), path_(std::move(path)), format_(format) {}
  KeptResults* kept() override { return writer_->kept(); }
  SerializedRecords render(const MatrixResult& result) const override { return writer_->render(result); }
  SerializedRecords render_kept(const MatrixResult& result) const override { return writer_->render_kept(result); }
  void accept(const MatrixResult& result, SerializedRecords rendered) override {
    progress_.add(result);
    writer_->accept(result, std::move(rendered));
  }
  std::string render_layer(const LayerResult& result) const override { return writer_->render_layer(result); }
  void accept_layer(const LayerResult& result, std::string rendered) override {
    progress_.add(result);
    layers.add(result);
    writer_->accept_layer(result, std::move(rendered));
  }
  void finish(const SweepReport& done) override {
    progress_.phase(fmt::format("writing {}", path_ == "-" ? "the summary" : path_));
    writer_->finish(done);
    outcomes = done.expectations;
    closing = closing_summary(done, layers, path_, format_, standard_error_page());
  }

  LayerTable layers;
  std::vector<ExpectationOutcome> outcomes;
  std::string closing;  // the summary that it is made from is not kept

 private:
  std::unique_ptr<ResultSink> writer_;
  Progress& progress_;
  std::string path_;
  ResultFormat format_;
};

}  // namespace

ResultPlace result_place(const std::string& output, const std::string& format, const std::string& name,
                         ResultFormat otherwise, const std::string& html) {
  ResultPlace place{output, otherwise};
  if (!output.empty()) {
    place.format = result_format_of(format, output);
  } else {
    if (!format.empty()) place.format = result_format_of(format, "");
    place.path = fmt::format("results/{}.{}", name, extension_of(place.format));
  }
  if (!html.empty() && (place.format == ResultFormat::csv || place.path == "-")) {
    refuse("--html", fmt::format("a result {}", place.path == "-" ? "on standard output" : "in CSV"),
           "one in a .json or .ndjson file");
  }
  note_output(place.path);
  return place;
}

bool run_into_file(const SweepConfig& config, const Plan& plan, const RunHeader& header, ResultFormat format,
                   const std::string& path, const std::string& html_path, RunOptions options) {
  if (format == ResultFormat::csv && plan.sequences > 0)
    refuse("--format", "csv for a sweep with layers", "json, ndjson (CSV has only records)");
  const std::unique_ptr<OutputFile> html = html_path.empty() ? nullptr : open_page(html_path, "--html");
  // No progress line if the result is printed on the same terminal.
  Progress progress(counts_of(plan, units_of(plan, options.shard)),
                    path != "-" || !standard_output_page().is_terminal());
  SinkWithProgress sink(make_result_writer(format, path, header), progress, path, format);
  options.stop = &listen_for_interrupts();
  options.progress = progress.reporter();
  run_sweep(config, plan, options, sink);
  if (html != nullptr) {  // before a closed pipe may end the process
    progress.phase(fmt::format("writing {}", html_path));
    write_html_report(path, *html);
  }
  progress.clear();

  // Tables are data; the closing summary is not. Errors on standard error are ignored: the result is already written.
  const bool beside = path == "-";
  const Page page = beside ? standard_error_page() : standard_output_page();
  std::string tables;
  if (!sink.layers.empty()) tables += sink.layers.text(page);
  if (!sink.outcomes.empty()) tables += expectations_table(sink.outcomes, page);
  if (!beside) fmt::print("{}", tables);
  std::fflush(stdout);
  std::fputs(((beside ? tables : "") + sink.closing).c_str(), stderr);
  return std::all_of(sink.outcomes.begin(), sink.outcomes.end(), [](const ExpectationOutcome& o) { return o.met; });
}

}  // namespace tristab
