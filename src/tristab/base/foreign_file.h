// Inputs in formats of other programs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tristab/base/errors.h"

namespace tristab {

// A file that is not read, and the lines that convert it: printed below the message, each to be pasted as it is.
class ForeignFile : public InputError {
 public:
  ForeignFile(const std::string& message, std::vector<std::string> conversion)
      : InputError(message), lines_(std::move(conversion)) {}
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

}  // namespace tristab
