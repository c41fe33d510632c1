#include "tristab/report/export_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/json_text.h"
#include "tristab/base/output_file.h"
#include "tristab/report/cell_text.h"

namespace tristab {
namespace {

constexpr char separator = '\x1f';  // no cell holds it: plain_text removes control characters

// Fields that name a row; they come before those with its numbers.
const std::vector<std::string>& naming_fields() {
  static const std::vector<std::string> names{"id",
                                              "case",
                                              "name",
                                              "sequence",
                                              "scenario",
                                              "family",
                                              "family_label",
                                              "n",
                                              "trial",
                                              "tokens",
                                              "method",
                                              "method_label",
                                              "kernel",
                                              "arithmetic",
                                              "arithmetic_label",
                                              "formation",
                                              "layer_arithmetic",
                                              "metric",
                                              "statistic",
                                              "at_least",
                                              "at_most",
                                              "equals",
                                              "found",
                                              "met",
                                              "class",
                                              "status",
                                              "trials"};
  return names;
}

std::string plain_text(const std::string& text) {
  std::string plain = text;
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c >= 0 && c < ' ' && c != '\n' && c != '\t'; }, ' ');
  return plain;
}

const char* absent_field(ExportTable::Kind kind) {
  switch (kind) {
    case ExportTable::Kind::text:
      return absent_csv(Field::Kind::text);
    case ExportTable::Kind::real:
      return absent_csv(Field::Kind::real);
    default:
      return absent_csv(Field::Kind::integer);
  }
}

}  // namespace

ExportTable::ExportTable(std::string section) : section_(std::move(section)) {}

std::size_t ExportTable::field_of(const std::string& name) {
  const auto [found, is_new] = field_at_.try_emplace(name, fields_.size());
  if (is_new) {
    Field field{name, Kind::none};
    if (section_ == "records") {
      if (const tristab::Field* known = find_field(name); known != nullptr) {
        constexpr Kind kinds[] = {Kind::text, Kind::integer, Kind::real, Kind::json, Kind::json};
        field.kind = kinds[static_cast<std::size_t>(known->kind)];
      }
    }
    fields_.push_back(std::move(field));
  }
  return found->second;
}

void ExportTable::add(const Json& object) {
  std::vector<std::string> cells(fields_.size());
  for (const auto& [name, value] : object.items()) {
    if (name == "type") continue;
    const std::size_t at = field_of(name);
    if (cells.size() <= at) cells.resize(at + 1);
    if (value.is_null()) continue;
    Kind& kind = fields_[at].kind;
    const Kind found = value.is_structured()       ? Kind::json
                       : value.is_boolean()        ? Kind::boolean
                       : value.is_number_integer() ? Kind::integer
                       : value.is_number()         ? Kind::real
                                                   : Kind::text;
    const bool numbers =
        (kind == Kind::integer || kind == Kind::real) && (found == Kind::integer || found == Kind::real);
    if (kind == Kind::none) {
      kind = found;
    } else if (numbers) {
      kind = std::max(kind, found);
    } else if (kind != found) {
      kind = kind == Kind::json || found == Kind::json ? Kind::json : Kind::text;
    }
    cells[at] = plain_text(value.is_string() ? value.get<std::string>() : json_text(value));
  }
  std::string row;
  for (const std::string& cell : cells) row.append(cell).push_back(separator);
  row.push_back(row_end);
  text_.append(row);
  ++rows_;
}

std::vector<std::size_t> ExportTable::written_order() const {
  std::vector<std::string> known;
  if (section_ == "records") {
    for (const tristab::Field& field : record_fields()) known.push_back(field.name());
  } else {
    known = naming_fields();
  }
  std::vector<std::size_t> order;
  for (const std::string& name : known) {
    const auto found = field_at_.find(name);
    if (found != field_at_.end()) order.push_back(found->second);
  }
  const std::set<std::size_t> named(order.begin(), order.end());
  for (std::size_t k = 0; k < fields_.size(); ++k) {
    if (!named.contains(k)) order.push_back(k);
  }
  // gnuplot miscounts the columns after a quoted quote.
  std::stable_partition(order.begin(), order.end(), [this](std::size_t k) {
    return fields_[k].kind != Kind::json && fields_[k].name != "message";
  });
  return order;
}

std::string ExportTable::csv_header(const std::vector<std::size_t>& order) const {
  std::string names;
  for (const std::size_t k : order) names += fmt::format("{}{}", names.empty() ? "" : ",", quoted_csv(fields_[k].name));
  return fmt::format("{}\n", names);
}

std::string ExportTable::beginning(ExportFormat format) const {
  const std::vector<std::size_t> order = written_order();
  return format == ExportFormat::csv ? csv_header(order)
                                     : fmt::format("{{{}: ", json_string(fields_[order.front()].name));
}

std::string ExportTable::line(ExportFormat format, const std::vector<std::size_t>& order,
                              const std::string& row) const {
  std::vector<std::string> cells;
  for (std::size_t start = 0; start < row.size();) {
    const std::size_t end = row.find(separator, start);
    cells.push_back(row.substr(start, end - start));
    start = end + 1;
  }
  cells.resize(fields_.size());
  std::string text;
  JsonObject object;
  for (const std::size_t k : order) {
    const Field& field = fields_[k];
    std::string& cell = cells[k];
    if (field.kind == Kind::real && !cell.empty()) cell = real_text(cell);
    if (format == ExportFormat::csv) {
      if (k != order.front()) text += ',';
      text += cell.empty() ? absent_field(field.kind) : quoted_csv(cell);
    } else if (cell.empty()) {
      object.raw(field.name, "null");
    } else if (field.kind == Kind::text || field.kind == Kind::json) {
      object.text(field.name, cell);
    } else {
      object.raw(field.name, cell);
    }
  }
  return fmt::format("{}\n", format == ExportFormat::csv ? text : object.str());
}

ResultHead export_table(const std::string& results, const std::string& section, ExportFormat format,
                        const std::string& output) {
  ExportTable table(section);
  ResultHead head = visit_result(
      results, {section}, [&](const std::string&, const Json& object, const std::string&) { table.add(object); });
  if (table.rows() == 0)
    refuse_input(results == "-" ? "standard input" : results, fmt::format("no {}", section), "a result that has them");
  OutputFile file(output, replaces_files_with(table.beginning(format)));
  table.write(format, [&](const std::string& line) { file.write(line); });
  file.commit();
  return head;
}

}  // namespace tristab
