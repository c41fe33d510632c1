// Eigen's float product, compiled once for each SIMD level into its own shared object (peer.h loads it).
// Nothing but this function is visible: two levels' instances of one template must not be merged.
#include <Eigen/Core>

static_assert(Eigen::internal::packet_traits<float>::size == TRISTAB_EIGEN_LANES,
              "Eigen does not use the SIMD level that this peer is named after");

// C = A B, A rows x inner, B inner x columns, all row-major, without gaps, not overlapping.
extern "C" [[gnu::visibility("default")]] void tristab_eigen_product(int rows, int inner, int columns, const float* a,
                                                                     const float* b, float* c) {
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> left(a, rows, inner), right(b, inner, columns);
  Eigen::Map<RowMajor>(c, rows, columns).noalias() = left * right;
}
