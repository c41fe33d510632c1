// The result file as one JSON document, a line for each matrix, record and summary row. `run` stands near the beginning
// but is known only at the end; until then the lists are in the journal.
#include <fmt/format.h>

#include "tristab/base/json_text.h"
#include "tristab/base/output_file.h"
#include "tristab/base/spool.h"
#include "tristab/report/result_journal.h"
#include "tristab/report/result_text.h"
#include "tristab/report/result_writer.h"
#include "tristab/report/tool_info.h"

namespace tristab {
namespace {

// Writes the elements of a list, each an object on its own line.
class ListWriter {
 public:
  explicit ListWriter(OutputFile& file) : file_(file) { file_.write("[\n"); }

  void add(std::string_view object, std::string_view rest = {}) {
    if (has_any_) block_ += ",\n";
    has_any_ = true;
    (block_ += object) += rest;
    if (block_.size() >= Spool::block_bytes) write_block();
  }

  void finish() {
    block_ += has_any_ ? "\n]" : "]";
    write_block();
  }

 private:
  void write_block() {
    file_.write(block_);
    block_.clear();
  }

  OutputFile& file_;
  std::string block_;
  bool has_any_ = false;
};

class JsonWriter : public ResultSink {
 public:
  JsonWriter(const std::string& path, const RunHeader& header)
      : path_(path), header_(header), journal_(path, header, replaces_result_of(header)) {
    if (!has_journal(path, header)) open();
  }

  KeptResults* kept() override { return journal_.kept(); }

  SerializedRecords render(const MatrixResult& result) const override {
    return {matrix_text(result, "matrix"), records_text(result, "record")};
  }

  SerializedRecords render_kept(const MatrixResult&) const override { return {}; }  // the journal has it

  void accept(const MatrixResult& result, SerializedRecords rendered) override {
    journal_.append(rendered.matrix += rendered.records, result.records.size());
  }

  std::string render_layer(const LayerResult& result) const override { return layers_text(result, "layer"); }
  void accept_layer(const LayerResult&, std::string rendered) override { journal_.append(rendered, 0); }

  void finish(const SweepReport& report) override {
    if (file_ == nullptr) open();
    OutputFile& file = *file_;
    file.write("{\n\"schema\": " + json_string(results_schema));
    file.write(",\n\"tool\": " + tool_text());
    file.write(",\n\"run\": " + run_text(header_, report));
    file.write(",\n\"config\": " + json_text(header_.config));
    copy_list("matrices", "matrix", file);
    copy_list("records", "record", file);
    if (report.sequences > 0) copy_list("layers", "layer", file);
    ListWriter summary = begin_list("summary", file);
    for (const SummaryRow& row : report.summary) add_lines(summary_text(row, ""), summary);
    summary.finish();
    write_list("classes", classes_text(report.classes, ""), file);
    if (!report.expectations.empty()) write_list("expectations", expectations_text(report.expectations, ""), file);
    file.write("\n}\n");
    file.commit();
    journal_.discard();
  }

 private:
  void open() { file_ = std::make_unique<OutputFile>(path_, replaces_result_of(header_)); }

  static ListWriter begin_list(const char* name, OutputFile& file) {
    file.write(fmt::format(",\n\"{}\": ", name));
    return ListWriter(file);
  }

  void copy_list(const char* name, const char* type, OutputFile& file) {
    ListWriter list = begin_list(name, file);
    journal_.for_each(type, [&](std::string_view rest) { list.add("{", rest); });
    list.finish();
  }

  static void add_lines(std::string_view lines, ListWriter& list) {
    for (std::size_t begin = 0; begin < lines.size();) {
      const std::size_t end = lines.find('\n', begin);
      list.add(lines.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  static void write_list(const char* name, std::string_view lines, OutputFile& file) {
    ListWriter list = begin_list(name, file);
    add_lines(lines, list);
    list.finish();
  }

  std::string path_;
  RunHeader header_;
  ResultJournal journal_;
  std::unique_ptr<OutputFile> file_;
};

}  // namespace

std::unique_ptr<ResultSink> make_json_writer(const std::string& path, const RunHeader& header) {
  return std::make_unique<JsonWriter>(path, header);
}

}  // namespace tristab
