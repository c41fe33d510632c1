#include <fmt/format.h>

#include "tristab/base/json_text.h"
#include "tristab/report/check_text.h"
#include "tristab/report/replaced.h"
#include "tristab/report/result_text.h"
#include "tristab/report/text_layout.h"

namespace tristab {
namespace {

std::string bits_json(const BitDifferences& bits) {
  JsonArray blocks;
  for (const auto& [place, count] : bits.blocks) {
    JsonObject block;
    blocks.raw(block.integer("row", place.first).integer("column", place.second).integer("differing", count).str());
  }
  JsonObject object;
  object.integer("elements", bits.elements).integer("differing", bits.differing).number("ulps", bits.ulps);
  object.integer("matrices", bits.pieces).integer("differing_matrices", bits.differing_pieces);
  return object.integer("signs_of_zero", bits.signs_of_zero).raw("blocks", blocks.str()).str();
}

std::string patterns_json(const std::vector<Pattern>& patterns) {
  JsonArray array;
  for (const Pattern& pattern : patterns) {
    JsonObject object;
    array.raw(object.text("name", pattern.name).text("what", pattern.what).text("where", pattern.where).str());
  }
  return array.str();
}

std::string part_json(const PartCheck& part) {
  JsonObject object, worst;
  object.text("part", name_of(part.part)).text("format", part.format).text("verdict", name_of(part.verdict));
  object.raw("bits", bits_json(part.bits)).number("spread_ratio", part.spread_ratio);
  object.text("spread_place", part.spread_place).integer("wrong_matrices", part.wrong_pieces);
  object.integer("matrices", part.pieces).integer("matrices_without_answer", part.lost_pieces);
  object.raw("patterns", patterns_json(part.patterns)).number("error", part.error);
  object.number("recipe_error", part.recipe_error).integer("nonfinite", part.nonfinite);
  worst.text("matrix", part.worst_piece).integer("row", part.row).integer("column", part.column);
  worst.number("found", part.found).number("exact", part.expected).number("error", part.largest_error);
  return object.raw("worst_element", worst.str()).str();
}

std::string search_json(const CheckReport& report) {
  JsonArray found;
  for (const FoundVariant& variant : report.search->found) {
    JsonArray edits;
    for (const std::string& edit : variant.edits) edits.raw(json_string(edit));
    JsonObject object;
    object.text("recipe", variant.recipe.label).raw("edits", edits.str());
    found.raw(object.integer("differing", variant.differing).flag("benign", variant.benign).str());
  }
  JsonObject object;
  object.text("of", name_of(report.search_of))
      .integer("tried", report.search->tried)
      .flag("equal", report.search->equal());
  return object.raw("found", found.str()).str();
}

std::string layer_json(const CheckReport& report) {
  JsonObject object;
  const char* const names[] = {"given", "recipe", "exact"};
  for (std::size_t k = 0; k < 3; ++k) {
    const LayerError& error = (*report.layer)[k];
    JsonObject errors;
    object.raw(names[k], errors.number("o", error.o).number("state", error.state).str());
  }
  return object.str();
}

// XML 1.0 has no way to write control characters, which become '?', nor U+FFFE and U+FFFF, which become U+FFFD like
// bytes that are not UTF-8.
std::string xml_text(std::string_view text) {
  return replaced(in_one_line(valid_utf8(text)), {{"\xef\xbf\xbe", "\xef\xbf\xbd"},
                                                  {"\xef\xbf\xbf", "\xef\xbf\xbd"},
                                                  {"&", "&amp;"},
                                                  {"<", "&lt;"},
                                                  {">", "&gt;"},
                                                  {"\"", "&quot;"}});
}

// Workflow commands end at a line's end and their properties at ',' and ':'.
std::string annotation_text(std::string_view text) {
  return replaced(without_controls(text), {{"%", "%25"}, {"\n", "%0A"}});
}
std::string annotation_property(std::string_view text) {
  return replaced(annotation_text(text), {{":", "%3A"}, {",", "%2C"}});
}

std::string junit_suite(const std::string& output, std::size_t tests, int failures, int errors,
                        const std::string& cases) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"tristab check {}\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\">\n{}</testsuite>\n</testsuites>\n",
      xml_text(output), tests, failures, errors, cases);
}

}  // namespace

