// What is said about the difference of two results as a whole, above its tables.
#pragma once

#include <string>
#include <vector>

#include "tristab/report/result_diff.h"

namespace tristab {

// "r.json: tristab 0.1.0 (094f9786c059), 2026-11-29, 24 cases"
std::string result_words(const ComparedResult& result);

// Each a paragraph: what the results say about themselves, how many cases changed, in which fields, and which of
// `metrics` did not.
std::vector<std::string> diff_sentences(const ResultDiff& diff, const std::vector<const Field*>& metrics);

}  // namespace tristab
