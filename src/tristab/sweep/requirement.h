// What a result must meet to be of use, whatever the format that it was computed in: `--require`.
//   Nx-FORMAT       finite, and a total error of at most N times that of the exact inverse stored in FORMAT: 4x-bf16
//   fla:RATIO       finite, and RMS(E) / (RMS(X) + 1e-8) below RATIO (flash-linear-attention, assert_close)
//   NUMBER<=LIMIT, NUMBER>=LIMIT   finite, and a number of the record: total_frobenius<=1e-3
//   KERNEL          finite, and a total error of at most twice the worst one of this recipe on the same family and size
// Several with commas between them must all be met. Errors are those against the inverse of A as given.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/format/format.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

struct Field;
struct MatrixResult;
struct Record;

class Requirement {
 public:
  // The default: in whole layers, errors of T up to about four times that of bf16 storage drown in the rounding of the
  // layer itself (results/README.md).
  static constexpr const char* default_text = "4x-bf16";

  Requirement() = default;  // nothing is required
  // Throws UsageError naming `place`, what was found and what is allowed.
  Requirement(const std::string& text, std::string_view place);

  const std::string& text() const { return text_; }
  // The recipe that results are measured against; null if no part names one. At most one does.
  const Recipe* recipe() const { return recipe_.get(); }

  // How much of what is allowed a finite result takes: 1 is the limit, less is fit; NaN where a number has no value
  // (then it is not fit). The largest of all parts. `stored_error` gives the relative error of the exact inverse of A
  // as given after rounding to a format; `rms` is RMS(X), `recipe_error` the worst total error of recipe().
  double share(const MatrixResult& matrix, const Record& record,
               const std::function<double(const Format&)>& stored_error, double rms, double recipe_error) const;

 private:
  struct Part {
    enum class Kind { stored, fla, at_most, at_least, recipe };
    Kind kind = Kind::stored;
    double limit = 0;  // a factor for `stored`
    Format format;
    const Field* field = nullptr;
  };
  Part read_part(const std::string& text, std::string_view place);

  std::string text_;
  std::shared_ptr<const Recipe> recipe_;
  std::vector<Part> parts_;
};

}  // namespace tristab
