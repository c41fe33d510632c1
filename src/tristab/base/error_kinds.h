// What ends a run: two kinds of errors, and a word from outside.
#pragma once

#include <stdexcept>

// Visible outside libtristab.so: what is thrown and what is called across its border.
#define TRISTAB_API __attribute__((visibility("default")))

namespace tristab {

// What was asked for is wrong, a command, an argument or a configuration: exit status 2.
class TRISTAB_API UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Reading or writing failed, or an input holds something forbidden (NaN included): exit status 3.
class TRISTAB_API InputError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Thrown if a run is stopped before it is done.
struct TRISTAB_API Stopped {};

}  // namespace tristab
