// The records as comma-separated values, RFC 4180 with LF line ends: a header, then a row for each record.
// Reals always have a point or an exponent; absent values are those of absent_csv(). Columns whose fields
// may need quotes, messages and objects as JSON text, stand last: gnuplot loses count of columns behind a
// quoted quote.
#include <vector>

#include "tristab/report/column.h"
#include "tristab/report/output_file.h"
#include "tristab/report/result_writer.h"

namespace tristab {
namespace {

std::vector<const Column*> csv_columns(bool has_scenarios) {
  std::vector<const Column*> plain, quoted;
  for (const Column* column : record_columns(has_scenarios)) {
    const bool may_need_quotes = column->kind == Column::Kind::object || column->kind == Column::Kind::list ||
                                 column->name == "message";
    (may_need_quotes ? quoted : plain).push_back(column);
  }
  plain.insert(plain.end(), quoted.begin(), quoted.end());
  return plain;
}

class CsvWriter : public ResultSink {
 public:
  CsvWriter(const std::string& path, const RunHeader& header)
      : columns_(csv_columns(header.config.contains("scenarios"))), file_(path, Appearance::when_complete) {
    std::string names;
    for (const Column* column : columns_) names += (names.empty() ? "" : ",") + column->name;
    file_.write(names + "\n");
  }

  RenderedMatrix render(const MatrixResult& result) const override {
    std::string rows;
    for (const Record& record : result.records) {
      std::string row;
      for (const Column* column : columns_) {
        if (!row.empty()) row += ',';
        const Cell cell = column->of(result, record);
        std::string field = cell_csv(cell);
        row += field.empty() ? absent_csv(column->kind) : field;
      }
      rows += row + "\n";
    }
    return {"", rows};
  }

  void accept(const MatrixResult&, RenderedMatrix rendered) override { file_.write(rendered.records); }
  std::string render_layer(const LayerResult&) const override { return {}; }  // records alone
  void accept_layer(const LayerResult&, std::string) override {}
  void finish(const SweepReport&) override { file_.commit(); }

 private:
  std::vector<const Column*> columns_;
  OutputFile file_;
};

}  // namespace

std::unique_ptr<ResultSink> make_csv_writer(const std::string& path, const RunHeader& header) {
  return std::make_unique<CsvWriter>(path, header);
}

}  // namespace tristab
