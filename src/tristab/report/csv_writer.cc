// The records as comma-separated values, RFC 4180 with LF line ends: a header, then a row for each record.
// Reals always have a point or an exponent; missing values are those of absent_csv(). Columns that may need quotes
// (messages, and objects as JSON text) are last, because gnuplot miscounts the columns after a quoted quote.
#include <algorithm>
#include <fstream>
#include <vector>

#include "tristab/base/json.h"
#include "tristab/base/output_file.h"
#include "tristab/report/cell_text.h"
#include "tristab/report/result_writer.h"

namespace tristab {
namespace {

std::vector<const Field*> csv_fields(const Json& config) {
  std::vector<const Field*> plain, quoted;
  // Plain configurations are their own only scenario.
  const Json scenarios = config.value("scenarios", Json::array({config}));
  const bool decomposed =
      std::ranges::any_of(scenarios, [](const Json& each) { return each.value("decompose", false); });
  for (const Field& field : record_fields()) {
    if (field.presence == Field::Presence::scenarios && !config.contains("scenarios")) continue;
    if (field.presence == Field::Presence::decomposed && !decomposed) continue;
    const bool may_need_quotes =
        field.kind == Field::Kind::object || field.kind == Field::Kind::list || field.name() == "message";
    (may_need_quotes ? quoted : plain).push_back(&field);
  }
  plain.insert(plain.end(), quoted.begin(), quoted.end());
  return plain;
}

// The texts before the first comma of each line after the header: the ids of the cases.
class Cases {
 public:
  explicit Cases(const std::filesystem::path& path) : stream_(path, std::ios::binary) { next(); }
  // False at the end.
  bool next() {
    if (!std::getline(stream_, line_)) return false;
    line_.resize(std::min(line_.find(','), line_.size()));
    return true;
  }
  const std::string& id() const { return line_; }

 private:
  std::ifstream stream_;
  std::string line_;
};

// A table does not say of which configuration it is, but the ids of its cases have all parameters and the seed. They
// are compared when the new table is complete; their number at once.
ReplaceCheck replaces_table_of(const RunHeader& header) {
  return [of_results = replaces_result_of(header), count = header.cases](const std::filesystem::path& old,
                                                                         const std::filesystem::path& fresh) {
    if (!is_table_of_records(old)) return of_results(old, fresh);
    std::string wrong = "a table of other cases";
    Cases there(old);
    if (fresh.empty()) {
      std::int64_t lines = 0;
      while (there.next()) ++lines;
      return lines == count ? std::string() : wrong;
    }
    Cases here(fresh);
    while (true) {
      const bool more_there = there.next(), more_here = here.next();
      if (more_there != more_here || (more_there && there.id() != here.id())) return wrong;
      if (!more_there) return std::string();
    }
  };
}

class CsvWriter : public ResultSink {
 public:
  CsvWriter(const std::string& path, const RunHeader& header)
      : fields_(csv_fields(header.config.json())), file_(path, replaces_table_of(header)) {
    std::string names;
    for (const Field* field : fields_) names += (names.empty() ? "" : ",") + field->name();
    file_.write(names + "\n");
  }

  SerializedRecords render(const MatrixResult& result) const override {
    std::string rows;
    for (const Record& record : result.records) {
      std::string row;
      for (const Field* field : fields_) {
        if (!row.empty()) row += ',';
        const std::string text = cell_csv(field->cell(result, record));
        row += text.empty() ? absent_csv(field->kind) : text;
      }
      rows += row + "\n";
    }
    return {"", rows};
  }

  void accept(const MatrixResult&, SerializedRecords rendered) override { file_.write(rendered.records); }
  std::string render_layer(const LayerResult&) const override { return {}; }  // CSV has only records
  void accept_layer(const LayerResult&, std::string) override {}
  void finish(const SweepReport&) override { file_.commit(); }

 private:
  std::vector<const Field*> fields_;
  OutputFile file_;
};

}  // namespace

std::unique_ptr<ResultSink> make_csv_writer(const std::string& path, const RunHeader& header) {
  return std::make_unique<CsvWriter>(path, header);
}

}  // namespace tristab
