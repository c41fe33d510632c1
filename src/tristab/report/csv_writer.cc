// The records as comma-separated values, RFC 4180 with LF line ends: a header, then a row for each record; objects as
// JSON text, nulls empty.
#include "tristab/report/column.h"
#include "tristab/report/output_file.h"
#include "tristab/report/result_writer.h"

namespace tristab {
namespace {

class CsvWriter : public ResultSink {
 public:
  explicit CsvWriter(const std::string& path) : file_(path, Appearance::when_complete) {
    std::string header;
    for (const Column& column : record_columns()) header += (header.empty() ? "" : ",") + column.name;
    file_.write(header + "\n");
  }

  RenderedMatrix render(const MatrixResult& result) const override {
    std::string rows;
    for (const Record& record : result.records) {
      std::string row;
      for (const Column& column : record_columns()) {
        if (!row.empty()) row += ',';
        row += cell_csv(column.of(result, record));
      }
      rows += row + "\n";
    }
    return {"", rows};
  }

  void accept(const MatrixResult&, RenderedMatrix rendered) override { file_.write(rendered.records); }
  void finish(const SweepReport&) override { file_.commit(); }

 private:
  OutputFile file_;
};

}  // namespace

std::unique_ptr<ResultSink> make_csv_writer(const std::string& path, const RunHeader&) {
  return std::make_unique<CsvWriter>(path);
}

}  // namespace tristab
