// The records as comma-separated values, RFC 4180 with LF line ends: a header, then a row for each record.
// Reals always have a point or an exponent; missing values are those of absent_csv(). Columns that may need quotes
// (messages, and objects as JSON text) are last, because gnuplot miscounts the columns after a quoted quote.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/json.h"
#include "tristab/base/output_file.h"
#include "tristab/base/spool.h"
#include "tristab/report/cell_text.h"
#include "tristab/report/result_journal.h"
#include "tristab/report/result_text.h"
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

class CsvWriter : public ResultSink {
 public:
  CsvWriter(const std::string& path, const RunHeader& header) : fields_(csv_fields(header.config.json())), path_(path) {
    if (has_journal(path, header)) {
      // A run that was killed between its last two steps has left the result and the journal (is_there_already).
      const bool goes_on = header.resume && std::filesystem::exists(journal_of(path));
      journal_ = std::make_unique<ResultJournal>(
          path, header, goes_on ? [](const std::filesystem::path&) { return std::string(); } : replaces_no_file());
      // Of a run that has more to do, the result cannot be there.
      const std::size_t kept = journal_->kept() == nullptr ? 0 : journal_->kept()->count();
      std::error_code absent;
      const auto bytes = std::filesystem::file_size(path, absent);
      if (goes_on && !may_replace() && !absent && bytes > 0 && kept < units_of(*header.plan, header.shard).size())
        refuse(path, replaces_no_file()(path), "another name, or --force beside --resume to replace it");
    } else {
      open();
    }
  }

  KeptResults* kept() override { return journal_ != nullptr ? journal_->kept() : nullptr; }

  SerializedRecords render(const MatrixResult& result) const override {
    std::string rows;
    for (const Record& record : result.records) {
      for (const Field* field : fields_) {
        if (field != fields_.front()) rows += ',';
        append_csv(rows, field->cell(result, record), field->kind);
      }
      rows += '\n';
    }
    if (journal_ == nullptr) return {"", std::move(rows)};
    return {matrix_text(result, "matrix") + records_text(result, "record"), std::move(rows)};
  }

  void accept(const MatrixResult& result, SerializedRecords rendered) override {
    if (journal_ == nullptr) return file_->write(rendered.records);
    journal_->append(rendered.matrix, result.records.size());
    rows_.append(rendered.records);
  }
  std::string render_layer(const LayerResult&) const override { return {}; }  // CSV has only records
  void accept_layer(const LayerResult&, std::string) override {}

  void finish(const SweepReport&) override {
    if (journal_ != nullptr) {
      if (is_there_already()) return journal_->discard();
      open();
      rows_.for_each_block([&](std::string_view block) { file_->write(block); });
    }
    file_->commit();
    if (journal_ != nullptr) journal_->discard();
  }

 private:
  void open() {
    file_ = std::make_unique<OutputFile>(path_, replaces_no_file());
    file_->write(header_row());
  }

  std::string header_row() const {
    std::string names;
    for (const Field* field : fields_) names += (names.empty() ? "" : ",") + field->name();
    return names + "\n";
  }

  // Whether the file has every byte that would be written.
  bool is_there_already() {
    std::ifstream file(path_, std::ios::binary);
    bool same = file.is_open();
    const auto compare = [&](std::string_view text) {
      std::string there(text.size(), '\0');
      same = same && file.read(there.data(), static_cast<std::streamsize>(there.size())) && there == text;
    };
    compare(header_row());
    rows_.for_each_block(compare);
    return same && file.peek() == std::char_traits<char>::eof();
  }

  std::vector<const Field*> fields_;
  std::string path_;
  std::unique_ptr<ResultJournal> journal_;  // null: rows are written as they come
  SpooledText rows_;
  std::unique_ptr<OutputFile> file_;
};

}  // namespace

std::unique_ptr<ResultSink> make_csv_writer(const std::string& path, const RunHeader& header) {
  return std::make_unique<CsvWriter>(path, header);
}

}  // namespace tristab
