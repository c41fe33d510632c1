// What a result must meet to be of use, whatever the format that it was computed in: `--require`.
//   Nx-FORMAT       finite, and a total error of at most N times that of the exact inverse stored in FORMAT: 4x-bf16.
//   An
//                   inverse that happens to have few digits asks for no more than u / 4 in every element below the
//                   diagonal
//   GATE            finite, and a gate (gate/gate.h) passes: fla:0.005, fa:2x, torch:rtol=1e-2:atol=1e-2, lapack:30
//   NUMBER<=LIMIT, NUMBER>=LIMIT   finite, and a number of the record: total_frobenius<=1e-3
//   KERNEL          finite, and a total error of at most twice the worst one of this recipe on the same family and size
//   layer.NUMBER<=LIMIT         the same for a number of the layer: layer.o<=1e-2 (sweep/quantity.h)
// Several with commas between them must all be met. Errors are those against the inverse of A as given. For layers, in
// place of the total error, the errors of the outputs and of the final state count: at most N times those of the layer
// in the arithmetic FORMAT with the exact inverse, at most twice those of the layer with KERNEL. A bound on a number of
// a record says nothing of layers, and the other way round.
//
// Gates judge X of one matrix, as the record has it, or all outputs of a sequence and its final state, of which the
// worse counts. Gates about residuals say nothing of layers. `verdict` takes the record's own bound_ratio, or
// exact_t_ratio: it passes where for_format, or for_layer, is normal.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/format/format.h"
#include "tristab/gate/gate.h"
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

// The share that a gate takes of a result.
using GateShare = std::function<double(const GateSpec&)>;

// The error that Nx-FORMAT takes N times: that of the exact inverse stored in the format, or u / 4 in every element
// below the diagonal. `strict_part`: ||stril X||_F / ||X||_F.
double stored_yardstick(double stored_error, const Format& format, double strict_part);

// What a matrix is measured against.
struct MatrixYardstick {
  // The stored_yardstick of a format.
  std::function<double(const Format&)> stored_error;
  GateShare gate;
  double recipe = 0;  // the worst total error of Requirement::recipe()
};

// What a layer is measured against.
struct LayerYardstick {
  std::function<LayerError(const LayerArithmetic&)> exact_t;  // errors of the layer in it with the exact inverse
  GateShare gate;
  LayerError recipe;  // the worst errors of Requirement::recipe()
};

class Requirement {
 public:
  // The default: in whole layers, errors of T up to about four times that of bf16 storage drown in the rounding of the
  // layer itself (results/README.md).
  static constexpr const char* default_text = "4x-bf16";

  Requirement() = default;  // nothing is required
  // The path of a recipe is relative to `directory`. Throws UsageError naming `place`, what was found and what is
  // allowed.
  Requirement(const std::string& text, std::string_view place, const std::filesystem::path& directory = "");

  const std::string& text() const { return text_; }
  // As results store it: the file of a recipe with a hash of what it says (hashed_path). With `from`, its path is
  // relative to that folder instead of the working directory.
  std::string stored_text(const std::filesystem::path& from = "") const;
  // The recipe that results are measured against; null if no part names one. At most one does.
  const Recipe* recipe() const { return recipe_.get(); }

  bool is_about_matrices() const;
  bool is_about_layers() const;
  // No part is about another number of a matrix than its total error.
  bool needs_only_total_error() const;
  bool bounds_layers() const;  // a part bounds a number of a layer
  bool gates_layers() const;   // a part is a gate that looks at outputs and states

  // How much of what is allowed a finite result takes: 1 is the limit, less is fit; NaN where a number has no value
  // (then it is not fit). The largest of all parts.
  double share(const MatrixResult& matrix, const Record& record, const MatrixYardstick& yardstick) const;
  // The same of a layer that is finite.
  double layer_share(const LayerResult& sequence, const LayerRecord& record, const LayerYardstick& yardstick) const;

 private:
  struct Part {
    enum class Kind { stored, gate, verdict, at_most, at_least, recipe };
    Kind kind = Kind::stored;
    double limit = 0;  // a factor for `stored`
    Format format;
    LayerArithmetic layer_arithmetic;  // of that format
    const Field* field = nullptr;      // of a bound, or else
    const LayerQuantity* quantity = nullptr;
    GateSpec gate;  // of `gate` and `verdict`
    bool says_of_matrices() const { return quantity == nullptr; }
    bool says_of_layers() const { return field == nullptr && !(kind == Kind::gate && gate.gate->needs_a); }
  };
  Part read_part(const std::string& given, std::string_view place, const std::filesystem::path& directory);

  std::string text_;
  std::string file_;  // the name of a recipe file in it; empty: none
  std::shared_ptr<const Recipe> recipe_;
  std::vector<Part> parts_;
};

}  // namespace tristab