std::string check_json(const CheckReport& report) {
  JsonObject object;
  object.text("schema", "tristab-check/1")
      .text("input", report.request.input)
      .text("output", report.request.shown_output);
  object.flag("passed", report.passed()).text("verdict", name_of(report.verdict));
  object.text("recipe", report.against.label).flag("declared", report.declared);
  object.integer("n", report.request.n).integer("matrices", report.matrices);
  JsonArray items, parts, again, records, references;
  for (const CheckItem& item : report.items) {
    JsonObject one;
    items.raw(one.text("part", item.part)
                  .text("what", item.what)
                  .text("outcome", name_of(item.outcome))
                  .text("text", item.text)
                  .str());
  }
  for (const PartCheck& part : report.parts) parts.raw(part_json(part));
  object.raw("items", items.str()).raw("parts", parts.str());
  if (!report.second_run.empty()) {
    for (const SecondRun& run : report.second_run) {
      JsonObject one;
      one.text("part", name_of(run.part)).raw("bits", bits_json(run.differences));
      again.raw(one.raw("patterns", patterns_json(run.patterns)).str());
    }
    object.raw("again", again.str());
  }
  if (report.search) object.raw("search", search_json(report));
  for (std::size_t k = 0; k < report.records.size(); ++k) {
    const Record& record = report.records[k];
    JsonObject one;
    one.text("matrix", report.record_places[k]).text("id", record.id).text("status", status_name(record.status));
    if (record.for_format) one.text("for_format_of_recipe", std::string(name_of(*record.for_format)));
    if (record.fit) one.text("fit", std::string(name_of(*record.fit)));
    one.number("total_frobenius", record.total_frobenius.value);
    JsonObject numbers;
    for (const MetricInfo& info : metrics()) numbers.number(info.name, record.metrics[info.metric]);
    records.raw(one.raw("metrics", numbers.str()).str());
  }
  if (!report.records.empty()) object.raw("records", records.str()).integer("worst", static_cast<int>(report.worst));
  JsonArray found;
  for (const GateFinding& each : report.gates) {
    JsonObject one;
    one.text("part", name_of(each.part)).text("gate", each.gate.label).flag("passes", each.result.passes);
    one.number("share", each.result.share).number("value", each.result.value).number("limit", each.result.limit);
    found.raw(one.flag("required", each.required).text("text", each.result.text).str());
  }
  object.raw("gates", found.str());
  if (report.layer) object.raw("layer", layer_json(report));
  for (const CheckReport::ReferenceError& each : report.reference) {
    JsonObject one;
    references.raw(
        one.text("part", name_of(each.part)).number("error", each.error).number("largest", each.largest).str());
  }
  if (!report.reference.empty()) object.raw("reference", references.str());
  return object.str() + "\n";
}

std::string check_junit(const CheckReport& report) {
  int failures = 0;
  std::string cases;
  for (const CheckItem& item : report.items) {
    cases += fmt::format("  <testcase classname=\"tristab.check\" name=\"{}\">", xml_text(item.name()));
    if (item.outcome == CheckItem::Outcome::failed) {
      ++failures;
      cases += fmt::format("<failure message=\"{}\"/>", xml_text(item.text));
    } else {
      cases += fmt::format("<system-out>{}</system-out>", xml_text(item.text));
    }
    cases += "</testcase>\n";
  }
  return junit_suite(report.request.shown_output, report.items.size(), failures, 0, cases);
}

std::string check_junit_error(const std::string& output, const std::string& message) {
  return junit_suite(output, 1, 0, 1,
                     fmt::format("  <testcase classname=\"tristab.check\" name=\"an output that can be judged\">"
                                 "<error message=\"{}\"/></testcase>\n",
                                 xml_text(message)));
}

std::string check_annotations(const CheckReport& report) {
  std::string text;
  for (const CheckItem& item : report.items) {
    if (item.outcome != CheckItem::Outcome::failed) continue;
    text += fmt::format("::error title={}::{}\n", annotation_property("tristab check: " + item.name()),
                        annotation_text(item.text));
  }
  if (text.empty())
    text = fmt::format("::notice title=tristab check::{}\n",
                       annotation_text(fmt::format("{}: passed", report.request.shown_output)));
  return text;
}

}  // namespace tristab
