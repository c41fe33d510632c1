// Results that are read back from the lines that were written of them (result_text.h), so that a run goes on where
// another stopped, and shards become one result. What is read back gives the same lines, and the same numbers in
// summaries, classes and expectations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tristab/report/result_lines.h"
#include "tristab/sweep/run.h"

namespace tristab {

// The text of a unit: the line of its matrix and those of its records, or the lines of its sequence; with or without
// `type`. Both throw InputError that begins with `place` if the lines are not those of this unit of the plan.
MatrixResult matrix_of(const Plan& plan, const Unit& unit, const std::string& text, const std::string& place);
LayerResult sequence_of(const Plan& plan, const Unit& unit, const std::string& text, const std::string& place);

// The units of one file, in their order. `place` names the file in messages.
class UnitLines {
 public:
  explicit UnitLines(const std::string& path) : UnitLines(path, path) {}
  UnitLines(const std::string& path, const std::string& place)
      : place_(place), matrices_(path, "matrix"), records_(path, "record"), layers_(path, "layer") {}
  // Throws InputError if the file has not all lines of the unit.
  std::string next(const Plan& plan, const Unit& unit);
  // Whether the file has lines beyond those that were asked for.
  bool has_more();
  // Closes the file until the next unit is asked for.
  void release() {
    for (SectionLines* const lines : {&matrices_, &records_, &layers_}) lines->release();
  }

 private:
  std::string place_;
  SectionLines matrices_, records_, layers_;
};

// Throws InputError if the file has other matrices, sequences or cases than these units: an input or a kernel has
// changed since. The numbers are not read.
void check_ids(const Plan& plan, const std::vector<Unit>& units, const std::string& path);

// The first so many units of a run, in one file, which `place` names in messages.
class KeptUnits : public KeptResults {
 public:
  KeptUnits(const Plan& plan, const std::string& path, const std::string& place, std::size_t count)
      : plan_(plan), place_(place), count_(count), left_(count), lines_(path, place) {}
  std::size_t count() const override { return count_; }
  std::optional<std::string> next(const Unit& unit) override {
    if (left_ == 0) return std::nullopt;
    --left_;
    return lines_.next(plan_, unit);
  }
  MatrixResult matrix(const Plan& plan, const Unit& unit, const std::string& text) const override {
    return matrix_of(plan, unit, text, place_);
  }
  LayerResult sequence(const Plan& plan, const Unit& unit, const std::string& text) const override {
    return sequence_of(plan, unit, text, place_);
  }

 private:
  const Plan& plan_;
  std::string place_;
  std::size_t count_, left_;
  UnitLines lines_;
};

}  // namespace tristab
