// The inputs that a command or a function is given: opened, and their size settled.
#pragma once

#include <memory>
#include <optional>

#include "tristab/library/declared_setting.h"
#include "tristab/matrix/source.h"

namespace tristab {

struct CheckRequest;  // judge/check.h

struct OpenedInput {
  FamilySpec spec;
  std::unique_ptr<Source> source;
  int n = 0;
  int available = 0;  // matrices of size n
};

// `family`: the file, as a configuration names it. `chunk`: the size, 0 for that of its matrices; layers, which have
// none, then take `otherwise`, or are refused where that is 0. `name`: of the file, for messages; `place`: INPUT, or
// the argument. Throws UsageError if the file has no matrix of the size or the kernel does not take it; what opening
// throws.
OpenedInput open_chosen(const Json& family, std::int64_t chunk, int otherwise, const Recipe* kernel,
                        const std::string& name, const std::string& place, const Wording& wording);

// 64, or the largest size that the kernel takes.
int usual_chunk(const Recipe* kernel);

// Gates as somebody writes them, and what the option or argument is called; "": no gates.
struct GivenGates {
  std::string text;
  const char* name;
};

// Completes what check is asked by its input, and by a requirement and gates.
// Throws UsageError for these, and where the request is exact and names no kernel.
void complete(CheckRequest& request, const OpenedInput& input, const std::string& require, const GivenGates& gates,
              const Wording& wording);

}  // namespace tristab
