// The table of a layer's fields; each is described once. It determines the writer and the reader of layers, their part
// of the results schema, and the numbers of a layer that expectations and requirements can be about.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tristab/sweep/field.h"

namespace tristab {

// Relative errors of a layer.
struct LayerPart {
  const char* name;
  double LayerError::*value;
  const char* formula;
};
std::span<const LayerPart> layer_parts();  // w, u, o, state

struct LayerField {
  std::string name;
  Field::Kind kind = Field::Kind::text;
  bool nullable = false;
  bool in_scenarios_only = false;
  std::vector<std::string> choices = {};  // all values that a text can have; empty: any
  std::function<Cell(const LayerResult& sequence, const LayerRecord& record)> cell = nullptr;

  // Only numbers have these.
  std::function<double(const LayerResult& sequence, const LayerRecord& record)> number = nullptr;  // NaN: none
  std::function<double*(LayerResult& sequence, LayerRecord& record)> place = nullptr;              // for the reader
  const char* formula = nullptr;  // null: of the layer with the exact T, which expectations are not about
  bool infinite_if_lost = false;  // what it is to expectations where the layer is not finite; else NaN
  bool explained = true;          // `undefined` says why it is null

  bool is_number() const { return number != nullptr; }
};

// Every field of a layer, in its order.
std::span<const LayerField> layer_fields();

}  // namespace tristab
