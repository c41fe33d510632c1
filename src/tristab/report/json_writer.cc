// The result file as one JSON document, a line for each matrix, record and summary row. `run` stands near
// the beginning but is known only at the end, so the lists are kept in temporary files until then.
#include <fmt/format.h>

#include "tristab/base/json_text.h"
#include "tristab/base/output_file.h"
#include "tristab/base/spool.h"
#include "tristab/report/result_text.h"
#include "tristab/report/result_writer.h"
#include "tristab/report/tool_info.h"

namespace tristab {
namespace {

// Writes the elements of a list, each an object on its own line, block by block.
class ListWriter {
 public:
  explicit ListWriter(OutputFile& file) : file_(file) { file_.write("[\n"); }

  void add(std::string_view lines) {
    for (std::size_t begin = 0; begin < lines.size();) {
      if (line_ended_) file_.write(",\n");
      const std::size_t end = lines.find('\n', begin);
      line_ended_ = end != std::string_view::npos;
      file_.write(lines.substr(begin, end - begin));
      begin = line_ended_ ? end + 1 : lines.size();
    }
  }

  void finish() { file_.write(line_ended_ ? "\n]" : "]"); }

 private:
  OutputFile& file_;
  bool line_ended_ = false;  // the end of a line is written once it is known whether another follows
};

class JsonWriter : public ResultSink {
 public:
  JsonWriter(const std::string& path, const RunHeader& header)
      : file_(path, replaces_result_of(header)),
        header_(header),
        matrices_(file_.directory()),
        records_(file_.directory()),
        layers_(file_.directory()) {}

  SerializedRecords render(const MatrixResult& result) const override {
    return {matrix_text(result, ""), records_text(result, "")};
  }

  void accept(const MatrixResult&, SerializedRecords rendered) override {
    matrices_.append(rendered.matrix);
    records_.append(rendered.records);
  }

  std::string render_layer(const LayerResult& result) const override { return layers_text(result, ""); }
  void accept_layer(const LayerResult&, std::string rendered) override { layers_.append(rendered); }

  void finish(const SweepReport& report) override {
    file_.write("{\n\"schema\": " + json_string(results_schema));
    file_.write(",\n\"tool\": " + tool_text());
    file_.write(",\n\"run\": " + run_text(header_, report));
    file_.write(",\n\"config\": " + json_text(header_.config));
    write_list("matrices", matrices_);
    write_list("records", records_);
    if (report.sequences > 0) write_list("layers", layers_);
    ListWriter summary = begin_list("summary");
    for (const SummaryRow& row : report.summary) summary.add(summary_text(row, ""));
    summary.finish();
    write_list("classes", classes_text(report.classes, ""));
    if (!report.expectations.empty()) write_list("expectations", expectations_text(report.expectations, ""));
    file_.write("\n}\n");
    file_.commit();
  }

 private:
  ListWriter begin_list(const char* name) {
    file_.write(fmt::format(",\n\"{}\": ", name));
    return ListWriter(file_);
  }

  void write_list(const char* name, const SpooledText& lines) {
    ListWriter list = begin_list(name);
    lines.for_each_block([&](std::string_view block) { list.add(block); });
    list.finish();
  }

  void write_list(const char* name, const std::string& lines) {
    ListWriter list = begin_list(name);
    list.add(lines);
    list.finish();
  }

  OutputFile file_;
  RunHeader header_;
  SpooledText matrices_, records_, layers_;
};

}  // namespace

std::unique_ptr<ResultSink> make_json_writer(const std::string& path, const RunHeader& header) {
  return std::make_unique<JsonWriter>(path, header);
}

}  // namespace tristab
