// What is to blame for the error of a case, and what would change it, in words.
#pragma once

#include <string>

namespace tristab {

struct Inspection;

// fine: the case meets its requirement.
enum class Blame { fine, formation, truncation, rounding, output, overflow };
const std::string& name_of(Blame blame);

struct Diagnosis {
  Blame blame = Blame::fine;
  std::string why;     // a sentence
  std::string change;  // a sentence; "" if nothing has to change, or if nothing that was tried helps
};

// Of an inspection that has everything else. Every change that it names was tried: with it the case meets its
// requirement.
Diagnosis diagnose(const Inspection& inspection);

}  // namespace tristab
