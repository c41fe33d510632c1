// The elements of an engine on float or double carriers.
#pragma once

#include <memory>

#include "tristab/arithmetic/engine.h"

namespace tristab {

template <class Carrier>
class CarrierBuffer final : public Buffer {
 public:
  explicit CarrierBuffer(std::size_t elements) : elements_(new Carrier[elements]) { capacity = elements; }
  Carrier* elements() { return elements_.get(); }

 private:
  std::unique_ptr<Carrier[]> elements_;
};

// Row i of a block of the view; the view's buffer must be of this carrier.
template <class Carrier>
Carrier* row_of(const View& view, int block, int i) {
  return static_cast<CarrierBuffer<Carrier>*>(view.buffer)->elements() + view.offset + block * view.batch_stride +
         i * view.row_stride;
}

}  // namespace tristab
