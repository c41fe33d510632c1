#include "tristab/report/html_report.h"

#include <string_view>

#include "tristab/base/embedded_file.h"
#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/json_member.h"
#include "tristab/report/html_data.h"
#include "tristab/report/page_template.h"

namespace tristab {

// page.html with {{title}}, {{style}}, {{script}} and {{data}}; its style; its scripts.
std::span<const EmbeddedFile> page_assets();

namespace {

// So much a browser can draw and search without delay: points of scatter plots of about 20 bytes each, and settings on
// inputs of about 400.
constexpr HtmlData::Limits limits{.cases = 200000, .groups = 50000};

// Every page has it, by page.html.
constexpr std::string_view title_end = " · tristab</title>";

}  // namespace

std::unique_ptr<OutputFile> open_page(const std::string& path, const std::string& option) {
  if (path != "-" && !is_written_through(path) && !path.ends_with(".html"))
    refuse(option, path, "a name that ends in .html, or - for standard output");
  return std::make_unique<OutputFile>(path, [](const std::filesystem::path& file) {
    constexpr std::size_t head = 1024;
    return beginning_of_file(file, head).find(title_end) == std::string::npos ? "a file that is no page of tristab"
                                                                              : "";
  });
}

ResultHead write_html_report(const std::string& results, OutputFile& output) {
  HtmlData data;
  ResultHead head = visit_result(results, {"matrices", "records", "layers", "classes", "expectations"},
                                 [&](const std::string& section, const Json& object, const std::string& place) {
                                   data.add(section, object, place);
                                 });
  const std::string name = text_or_empty(head.config, "name");
  write_page(page_assets(), name.empty() ? "result" : name, data.text(head, limits), output);
  return head;
}

}  // namespace tristab
