// Rounding or bug: whether an output lies inside what the roundings of a recipe can do on these inputs. The recipe's
// benign variants (variant.h) are run on the same inputs; an output is outside if, beside the recipe's own result R,
//   an element is further from R than three times the furthest variant of its tile, or
//   the sum of |x - R| over a tile, a row or a column of one position, over all matrices or in one, is more than three
//   times the largest of the variants,
// with room for one flipped rounding of the stored format and for |X| D |X|: D is u |I + A| of the sums' format and, if
// A is formed from keys, what the roundings of that may do. Above and on the diagonal of an inverse tiles are their
// own: there variants rarely differ at all.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tristab/format/format.h"
#include "tristab/judge/kernel_output.h"
#include "tristab/matrix/gated_product.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

// How far one matrix of a part may be, element by element, and how far it is.
struct PieceSpread {
  Matrix allowed;
  double ratio = 0;  // largest |x - R| / allowed; above 1 is outside; infinite if only one of the two is finite
  int row = 0, column = 0;
  std::vector<bool> wrong;  // by element, row after row: outside
  std::int64_t wrong_elements = 0;
  bool finite = true;  // R and all variants are
};

class SpreadTest {
 public:
  explicit SpreadTest(OutputPart part) : part_(part) {}

  // One matrix: the kernel's, the recipe's and the variants', stored in `format`; `floor`: room by element for what
  // variants did not try, may be empty; `name`: of the matrix, "head 0, chunk 2".
  PieceSpread add(const Matrix& found, const Matrix& recipe, const std::vector<Matrix>& variants, const Format& format,
                  const Matrix& floor, const std::string& name = "");

  // After all matrices: the largest ratio of sums, and what was summed: "tile (3,1) over all matrices".
  double pooled_ratio() const;
  std::string pooled_place() const;

 private:
  struct Sums {
    double found = 0, room = 0;
    std::vector<double> variants;
    double ratio() const;
  };
  void pool(const std::string& place, const Sums& sums);

  OutputPart part_;
  std::map<std::string, Sums> pools_;
  double single_ = 0;  // largest ratio inside one matrix
  std::string single_place_;
};

// |X| |D| |X|, X and D lower triangular, n x n: what a change D of X^-1 does to X, to first order.
Matrix change_of_inverse(const Matrix& x, const Matrix& d);

// u |X| |L| |X| for L = I + A, n x n: what reordering sums of unit roundoff u may do, to first order (Higham, Accuracy
// and Stability, 2nd ed. 2002, section 14.2).
Matrix reordering_floor(const Matrix& a, const Matrix& x, double unit_roundoff);

// What forming A from its factors may do to A, in units of the roundoff of its sums: for i > j
//   sum_d |s_i l_id r_jd| e^(P_id - G_jd) (1 + |G_id|),
// the first-order errors of a dot product and of e to a difference of rounded sums, of which G_i is the largest. The
// constants are 1, as for roundings of random sign (Higham 2002, sections 3.1 and 2.8).
Matrix forming_errors(const GatedFactors& factors);

}  // namespace tristab
