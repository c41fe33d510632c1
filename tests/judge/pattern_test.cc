#include "tristab/judge/pattern.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tristab/judge/bits.h"

namespace tristab::pattern_test {
namespace {

constexpr int kSize = 32;

// Unit lower triangular, no two elements below the diagonal alike.
Matrix right(int unit, std::size_t chunk) {
  Matrix x(kSize, kSize);
  for (int i = 0; i < kSize; ++i) {
    x(i, i) = 1;
    for (int j = 0; j < i; ++j)
      x(i, j) = std::sin(1.0 + 7.3 * i + 3.1 * j + 11.7 * unit + 5.9 * static_cast<double>(chunk));
  }
  return x;
}

CheckedPiece piece(int unit, std::size_t chunk, std::optional<std::int64_t> head) {
  CheckedPiece result;
  result.unit = unit;
  result.chunk = chunk;
  result.place = {unit, head, 0, static_cast<std::int64_t>(chunk) * kSize, static_cast<std::int64_t>(chunk), kSize};
  result.text =
      head ? "head " + std::to_string(*head) + ", chunk " + std::to_string(chunk) : "matrix " + std::to_string(unit);
  result.roundings = 1e-7;
  result.recipe = result.found = right(unit, chunk);
  return result;
}

void judge(CheckedPiece& piece) {
  PieceSpread& spread = piece.spread;
  spread.allowed = Matrix(kSize, kSize);
  for (double& each : spread.allowed.values()) each = 1e-6;
  spread.wrong.clear();
  spread.wrong_elements = 0;
  for (std::size_t e = 0; e < piece.found.values().size(); ++e) {
    const double d = std::fabs(piece.found.values()[e] - piece.recipe.values()[e]);
    const bool wrong = !(d <= 1e-6);
    spread.wrong.push_back(wrong);
    spread.wrong_elements += wrong;
    if (!(d <= spread.ratio)) {
      spread.ratio = d;
      spread.row = static_cast<int>(e) / kSize;
      spread.column = static_cast<int>(e) % kSize;
    }
  }
}

using Change = std::function<void(CheckedPiece& piece)>;

std::string text_of(const std::vector<Pattern>& patterns) {
  std::string text;
  for (const Pattern& each : patterns)
    text += (text.empty() ? "" : "; ") + each.what + (each.where.empty() ? "" : " | " + each.where);
  return text;
}

std::string named(std::vector<CheckedPiece> pieces, const Change& change,
                  const std::vector<Hypothesis>& hypotheses = {}, OutputPart part = OutputPart::inverse) {
  for (CheckedPiece& each : pieces) {
    change(each);
    judge(each);
  }
  return text_of(find_patterns(part, pieces, hypotheses, 16));
}

std::vector<CheckedPiece> one() { return {piece(0, 0, std::nullopt)}; }
std::vector<CheckedPiece> batch(int count) {
  std::vector<CheckedPiece> all;
  for (int k = 0; k < count; ++k) all.push_back(piece(k, 0, std::nullopt));
  return all;
}
std::vector<CheckedPiece> layer(int heads, int chunks) {
  std::vector<CheckedPiece> all;
  for (int h = 0; h < heads; ++h) {
    for (int c = 0; c < chunks; ++c) all.push_back(piece(h, static_cast<std::size_t>(c), h));
  }
  return all;
}

template <class Value>
Change fill(int row, int rows, int column, int columns, Value value) {
  return [=](CheckedPiece& piece) {
    for (int i = row; i < row + rows; ++i) {
      for (int j = column; j < column + columns; ++j) piece.found(i, j) = value(piece.recipe, i, j);
    }
  };
}
const auto zero = [](const Matrix&, int, int) { return 0.0; };

TEST(Patterns, say_what_stands_in_a_block) {
  EXPECT_EQ(named(one(), fill(16, 16, 0, 16, zero)), "block (2,1) of 16 x 16 is zero");
  EXPECT_EQ(named(one(), fill(24, 8, 8, 8, [](const Matrix& r, int i, int j) { return -r(i, j); })),
            "block (4,2) of 8 x 8 is negated");
  EXPECT_EQ(named(one(), fill(24, 8, 8, 8, [](const Matrix& r, int i, int j) { return 2 * r(i, j); })),
            "block (4,2) of 8 x 8 is doubled");
  EXPECT_EQ(named(one(), fill(24, 8, 8, 8, [](const Matrix& r, int i, int j) { return r(i, j) / 2; })),
            "block (4,2) of 8 x 8 is halved");
  EXPECT_EQ(named(one(), fill(16, 16, 0, 16, [](const Matrix& r, int i, int j) { return r(16 + j, i - 16); })),
            "block (2,1) of 16 x 16 is transposed");
  EXPECT_EQ(named(one(), fill(24, 8, 0, 8, [](const Matrix& r, int i, int j) { return r(i - 16, j); })),
            "block (4,1) of 8 x 8 is that of block (2,1)");
  EXPECT_EQ(named(one(), fill(24, 8, 8, 8, [](const Matrix& r, int i, int j) { return 1.25 * r(i, j); })),
            "block (4,2) of 8 x 8 is 1.25 times what it should be");
  EXPECT_EQ(named(one(), fill(24, 8, 8, 8, [](const Matrix&, int i, int j) { return 0.1 * i - 0.01 * j * j; })),
            "block (4,2) of 8 x 8 is wrong");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(named(one(), fill(24, 8, 8, 8, [=](const Matrix&, int, int) { return nan; })),
            "block (4,2) of 8 x 8 is not finite");
}

TEST(Patterns, see_blocks_that_changed_places) {
  const Change swap = [](CheckedPiece& piece) {
    for (int i = 0; i < 8; ++i) {
      for (int j = 0; j < 8; ++j) std::swap(piece.found(8 + i, j), piece.found(24 + i, 16 + j));
    }
  };
  EXPECT_EQ(named(one(), swap), "blocks (2,1) and (4,3) of 8 x 8 are swapped");
}

TEST(Patterns, see_blocks_with_contents_of_their_own) {
  const Change both = [](CheckedPiece& piece) {
    fill(8, 8, 0, 8, zero)(piece);
    fill(24, 8, 16, 8, [](const Matrix& r, int i, int j) { return -r(i, j); })(piece);
  };
  EXPECT_EQ(named(one(), both), "block (2,1) of 8 x 8 is zero, block (4,3) of 8 x 8 is negated");
}

TEST(Patterns, say_where_elements_lie) {
  EXPECT_EQ(named(one(), fill(20, 1, 3, 1, zero)), "element (20, 3) is zero");
  EXPECT_EQ(named(one(), fill(20, 1, 0, 20, zero)), "row 20 is zero");
  EXPECT_EQ(named(one(), fill(20, 1, 0, 19, [](const Matrix& r, int i, int j) { return r(i - 1, j); })),
            "row 20 is that of the row above");
  EXPECT_EQ(named(one(), fill(4, 28, 3, 1, zero)), "column 3 is zero");
  EXPECT_EQ(named(one(), fill(29, 3, 0, 29, zero)), "rows 29 to 31, the last 3, are zero");
  const auto odd = [](const Matrix&, int i, int j) { return 0.1 * i - 0.01 * j * j; };
  EXPECT_EQ(named(one(), fill(22, 10, 0, 16, odd)), "block (2,1) of 16 x 16 from row 22 on is wrong");
  EXPECT_EQ(named(one(), fill(22, 10, 6, 6, odd)), "block (2,1) of 16 x 16 from row 22 on is wrong");
  const auto lanes = [](CheckedPiece& piece) {
    for (int i = 16; i < kSize; ++i) {
      for (int j = 3; j < 16; j += 4) piece.found(i, j) = 0;
    }
  };
  EXPECT_EQ(named(one(), lanes), "columns 3 of every 4 are zero");
}

TEST(Patterns, name_elements_that_are_few) {
  const Change two = [](CheckedPiece& piece) { piece.found(5, 1) = piece.found(30, 20) = 7; };
  EXPECT_EQ(named(one(), two), "elements (5, 1) (30, 20) are wrong");
}

TEST(Patterns, see_the_upper_triangle_and_the_diagonal) {
  EXPECT_EQ(named(one(), fill(0, 8, 24, 8, [](const Matrix&, int, int) { return 0.1; })),
            "the upper triangle is not zero");
  EXPECT_EQ(named(one(), fill(4, 1, 9, 1, [](const Matrix&, int, int) { return 0.1; })),
            "the upper triangle is not zero, at (4, 9)");
  EXPECT_EQ(named(one(), fill(4, 1, 9, 20, [](const Matrix&, int, int) { return 0.1; })),
            "the upper triangle is not zero, in row 4");
  const Change doubled = [](CheckedPiece& piece) {
    for (int i = 0; i < kSize; ++i) piece.found(i, i) = 2;
  };
  EXPECT_EQ(named(one(), doubled), "the diagonal is 2 in place of 1");
}

TEST(Patterns, say_that_another_matrix_stands_there) {
  auto pieces = layer(3, 3);
  const Change stale = [&](CheckedPiece& piece) {
    if (piece.place.head == 2)
      for (int i = 0; i < kSize; ++i)
        for (int j = 0; j < i; ++j) piece.found(i, j) = right(1, piece.chunk)(i, j);
  };
  EXPECT_EQ(named(pieces, stale), "the whole is that of the head before | in head 2");
}

TEST(Patterns, a_hypothesis_comes_first) {
  const Hypothesis merge{"merge-missing", "the merge of block (2,1) is missing", [](const CheckedPiece& piece) {
                           Matrix x = piece.recipe;
                           for (int i = 16; i < kSize; ++i) std::fill_n(x.row(i), 16, 0.0);
                           return x;
                         }};
  EXPECT_EQ(named(batch(3), fill(16, 16, 0, 16, zero), {merge}),
            "the merge of block (2,1) is missing | in every matrix");
  EXPECT_EQ(named(batch(3), fill(16, 16, 0, 16, [](const Matrix& r, int i, int j) { return -r(i, j); }), {merge}),
            "block (2,1) of 16 x 16 is negated | in every matrix");
}

TEST(Patterns, two_hypotheses_explain_two_matrices) {
  const auto edit = [](int row) {
    return [row](const CheckedPiece& piece) {
      Matrix x = piece.recipe;
      std::fill_n(x.row(row), row, 0.0);
      return x;
    };
  };
  const std::vector<Hypothesis> both{{"a", "row five", edit(5)}, {"b", "row nine", edit(9)}};
  const Change change = [&](CheckedPiece& piece) {
    if (piece.unit < 2) piece.found = edit(piece.unit == 0 ? 5 : 9)(piece);
  };
  EXPECT_EQ(named(batch(4), change, both), "row five | in matrix 0; row nine | in matrix 1");
}

std::string place(std::vector<CheckedPiece> pieces, const std::function<bool(const CheckedPiece&)>& wrong) {
  std::vector<bool> which;
  for (const CheckedPiece& each : pieces) which.push_back(wrong(each));
  return place_of_pieces(OutputPart::inverse, pieces, which);
}

TEST(Places, are_those_of_matrices_heads_and_chunks) {
  EXPECT_EQ(place(one(), [](const auto&) { return true; }), "");
  EXPECT_EQ(place(batch(8), [](const auto&) { return true; }), "in every matrix");
  EXPECT_EQ(place(batch(8), [](const auto& p) { return p.unit == 3; }), "in matrix 3");
  EXPECT_EQ(place(batch(8), [](const auto& p) { return p.unit == 3 || p.unit == 7; }), "in matrices 3 and 7");
  EXPECT_EQ(place(layer(4, 4), [](const auto& p) { return p.place.head == 2; }), "in head 2");
  EXPECT_EQ(place(layer(4, 4), [](const auto& p) { return *p.place.head >= 2; }), "in heads 2 and 3");
  EXPECT_EQ(place(layer(4, 4), [](const auto& p) { return p.place.chunk == 3; }), "in the last chunk of every head");
  EXPECT_EQ(place(layer(4, 4), [](const auto& p) { return p.place.chunk == 1; }), "in chunk 1 of every head");
  EXPECT_EQ(place(layer(4, 4), [](const auto& p) { return p.place.chunk > 0; }), "in chunks 1 to 3 of every head");
  EXPECT_EQ(place(layer(4, 4), [](const auto& p) { return p.place.chunk == 1 && p.place.head == 2; }),
            "in head 2, chunk 1");
}

}  // namespace
}  // namespace tristab::pattern_test
