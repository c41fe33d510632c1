// What the elements of an array are, in files and in memory. Machines are little-endian.
#pragma once

namespace tristab {

enum class Dtype { f64, f32, f16, bf16, i64, i32, other };

constexpr bool is_floating(Dtype dtype) { return dtype <= Dtype::bf16; }

// Bytes of one element; 0 for `other`.
constexpr int size_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::f64:
    case Dtype::i64:
      return 8;
    case Dtype::f32:
    case Dtype::i32:
      return 4;
    case Dtype::f16:
    case Dtype::bf16:
      return 2;
    case Dtype::other:
      break;
  }
  return 0;
}

}  // namespace tristab
