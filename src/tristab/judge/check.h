// check: what a kernel returned, judged. Same bits between runs; same bits as the recipe that it is said to be; which
// recipe else gives these bits; rounding or bug; numbers, gates and the requirement; what it does to the layer.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tristab/gate/gate.h"
#include "tristab/judge/bits.h"
#include "tristab/judge/checked_input.h"
#include "tristab/judge/pattern.h"
#include "tristab/judge/variant_search.h"
#include "tristab/sweep/record.h"

namespace tristab {

struct CheckRequest {
  const Source* source = nullptr;
  const FamilySpec* family = nullptr;
  int n = 0;
  std::string input, layer;           // as typed: the file or family, and the layer of OUTPUT's tensors
  std::string output, output_tensor;  // OUTPUT, --output-tensor
  std::string shown_output;           // as typed: the file, or the command that wrote it
  std::string again, reference;       // other files of the same; ""
  std::string prefix = "--";          // of the names of options, for messages
  std::optional<Recipe> kernel;       // what OUTPUT is said to be
  LayerArithmetic layer_arithmetic;   // where a recipe has none
  Requirement requirement;
  std::vector<GateSpec> gates;  // that must pass
  bool exact = false;           // every bit of the kernel is required
  std::int64_t search = 4000;   // variants that are tried at most; 0: no search
};

// (a) Two outputs of the same input.
struct SecondRun {
  OutputPart part{};
  BitDifferences differences;
  std::vector<Pattern> patterns;
};

// How the output stands to what roundings can do.
enum class CheckVerdict {
  equal,       // every bit is that of the recipe
  rounding,    // inside what the recipe's roundings can do on these inputs
  structural,  // outside
};
const char* name_of(CheckVerdict verdict);

// One quantity: T, w, u, o or the state.
struct PartCheck {
  OutputPart part{};
  std::string format;  // that the output is stored in
  std::int64_t pieces = 0;
  BitDifferences bits;  // against `CheckReport::against`
  CheckVerdict verdict = CheckVerdict::equal;
  double spread_ratio = 0;  // of what roundings allow: an element's, or a sum's
  std::string spread_place;
  int wrong_pieces = 0;
  int lost_pieces = 0;  // where the recipe itself has no finite answer, and nothing can be said
  std::vector<Pattern> patterns;
  double error = 0;          // ||x - X||_F / ||X||_F over all pieces; infinite if not finite
  double recipe_error = 0;   // the same of the recipe
  double largest_error = 0;  // |x - X| of an element
  std::string worst_piece;
  int row = 0, column = 0;
  double found = 0, expected = 0;  // of that element
  std::int64_t nonfinite = 0;
};

// What a gate says of one part, all matrices together, as the test of its owner would.
struct GateFinding {
  OutputPart part{};
  GateSpec gate;
  GateResult result;
  bool required = false;
};

// One thing that was looked at. Only what was asked for can fail.
struct CheckItem {
  enum class Outcome { passed, failed, told };
  std::string part;  // "T"
  std::string what;  // "same bits in a second run"
  std::string text;  // what was found
  Outcome outcome = Outcome::told;

  std::string name() const { return part + ": " + what; }
};
const char* name_of(CheckItem::Outcome outcome);

struct CheckReport {
  CheckRequest request;
  std::string output_text;  // its tensors
  int matrices = 0, units = 0;
  std::vector<SecondRun> second_run;
  Recipe against;           // the declared kernel, or the nearest recipe that was found
  bool declared = false;    // the first
  bool unlike_all = false;  // no kernel is declared, and none is near
  std::vector<PartCheck> parts;
  std::optional<VariantSearch> search;  // none: the declared bits were found, or no search was wanted
  OutputPart search_of{};
  CheckVerdict verdict = CheckVerdict::equal;

  std::vector<GateFinding> gates;  // every gate with its defaults, and those that were required
  std::vector<Record> records;     // of the inverses, each matrix
  std::vector<std::string> record_places;
  std::size_t worst = 0;  // of `records`: the largest total error
  int unfit = 0;
  // (f) errors of the layer with the kernel's T, with the recipe's and with the exact one: o, state.
  std::optional<std::array<LayerError, 3>> layer;
  struct ReferenceError {
    OutputPart part{};
    double error = 0, largest = 0;
  };
  std::vector<ReferenceError> reference;

  std::vector<CheckItem> items;  // in the order of the looking
  bool passed() const;
};

std::string text_of(
    const std::vector<Pattern>& patterns);         // "the merge of block (3,1) is missing in every matrix; ..."
std::string text_of(const VariantSearch& search);  // "fla-solve-tril:dot=tf32 (2100 variants tried)"

// Throws UsageError and InputError; Stopped if `stop` becomes true.
std::unique_ptr<CheckReport> check(const CheckRequest& request, const std::atomic<bool>& stop);

}  // namespace tristab
