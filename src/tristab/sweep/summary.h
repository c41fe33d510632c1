// Statistics over the trials, for every setting on every input.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "tristab/sweep/plan.h"
#include "tristab/sweep/trial_statistics.h"

namespace tristab {

// All trials of one setting on one input.
struct SummaryRow : TrialCounts {
  Input input;
  Setting setting;                          // as configured
  std::vector<double> counts;               // in the order of counted_fields(); NaN: no trial has one
  std::vector<Distribution> distributions;  // in the order of distributed_fields()

  double count(std::string_view field) const;
  const Distribution& distribution(std::string_view field) const;
};

// The rows of a summary in their order. There may be as many as records, so they are kept on disk and read one by one.
// Copies share them.
class Summary {
 public:
  class Iterator {
   public:
    using value_type = SummaryRow;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const Summary& summary, std::size_t at) : summary_(&summary), at_(at) {}
    SummaryRow operator*() const { return (*summary_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return {*summary_, at_++}; }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const Summary* summary_ = nullptr;
    std::size_t at_ = 0;
  };

  void push_back(const SummaryRow& row);
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  SummaryRow operator[](std::size_t at) const;
  SummaryRow front() const { return (*this)[0]; }
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size_}; }

 private:
  std::shared_ptr<Spool> spool_ = std::make_shared<Spool>();
  std::size_t size_ = 0;
};

// Collects records in case order; of a finished group only the rows are kept. Values of many trials are kept on disk.
class SummaryBuilder {
 public:
  explicit SummaryBuilder(const Plan& plan);
  void add(const MatrixResult& result);
  Summary finish();  // in case order

 private:
  struct Cell {
    Setting setting;
    TrialStatistics statistics;
  };
  void close_group();

  const Plan& plan_;
  std::vector<const Field*> fields_;  // counted, then distributed
  Spool spool_;                       // of the current group
  std::size_t group_ = 0;
  std::vector<Cell> cells_;  // settings of the current group
  Summary rows_;
};

}  // namespace tristab
