// What two results say about themselves in different words: the tool that made them, and their configurations.
#pragma once

#include <string>
#include <vector>

#include "tristab/report/object_stream.h"

namespace tristab {

struct HeadChange {
  std::string what;           // "tool.version", "trials", "methods mxr: block"
  std::string before, after;  // "" where there is none
};

// Times, hosts and numbers of threads are no differences.
std::vector<HeadChange> head_changes(const ResultHead& before, const ResultHead& after);

// "seed 1 -> 2", "methods: mbh added"
std::string change_text(const HeadChange& change);

}  // namespace tristab
