// A test of a kernel, or a suite of them, as data: inputs, gates, the kernel, and what is expected of wrong kernels.
// configs/suites holds one file for each public test; its README describes the keys.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/embedded_file.h"
#include "tristab/judge/case_inputs.h"

namespace tristab {

// "identity-minus-a" passes 3 to 4 of the cases.
struct SuiteExpectation {
  std::string place;               // file and JSON path
  std::string mutant;              // name of a mutant or of a kind; "unmodified": the kernel itself
  std::vector<std::string> cases;  // empty: all
  int fewest = 0, most = 0;        // cases that it passes
  std::string why;
};

struct Suite {
  std::string name, summary, source, date;
  std::vector<std::string> notes;  // what differs from the owner's test
  std::vector<TestCase> cases;
  std::vector<SuiteExpectation> expectations;
  JsonValue given;  // the file, with what it extends filled in: itself a suite
};

Json suite_schema();  // configs/suite.schema.json

std::span<const EmbeddedFile> builtin_suites();
std::vector<std::string> suite_names();

// A name of configs/suites, or a file. Throws UsageError with file, JSON path, what was found, what is allowed and the
// nearest name; InputError if the file cannot be read.
Suite read_suite(const std::string& name);

// A case of this JSON, which has everything that a suite could say for it.
TestCase make_case(const Json& given, const std::string& place, const std::filesystem::path& directory);

// The gate that allows `factor` times as much, its numbers rounded to three digits.
GateSpec scaled_gate(const GateSpec& gate, const Format& format, double factor);

// The suite of this JSON, whose paths are relative to `directory`.
Suite make_suite(const Json& given, std::string_view place, const std::filesystem::path& directory);

}  // namespace tristab
