// Newline-delimited JSON: a header line, the lines of matrices and records as they finish, in case order, then summary,
// classes, expectations and an end line. Until then they are in a journal, which is an incomplete result.
#include <memory>

#include "tristab/base/json_text.h"
#include "tristab/base/output_file.h"
#include "tristab/report/result_journal.h"
#include "tristab/report/result_text.h"
#include "tristab/report/result_writer.h"

namespace tristab {
namespace {

class NdjsonWriter : public ResultSink {
 public:
  NdjsonWriter(const std::string& path, const RunHeader& header) : path_(path), header_(header) {
    if (has_journal(path, header)) {
      journal_ = std::make_unique<ResultJournal>(path, header, replaces_result_of(header));
      return;
    }
    open();
    file_->flush();
  }

  KeptResults* kept() override { return journal_ != nullptr ? journal_->kept() : nullptr; }

  SerializedRecords render(const MatrixResult& result) const override {
    return {matrix_text(result, "matrix"), records_text(result, "record")};
  }

  SerializedRecords render_kept(const MatrixResult&) const override { return {}; }  // the journal has it

  void accept(const MatrixResult& result, SerializedRecords rendered) override {
    append(rendered.matrix += rendered.records, result.records.size());
  }

  std::string render_layer(const LayerResult& result) const override { return layers_text(result, "layer"); }
  void accept_layer(const LayerResult&, std::string rendered) override { append(rendered, 0); }

  void finish(const SweepReport& report) override {
    if (journal_ != nullptr) {
      open();
      journal_->for_each([&](std::string_view line) {
        file_->write(line);
        file_->write("\n");
      });
    }
    OutputFile& file = *file_;
    for (const SummaryRow& row : report.summary) file.write(summary_text(row, "summary"));
    file.write(classes_text(report.classes, "class"));
    file.write(expectations_text(report.expectations, "expectation"));
    JsonObject end;
    end.text("type", "end").flag("complete", true).integer("cases", report.records);
    file.write(end.raw("run", run_text(header_, report)).str() + "\n");
    file.commit();
    if (journal_ != nullptr) journal_->discard();
  }

 private:
  void open() {
    file_ = std::make_unique<OutputFile>(path_, replaces_result_of(header_));
    file_->write(header_line(header_));
  }

  void append(const std::string& lines, std::size_t records) {
    if (journal_ != nullptr) return journal_->append(lines, records);
    file_->write(lines);
    file_->flush();  // who reads a pipe sees whole matrices
  }

  std::string path_;
  RunHeader header_;
  std::unique_ptr<ResultJournal> journal_;  // null: lines are written as they come
  std::unique_ptr<OutputFile> file_;
};

}  // namespace

std::unique_ptr<ResultSink> make_ndjson_writer(const std::string& path, const RunHeader& header) {
  return std::make_unique<NdjsonWriter>(path, header);
}

}  // namespace tristab
