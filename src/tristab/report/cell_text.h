// Values of fields as JSON and as comma-separated values (RFC 4180).
#pragma once

#include <string>
#include <vector>

#include "tristab/sweep/field.h"

namespace tristab {

// In quotes where RFC 4180 says so.
std::string quoted_csv(const std::string& text);

// 8, 1.0, fp16; "" for nothing and for numbers that are not finite.
std::string cell_csv(const Cell& cell);

// What a CSV field holds where a column of that kind has no value: "none" for texts and "NaN" for real numbers, so that
// readers that take types from the first rows find them even where those have no value (polars takes a column of empty
// fields for texts; its reals: https://github.com/pola-rs/polars, crates/polars-io/src/csv/read/schema_inference.rs);
// empty for all others.
const char* absent_csv(Field::Kind kind);

// As JSON: null, 8, 4.6e-04, "fp16", {...}.
std::string cell_json(const Cell& cell);

}  // namespace tristab
