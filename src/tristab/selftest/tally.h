// The counts of a check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace tristab::selftest {

class Tally {
 public:
  // `cases` more cases were compared.
  void count(std::int64_t cases) { cases_ += cases; }

  // One case differed. `text` gives operands, result and expectation in hexadecimal; it is called only if the text will
  // be kept.
  template <class Text>
  void mismatch(const Text& text) {
    ++mismatches_;
    if (item_ >= first_item_) return;
    first_item_ = item_;
    first_ = text();
  }

  // Work is divided into items. The first mismatch is that of the lowest item, independently of the threads.
  void start_item(std::size_t item) { item_ = item; }
  void merge(const Tally& other) {
    cases_ += other.cases_;
    mismatches_ += other.mismatches_;
    if (other.first_item_ >= first_item_) return;
    first_item_ = other.first_item_;
    first_ = other.first_;
  }

  std::int64_t cases() const { return cases_; }
  std::int64_t mismatches() const { return mismatches_; }
  const std::string& first() const { return first_; }  // "" if nothing differed

 private:
  std::int64_t cases_ = 0, mismatches_ = 0;
  std::size_t item_ = 0, first_item_ = std::numeric_limits<std::size_t>::max();
  std::string first_;
};

}  // namespace tristab::selftest
