// The settings that a search chooses among: methods with their parameters, an arithmetic for each stage, the format of
// the result; and the recipes of shipped kernels. With what each costs on a machine.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "tristab/cost/cost.h"
#include "tristab/judge/variant.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

// One setting at one size.
struct Candidate {
  const MethodSpec* method = nullptr;
  StageArithmetics stages;  // of every stage that runs at this size, of "*" and of `output`
  TimeEstimate time;
  // What is compared: fewer edits, then the time, then the work and the chain behind it, where memory hides them.
  std::tuple<int, double, double> cost() const { return {edits, time.ns, time.throughput + time.latency}; }
  int edits = 0;       // of a recipe, if the space is that of its changes; cheaper ones first among equals
  std::string origin;  // the recipe that it is, or is made from; "": none

  const Arithmetic& input() const { return *stages.find("*")->second; }
  const Format& result_format() const;
  // "mxr:block=8 fp16-h200, merge: bf16-h200, output: bf16"; of a recipe its label.
  std::string label() const;
  // As a recipe of this name for chunks of n.
  Recipe recipe(const std::string& name, int n) const;
};

// What the space is made of.
struct SpaceRequest {
  int n = 64;
  const Hardware* hardware = nullptr;
  std::vector<MethodSpec> methods;         // with these parameters only; empty: all, with all their parameters
  std::string tuned;                       // one method with every value of its numbers; "": none
  std::vector<const HardwareUnit*> units;  // of products; the vector unit is always there
  std::vector<Format> outputs;             // that results may be stored in
  bool orders = false;                     // also parameters that only say in which order is summed
  bool recipes = true;                     // also the recipes that this machine can compute
  // Matrices A, n x n, from which integers take static scales, one a stage: the largest magnitude that any tensor of
  // the stage has on them, or that A has. Empty: each tensor has its own.
  std::vector<Matrix> calibration;
};

class SettingSpace {
 public:
  // Throws UsageError if nothing is left.
  explicit SettingSpace(const SpaceRequest& request);
  // The recipe; each single change of it, another method, one unit for all stages; pairs of single changes.
  SettingSpace(const SpaceRequest& request, const Recipe& recipe);

  const std::vector<Candidate>& candidates() const { return candidates_; }  // by cost, cheapest first
  std::int64_t duplicates() const { return duplicates_; }  // left out: they compute the same as another one

 private:
  // A method with what a run of it counts.
  struct Choice {
    MethodSpec spec;
    std::vector<std::string> stages;
    InversionCost cost;
    std::map<std::string, double> largest;  // of each stage, on the matrices of the calibration
  };
  // Null: it does not run on matrices alone.
  const Choice* choice_of(const MethodSpec& spec, const SpaceRequest& request);
  std::map<std::string, double> calibrated(const MethodSpec& spec, const std::vector<Matrix>& matrices);
  const Arithmetic* arithmetic_of(const HardwareUnit& unit, const Choice& choice, const std::string& stage);
  void add_method(const MethodSpec& spec, const SpaceRequest& request);
  void add_recipe(const Recipe& recipe, const SpaceRequest& request, int edits);
  void add(Candidate candidate, const Choice& choice, const std::vector<StageUnit>& units, const SpaceRequest& request);
  void sort();
  void prepare(const SpaceRequest& request);
  const Arithmetic* kept(const Arithmetic& arithmetic);

  int n_;
  std::vector<std::unique_ptr<Choice>> choices_;
  std::map<std::string, const Choice*> choice_index_;
  std::map<std::string, std::unique_ptr<Arithmetic>> arithmetics_;  // by identity
  std::vector<Candidate> candidates_;
  std::vector<const Arithmetic*> outputs_;
  std::map<const HardwareUnit*, const Arithmetic*> unit_arithmetics_;
  std::set<std::vector<const void*>> known_;
  std::int64_t duplicates_ = 0;
  Machines machines_;
  std::unique_ptr<TimeCorrection> correction_;
};

// Every setting of the method at size n: the product of the values of its parameters. Numbers take 1, 2, 3, 4, 5, 6, 8,
// 12, 16, 24, ... up to n (`every`: all of them up to 16), block sizes the powers of two below n. A nested method is
// each that can invert blocks. Left at their defaults: parameters that name a setting in another way, and, without
// `orders`, those that only say in which order something is summed.
std::vector<MethodSpec> settings_of(const Method& method, int n, bool orders, bool every);

}  // namespace tristab
