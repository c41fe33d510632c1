// The error of work on several threads: that of the first item that fails, whatever thread comes to it when.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <limits>
#include <mutex>

namespace tristab {

// Each item is worked on as `if (!error.at_or_before(item)) try { ... } catch (...) { error.keep(item); }`, and
// rethrow() is called after the last one. Items after a failed one may be left out; those before it may not.
class FirstError {
 public:
  bool at_or_before(std::size_t item) const { return item_ <= item; }

  // The exception that is being handled.
  void keep(std::size_t item) {
    const std::lock_guard lock(mutex_);
    if (item >= item_) return;
    item_ = item;
    error_ = std::current_exception();
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::atomic<std::size_t> item_ = std::numeric_limits<std::size_t>::max();  // no item has failed
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace tristab
