// Reads a result, JSON or newline-delimited JSON, whole or in parts, as compare, diff, export, report and sweep do.
// Promises: a result does not differ from itself; a table of CSV has as many lines as objects were read.
#include <map>

#include "../../apps/tristab/configuration.h"
#include "target.h"
#include "tristab/base/json.h"
#include "tristab/report/compared_result.h"
#include "tristab/report/export_table.h"
#include "tristab/report/html_data.h"
#include "tristab/report/object_stream.h"
#include "tristab/report/ranking.h"
#include "tristab/report/result_diff.h"

namespace tristab::fuzz {
namespace {

void read_result(std::string_view input, const char* name) {
  const std::string path = file_with(input, name).string();
  attempt([&] {
    std::map<std::string, ExportTable> tables;
    for (const std::string& table : result_tables()) tables.try_emplace(table, table);
    visit_result(path, result_tables(), [&](const std::string& table, const Json& object, const std::string&) {
      tables.at(table).add(object);
    });
    for (const auto& [table, rows] : tables) {
      std::size_t lines = 0;
      rows.write(ExportFormat::ndjson, [&](const std::string&) { ++lines; });
      rows.write(ExportFormat::csv, [&](const std::string&) { ++lines; });
      require(lines == 2 * rows.rows() + 1, "a table has a line for each object");
    }
  });
  attempt([&] {
    CaseGroups groups(ranking_fields());
    const ResultHead head = visit_result(path, {"matrices", "records"},
                                         [&](const std::string& section, const Json& object, const std::string& place) {
                                           groups.add(section, object, place);
                                         });
    const std::vector<Ranking> rankings = rank_settings(groups, {}, requirements_of(head.config.json()));
    overall_text(rank_overall(rankings), rankings, 0);
  });
  attempt([&] {
    HtmlData data;
    std::vector<std::string> sections = result_sections();
    std::erase(sections, "summary");
    const ResultHead head =
        visit_result(path, sections, [&](const std::string& section, const Json& object, const std::string& place) {
          data.add(section, object, place);
        });
    data.text(head, {100, 100});
  });
  attempt([&] {
    const ComparedResult one(path, ranking_fields()), same(path, ranking_fields());
    require(result_diff(one, same, MatchBy::both).is_equal(), "a result does not differ from itself");
  });
  attempt([&] { read_config(path, {}); });
}

}  // namespace

const Target results{"results", [](std::string_view input) { read_result(input, "r.json"); }};
const Target ndjson{"ndjson", [](std::string_view input) { read_result(input, "r.ndjson"); }};

}  // namespace tristab::fuzz
