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

// Of an inspection that has everything else. Every format and method that it advises was tried: with it the case meets
// its requirement. That A be formed more exactly, or a series have more terms, follows from the parts and is not tried.
Diagnosis diagnose(const Inspection& inspection);

}  // namespace tristab
