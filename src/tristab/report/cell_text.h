// Values of fields as JSON and as comma-separated values (RFC 4180).
#pragma once

#include <string>
#include <string_view>

#include "tristab/sweep/field.h"

namespace tristab {

// The text, in quotes if RFC 4180 requires them.
std::string quoted_csv(std::string_view text);

// The CSV field of a missing value: "none" in columns of texts, "NaN" in columns of real numbers, empty in all
// others. Readers that infer types from the first rows then find the right types even if these rows have no value.
// (polars takes a column of empty fields for texts; how it recognises reals: https://github.com/pola-rs/polars,
// crates/polars-io/src/csv/read/schema_inference.rs.)
const char* absent_csv(Field::Kind kind);

// 8, 1.0, fp16; absent_csv() for null and for numbers that are not finite.
void append_csv(std::string& csv, const Cell& cell, Field::Kind kind);

// As JSON: null, 8, 4.6e-04, "fp16", {...}.
void append_json(std::string& json, const Cell& cell);

}  // namespace tristab
