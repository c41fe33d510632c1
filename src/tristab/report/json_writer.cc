// The result file as one JSON document, a line for each matrix, record and summary row. `run` is known only
// at the end and stands near the beginning, so everything is held until then.
#include "tristab/report/json_text.h"
#include "tristab/report/output_file.h"
#include "tristab/report/result_text.h"
#include "tristab/report/result_writer.h"
#include "tristab/report/tool_info.h"

namespace tristab {
namespace {

// Lines of objects as the elements of a list.
std::string list_of(const std::string& lines) {
  std::string list = "[\n";
  list.reserve(lines.size() + lines.size() / 64 + 8);
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin);
    list.append(lines, begin, end - begin);
    begin = end + 1;
    list += begin < lines.size() ? ",\n" : "\n";
  }
  return list + "]";
}

class JsonWriter : public ResultSink {
 public:
  JsonWriter(const std::string& path, const RunHeader& header)
      : file_(path, Appearance::when_complete), header_(header) {}

  RenderedMatrix render(const MatrixResult& result) const override {
    return {matrix_text(result, ""), records_text(result, "")};
  }

  void accept(const MatrixResult&, RenderedMatrix rendered) override {
    matrices_ += rendered.matrix;
    records_ += rendered.records;
  }

  std::string render_layer(const LayerResult& result) const override { return layers_text(result, ""); }
  void accept_layer(const LayerResult&, std::string rendered) override { layers_ += rendered; }

  void finish(const SweepReport& report) override {
    file_.write("{\n\"schema\": " + json_string(results_schema));
    file_.write(",\n\"tool\": " + tool_text());
    file_.write(",\n\"run\": " + run_text(header_, report));
    file_.write(",\n\"config\": " + json_text(header_.config));
    file_.write(",\n\"matrices\": " + list_of(matrices_));
    file_.write(",\n\"records\": " + list_of(records_));
    if (report.sequences > 0) file_.write(",\n\"layers\": " + list_of(layers_));
    file_.write(",\n\"summary\": " + list_of(summary_text(report.summary, "")));
    file_.write(",\n\"classes\": " + list_of(classes_text(report.classes, "")));
    if (!report.expectations.empty())
      file_.write(",\n\"expectations\": " + list_of(expectations_text(report.expectations, "")));
    file_.write("\n}\n");
    file_.commit();
  }

 private:
  OutputFile file_;
  RunHeader header_;
  std::string matrices_, records_, layers_;
};

}  // namespace

std::unique_ptr<ResultSink> make_json_writer(const std::string& path, const RunHeader& header) {
  return std::make_unique<JsonWriter>(path, header);
}

}  // namespace tristab
