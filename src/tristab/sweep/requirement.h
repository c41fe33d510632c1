// What a result must meet to be of use, whatever the format that it was computed in: `--require`.
//   Nx-FORMAT       finite, and a total error of at most N times that of the exact inverse stored in FORMAT: 4x-bf16
//   fla:RATIO       finite, and RMS(E) / (RMS(X) + 1e-8) below RATIO (flash-linear-attention, assert_close)
//   NUMBER<=LIMIT, NUMBER>=LIMIT   finite, and a number of the record: total_frobenius<=1e-3
//   KERNEL          finite, and a total error of at most twice the worst one of this recipe on the same family and size
//   layer.NUMBER<=LIMIT         the same for a number of the layer: layer.o<=1e-2 (sweep/quantity.h)
// Several with commas between them must all be met. Errors are those against the inverse of A as given. For layers, in
// place of the total error, the errors of the outputs and of the final state count: at most N times those of the layer
// in the arithmetic FORMAT with the exact inverse, RATIO, at most twice those of the layer with KERNEL. A bound on a
// number of a record says nothing of layers, and the other way round.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/format/format.h"
#include "tristab/layer/layer_arithmetic.h"
#include "tristab/layer/layer_errors.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

struct Field;
struct LayerQuantity;
struct LayerRecord;
struct LayerResult;
struct MatrixResult;
struct Record;

// What a layer is measured against.
struct LayerYardstick {
  std::function<LayerError(const LayerArithmetic&)> exact_t;  // errors of the layer in it with the exact inverse
  double rms_o = 0, rms_state = 0;                            // of the exact outputs, and of the exact final state
  LayerError recipe;                                          // the worst errors of Requirement::recipe()
};

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

  bool is_about_matrices() const;
  bool is_about_layers() const;
  // No part is about another number of a matrix than its total error.
  bool needs_only_total_error() const;
  bool bounds_layers() const;  // a part bounds a number of a layer

  // How much of what is allowed a finite result takes: 1 is the limit, less is fit; NaN where a number has no value
  // (then it is not fit). The largest of all parts. `stored_error` gives the relative error of the exact inverse of A
  // as given after rounding to a format; `rms` is RMS(X), `recipe_error` the worst total error of recipe().
  double share(const MatrixResult& matrix, const Record& record,
               const std::function<double(const Format&)>& stored_error, double rms, double recipe_error) const;
  // The same of a layer that is finite.
  double layer_share(const LayerResult& sequence, const LayerRecord& record, const LayerYardstick& yardstick) const;

 private:
  struct Part {
    enum class Kind { stored, fla, at_most, at_least, recipe };
    Kind kind = Kind::stored;
    double limit = 0;  // a factor for `stored`
    Format format;
    LayerArithmetic layer_arithmetic;  // of that format
    const Field* field = nullptr;      // of a bound, or else
    const LayerQuantity* quantity = nullptr;
  };
  Part read_part(const std::string& given, std::string_view place);

  std::string text_;
  std::shared_ptr<const Recipe> recipe_;
  std::vector<Part> parts_;
};

}  // namespace tristab
