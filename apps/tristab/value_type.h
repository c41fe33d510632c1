// What an option takes, read from its type name in the option table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tristab {

struct ValueType {
  enum class Kind {
    free,      // a number, a range, a name that only a file knows
    choice,    // one of `words`
    names,     // an entry of `vocabulary`, "mxr:block=8"; several with commas between them where `list`
    entry,     // an entry of the vocabulary that the word before names (tristab list KIND NAME)
    settings,  // key=value of the names given before
    file,      // a file, preferably with one of the extensions in `words`
    directory,
  };
  Kind kind = Kind::free;
  std::string shown;               // in helps: "FILE.npy", "LIST", "json|csv"
  std::vector<std::string> words;  // choices; extensions without the dot
  std::string vocabulary;
  bool list = false;
};

// Type names and what they stand for:
//   json|csv             one of these words
//   FILE.npy|npz, FILE   a file
//   DIR                  a directory
//   METHOD, METHODS      a method, methods with commas between them; so KERNEL(S), ARITHMETIC(S), FAMILY, FAMILIES,
//                        FORMATION, METRICS, OBJECTIVE
//   TABLE                a section of a result
//   ENTRY, SETTINGS      see ValueType::Kind
//   SIZES, HEADS         numbers with commas between them
// Any other type name (N, SEED) is shown as it is, and takes any value.
ValueType value_type_of(std::string_view type_name);

}  // namespace tristab
