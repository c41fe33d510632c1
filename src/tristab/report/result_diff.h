// The difference of two results. Results are exact, so there is no noise band: any difference of any field counts.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tristab/report/compared_result.h"
#include "tristab/report/head_changes.h"

namespace tristab {

// By which records of two results are the same case: their ids; input, setting, size and trial by their labels; or the
// ids first, and the labels for those that are left.
enum class MatchBy { both, id, setting };
MatchBy match_of(std::string_view name);  // "id", "setting"; "": both

struct DiffCounts {
  int equal = 0, changed = 0, missing = 0, added = 0;
  int by_id = 0, by_setting = 0;  // of those that both have

  int both() const { return equal + changed; }
  bool all_equal() const { return changed + missing + added == 0; }
};

// A word about cases that is another one: their status, or a verdict.
struct WordChange {
  std::string field, before, after;                     // "none" where it is null
  auto operator<=>(const WordChange&) const = default;  // NOLINT(modernize-use-nullptr): no pointer

  bool is_status() const { return field == "status"; }
  bool is_worse() const;
};

// A setting on an input at one size: a group of OLD, of NEW, or of both.
struct GroupChange {
  bool layers = false;
  const CaseGroup *before = nullptr, *after = nullptr;  // null: that result lacks it
  DiffCounts cases;
  std::map<std::string, int> fields;  // the fields that changed, and in how many cases
  std::map<WordChange, int> words;    // in how many cases
  // Of the fields that the groups collect; of a missing group with the count 0.
  std::vector<Distribution> old_numbers, new_numbers;

  bool changed() const { return cases.changed > 0; }
};

// Fields that the records of only one of two results have. They are not compared.
struct OneSidedField {
  int only_before = 0, only_after = 0;  // records
};

struct ResultDiff {
  const ComparedResult *before = nullptr, *after = nullptr;
  std::vector<HeadChange> head;
  std::map<std::string, OneSidedField> one_sided;
  DiffCounts records, layers;
  std::vector<GroupChange> groups;  // the most important change first: statuses, verdicts, then the size of the change

  bool is_equal() const { return records.all_equal() && layers.all_equal() && one_sided.empty(); }
  const CaseGroups& old_groups(bool layers_) const { return before->section(layers_).groups; }
  const CaseGroups& new_groups(bool layers_) const { return after->section(layers_).groups; }
  const CaseInput& input_of(const GroupChange& group) const;
  const CaseSetting& setting_of(const GroupChange& group) const;
  int size_of(const GroupChange& group) const { return (group.after ? group.after : group.before)->n; }
};

// Sees each case that changed ("changed", with [old, new] of each field that differs), that only OLD has ("missing")
// and that only NEW has ("new").
using CaseVisitor = std::function<void(const char* kind, bool layer, const std::string& id, const Json& fields)>;

// Layers are compared where both have them. The results must outlive the difference.
ResultDiff result_diff(const ComparedResult& before, const ComparedResult& after, MatchBy by,
                       const CaseVisitor& visit = {});

// after / before; 1 where both are 0 or infinite alike, infinite from 0 and to infinity; NaN if either is NaN.
double ratio_of(double before, double after);
// How much the worst and the median of the collected field at this position changed, whichever more: in decades, of
// either direction. 0 where only one result has the group.
double change_size(const ResultDiff& diff, const GroupChange& group, std::size_t field);

// The same as the ratio, but of decibels the difference.
double change_of(double before, double after, const NumberInfo& info);

}  // namespace tristab
