#include "tristab/sweep/layer_field.h"

#include <array>
#include <cmath>

#include "tristab/base/json_text.h"

namespace tristab {
namespace {

constexpr std::array<LayerPart, 4> layer_part_table{{
    {"w", &LayerError::w, "||W computed - W||_F / ||W||_F, W = T diag(beta) K decayed, over all chunks"},
    {"u", &LayerError::u, "||U computed - U||_F / ||U||_F, U = T diag(beta) V, over all chunks"},
    {"o", &LayerError::o, "||O computed - O||_F / ||O||_F, O the outputs of the recurrence, over the whole sequence"},
    {"state", &LayerError::state, "||S computed - S||_F / ||S||_F, S the state of the recurrence at the end"},
}};

Cell by_chunk_cell(const LayerResult&, const LayerRecord& record) {
  JsonArray chunks;
  for (const int count : record.errors.chunks) append_json_integer(chunks.begin(), count);
  JsonObject object;
  object.raw("chunks", chunks.str());
  for (const LayerPart& part : layer_part_table) {
    JsonArray values;
    for (const LayerError& error : record.errors.by_chunk) append_json_number(values.begin(), error.*part.value);
    object.raw(part.name, values.str());
  }
  return OwnJsonText{object.str()};
}

// Why a number is null, by field.
Cell reasons_cell(const LayerResult& sequence, const LayerRecord& record) {
  const bool required = sequence.input.scenario->requirement.is_about_layers();
  JsonObject reasons;
  for (const LayerField& field : layer_fields()) {
    if (!field.is_number() || !field.explained || std::isfinite(field.number(sequence, record))) continue;
    const bool lacks_answer = field.formula != nullptr && record.status == Status::failed;
    reasons.text(field.name, field.name == "requirement_share" && !required ? "the requirement is about matrices"
                             : lacks_answer                                 ? "no answer"
                                                                            : "not finite, or 0/0");
  }
  return OwnJsonText{reasons.str()};
}

}  // namespace

std::span<const LayerPart> layer_parts() { return layer_part_table; }

std::span<const LayerField> layer_fields() {
  static const std::vector<LayerField> fields = [] {
    using Kind = Field::Kind;
    std::vector<LayerField> all;
    const auto add = [&](const char* name, Kind kind, auto cell) -> LayerField& {
      return all.emplace_back(LayerField{.name = name, .kind = kind, .cell = cell});
    };
    const auto add_nullable = [&](const char* name, Kind kind, auto cell) -> LayerField& {
      LayerField& field = add(name, kind, cell);
      field.nullable = true;
      return field;
    };
    const auto add_word = [&](const char* name, const auto& names, auto word) {
      LayerField& field = add_nullable(name, Kind::text,
                                       [word](auto&, auto& r) { return r.*word ? Cell(name_of(*(r.*word))) : Cell(); });
      field.choices.assign(names.begin(), names.end() - 1);  // no layer is trivial, which is the last
    };
    // `at` returns a pointer to the number. Without an answer there are only those of the layer with the exact T.
    const auto add_number = [&](const char* name, const char* formula, auto at) -> LayerField& {
      const auto number = [at, formula](const LayerResult& sequence, const LayerRecord& record) {
        return formula != nullptr && record.status == Status::failed ? nan : *at(sequence, record);
      };
      LayerField& field = add_nullable(name, Kind::real, number);
      field.number = number;
      field.place = at;
      field.formula = formula;
      return field;
    };
    add("sequence", Kind::text, [](auto& l, auto&) -> Cell { return l.id; });
    add("scenario", Kind::text, [](auto& l, auto&) -> Cell { return l.input.scenario->name; }).in_scenarios_only = true;
    for (const auto& field : input_fields())
      add(field.name, field.kind, [&field](auto& l, auto&) { return field.cell(l.input); }).nullable = field.nullable;
    add_nullable("source", Kind::object, [](auto& l, auto&) -> Cell { return JsonText{l.source.text()}; });
    add("trial", Kind::integer, [](auto& l, auto&) -> Cell { return std::int64_t{l.trial}; });
    add("tokens", Kind::integer, [](auto& l, auto&) -> Cell { return std::int64_t{l.tokens}; });
    for (const auto& field : setting_fields())
      add(field.name, field.kind, [&field](auto&, auto& r) { return field.cell(r.setting); }).nullable = field.nullable;
    add("layer_arithmetic", Kind::text, [](auto& l, auto& r) -> Cell { return l.arithmetic_of(r.setting).name; });
    add("status", Kind::text, [](auto&, auto& r) -> Cell {
      return std::string_view(status_name(r.status));
    }).choices = {status_name(Status::ok), status_name(Status::nonfinite), status_name(Status::failed)};
    add_nullable("message", Kind::text, [](auto&, auto& r) { return r.message.empty() ? Cell() : Cell(r.message); });
    add_word("for_layer", for_format_names, &LayerRecord::for_layer);
    add_word("fit", fit_names, &LayerRecord::fit);
    for (const LayerPart& part : layer_part_table)
      add_number(part.name, part.formula, [value = part.value](auto&, auto& r) { return &(r.errors.whole.*value); });
    add("by_chunk", Kind::object, by_chunk_cell);
    add_number("o_exact_t", nullptr, [](auto&, auto& r) { return &r.exact_t.o; });
    add_number("state_exact_t", nullptr, [](auto&, auto& r) { return &r.exact_t.state; });
    add_number("exact_t_ratio",
               "error over that of the same layer with the exact T, of the outputs or the state, whichever is larger; "
               "1: the inverse adds nothing (for_layer: normal up to 2, high up to 20, excessive)",
               [](auto&, auto& r) { return &r.exact_t_ratio; })
        .infinite_if_lost = true;
    add_number("requirement_share", "error / what the requirement allows; up to 1 is fit", [](auto&, auto& r) {
      return &r.requirement_share;
    }).infinite_if_lost = true;
    LayerField& largest =
        add_number("state_max", "the largest |S_ij| after a chunk; infinite if the layer is not finite",
                   [](auto&, auto& r) { return &r.errors.state_max; });
    largest.infinite_if_lost = true;
    largest.explained = false;
    LayerField& exact = add_number("state_max_exact", nullptr, [](auto& l, auto&) { return &l.state_max; });
    exact.nullable = exact.explained = false;
    add_nullable("first_nonfinite_chunk", Kind::integer, [](auto&, auto& r) {
      return r.errors.first_nonfinite_chunk ? Cell(std::int64_t{*r.errors.first_nonfinite_chunk}) : Cell();
    });
    add("undefined", Kind::object, reasons_cell);
    return all;
  }();
  return fields;
}

}  // namespace tristab
