// Newline-delimited JSON: a header line, the lines of matrices and records as they finish, in case order,
// then summary, classes, expectations and an end line. Until then they are in a journal, which is an incomplete result.
#include "tristab/base/json_text.h"
#include "tristab/base/output_file.h"
#include "tristab/report/result_text.h"
#include "tristab/report/result_writer.h"
#include "tristab/report/tool_info.h"

namespace tristab {
namespace {

class NdjsonWriter : public ResultSink {
 public:
  NdjsonWriter(const std::string& path, const RunHeader& header)
      : file_(path, replaces_result_of(header), OutputFile::Growth::journal), header_(header) {
    JsonObject line;
    line.text("type", "header").text("schema", results_schema).raw("tool", tool_text());
    line.json("config", header.config).integer("expected_cases", header.cases);
    file_.write(line.str() + "\n");
    file_.flush();
  }

  SerializedRecords render(const MatrixResult& result) const override {
    return {matrix_text(result, "matrix"), records_text(result, "record")};
  }

  void accept(const MatrixResult&, SerializedRecords rendered) override {
    file_.write(rendered.matrix);
    file_.write(rendered.records);
    save();
  }

  std::string render_layer(const LayerResult& result) const override { return layers_text(result, "layer"); }
  void accept_layer(const LayerResult&, std::string rendered) override {
    file_.write(rendered);
    save();
  }

  void finish(const SweepReport& report) override {
    for (const SummaryRow& row : report.summary) file_.write(summary_text(row, "summary"));
    file_.write(classes_text(report.classes, "class"));
    file_.write(expectations_text(report.expectations, "expectation"));
    JsonObject end;
    end.text("type", "end").flag("complete", true).integer("cases", report.records);
    file_.write(end.raw("run", run_text(header_, report)).str() + "\n");
    file_.commit();
  }

 private:
  // After a crash the journal has whole matrices.
  void save() {
    file_.flush();
    file_.keep();
  }

  OutputFile file_;
  RunHeader header_;
};

}  // namespace

std::unique_ptr<ResultSink> make_ndjson_writer(const std::string& path, const RunHeader& header) {
  return std::make_unique<NdjsonWriter>(path, header);
}

}  // namespace tristab
