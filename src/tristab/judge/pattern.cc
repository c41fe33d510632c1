#include "tristab/judge/pattern.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "tristab/judge/bits.h"
#include "tristab/matrix/norms.h"

namespace tristab {
namespace {

constexpr std::size_t kMostExamined = 24;

std::string numbers_text(const std::set<std::int64_t>& numbers) {
  std::vector<std::int64_t> list(numbers.begin(), numbers.end());
  if (list.size() > 2 && list.back() - list.front() + 1 == static_cast<std::int64_t>(list.size()))
    return fmt::format("{} to {}", list.front(), list.back());
  if (list.size() == 1) return fmt::format("{}", list.front());
  if (list.size() > 6)
    return fmt::format("{} and {} more", fmt::join(list.begin(), list.begin() + 5, ", "), list.size() - 5);
  return fmt::format("{} and {}", fmt::join(list.begin(), list.end() - 1, ", "), list.back());
}

double distance(const Matrix& x, const Matrix& y) {
  double sum = 0;
  for (std::size_t k = 0; k < x.values().size(); ++k) {
    if (same_number(x.values()[k], y.values()[k])) continue;
    const double d = x.values()[k] - y.values()[k];
    sum += d * d;
  }
  return std::isnan(sum) ? HUGE_VAL : std::sqrt(sum);
}

// A rectangle of elements.
struct Box {
  int row = 0, rows = 0, column = 0, columns = 0;
  bool holds(int i, int j) const { return i >= row && i < row + rows && j >= column && j < column + columns; }
  std::int64_t size() const { return std::int64_t{rows} * columns; }
};

class Naming {
 public:
  Naming(OutputPart part, const std::vector<CheckedPiece>& pieces, int block)
      : part_(part), pieces_(pieces), block_(block) {
    for (std::size_t k = 0; k < pieces.size(); ++k) {
      if (pieces[k].spread.wrong_elements > 0) wrong_.push_back(k);
    }
    for (const std::size_t k : wrong_) {
      if (examined_.size() < kMostExamined) examined_.push_back(k);
    }
  }

  std::vector<Pattern> run(const std::vector<Hypothesis>& hypotheses) {
    std::vector<Pattern> patterns;
    std::set<std::size_t> left(examined_.begin(), examined_.end());
    while (!left.empty() && patterns.size() < 4) {
      const Hypothesis* best = nullptr;
      std::set<std::size_t> explained;
      for (const Hypothesis& hypothesis : hypotheses) {
        std::set<std::size_t> those;
        for (const std::size_t k : left) {
          if (explains(hypothesis, pieces_[k])) those.insert(k);
        }
        if (those.size() <= explained.size()) continue;
        explained = std::move(those);
        best = &hypothesis;
        if (explained.size() == left.size()) break;
      }
      if (best == nullptr) break;
      patterns.push_back({best->name, best->text, where(explained, explained.size() == examined_.size())});
      for (const std::size_t k : explained) left.erase(k);
    }
    if (!left.empty()) patterns.push_back(described(left));
    return patterns;
  }

 private:
  std::string where(const std::set<std::size_t>& some, bool all) const {
    std::vector<bool> wrong(pieces_.size(), false);
    if (all) {
      for (const std::size_t k : wrong_) wrong[k] = true;
    } else {
      for (const std::size_t k : some) wrong[k] = true;
    }
    return place_of_pieces(part_, pieces_, wrong);
  }

  bool explains(const Hypothesis& hypothesis, const CheckedPiece& piece) const {
    const Matrix given = hypothesis.gives(piece);
    if (given.rows() != piece.found.rows() || given.columns() != piece.found.columns()) return false;
    // Nothing beyond roundings is left, element by element ...
    bool inside = true;
    for (std::size_t k = 0; inside && k < given.values().size(); ++k) {
      const double x = piece.found.values()[k], h = given.values()[k];
      if (same_number(x, h)) continue;
      const double allowed = piece.spread.allowed.values()[k] + 4 * piece.roundings * std::fabs(h);
      inside = std::fabs(x - h) <= allowed;
    }
    if (inside) return true;
    // ... or in the norm, where the bug makes other numbers large.
    const double off = distance(piece.found, given), size = frobenius_norm(given);
    return std::isfinite(size) && off <= 8 * piece.roundings * size && off <= distance(piece.found, piece.recipe) / 8;
  }

  bool is_wrong(const CheckedPiece& piece, int i, int j) const {
    return piece.spread.wrong[static_cast<std::size_t>(i) * static_cast<std::size_t>(piece.found.columns()) +
                              static_cast<std::size_t>(j)];
  }

  // How many of `some` are wrong at each element.
  Pattern described(const std::set<std::size_t>& some) const {
    const CheckedPiece& first = pieces_[*some.begin()];
    const int rows = first.found.rows(), columns = first.found.columns();
    std::vector<std::vector<int>> counts(static_cast<std::size_t>(rows),
                                         std::vector<int>(static_cast<std::size_t>(columns)));
    std::int64_t lower = 0, diagonal = 0, upper = 0;
    bool not_finite = true;
    for (const std::size_t k : some) {
      const CheckedPiece& piece = pieces_[k];
      if (piece.found.rows() != rows) continue;
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) {
          if (!is_wrong(piece, i, j)) continue;
          ++counts[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
          (i > j ? lower : i == j ? diagonal : upper) += 1;
          not_finite = not_finite && !std::isfinite(piece.found(i, j));
        }
      }
    }
    Pattern pattern;
    pattern.where = where(some, some.size() == examined_.size());
    pattern.name = "place";
    if (part_ == OutputPart::inverse && lower + diagonal == 0 && upper > 0) {
      pattern.name = "upper-junk";
      pattern.what = "the upper triangle is not zero";
      if (const std::string area = area_text(counts, rows, columns, true); !area.empty()) pattern.what += ", " + area;
      return pattern;
    }
    if (part_ == OutputPart::inverse && lower + upper == 0) {
      pattern.name = "diagonal";
      pattern.what =
          fmt::format("the diagonal is {:.3g} in place of {:.3g}", first.found(first.spread.row, first.spread.row),
                      first.recipe(first.spread.row, first.spread.row));
      return pattern;
    }
    Box box = bounding_box(counts);
    std::string stands = not_finite ? "not finite" : content(some, box);
    pattern.what =
        fmt::format("{} {}", area_text(counts, rows, columns, false), stands.empty() ? "is wrong" : "is " + stands);
    if (pattern.what.starts_with("rows") || pattern.what.starts_with("columns"))
      pattern.what.replace(pattern.what.find(stands.empty() ? " is wrong" : " is "), 4, " are ");
    return pattern;
  }

  static Box bounding_box(const std::vector<std::vector<int>>& counts) {
    Box box{static_cast<int>(counts.size()), 0, static_cast<int>(counts.front().size()), 0};
    int last_row = -1, last_column = -1;
    for (int i = 0; i < static_cast<int>(counts.size()); ++i) {
      for (int j = 0; j < static_cast<int>(counts.front().size()); ++j) {
        if (counts[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] == 0) continue;
        box.row = std::min(box.row, i);
        box.column = std::min(box.column, j);
        last_row = std::max(last_row, i);
        last_column = std::max(last_column, j);
      }
    }
    box.rows = last_row - box.row + 1;
    box.columns = last_column - box.column + 1;
    return box;
  }

  // The smallest block of the grids that people use that holds all wrong elements.
  std::optional<std::string> block_text(const Box& box, int rows, int columns) const {
    for (const int size : {block_, 8, 16, 32, 64}) {
      if (size > std::max(rows, columns) / 2 || size < 2) continue;
      if (box.row / size != (box.row + box.rows - 1) / size) continue;
      if (box.column / size != (box.column + box.columns - 1) / size) continue;
      // A block that is hardly touched is not the pattern.
      if (box.rows <= size / 4 || box.columns <= size / 4) continue;
      return fmt::format("block ({},{}) of {} x {}", box.row / size + 1, box.column / size + 1, size, size);
    }
    return {};
  }

  std::string area_text(const std::vector<std::vector<int>>& counts, int rows, int columns, bool above) const {
    const Box box = bounding_box(counts);
    std::set<std::int64_t> wrong_rows, wrong_columns;
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) {
        if (counts[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] == 0) continue;
        wrong_rows.insert(i);
        wrong_columns.insert(j);
      }
    }
    if (above) {
      if (box.size() == 1) return fmt::format("at ({}, {})", box.row, box.column);
      return wrong_rows.size() <= 2 ? fmt::format("in row {}", numbers_text(wrong_rows)) : std::string();
    }
    if (box.size() == 1) return fmt::format("element ({}, {})", box.row, box.column);
    if (wrong_rows.size() == 1) return fmt::format("row {}", box.row);
    if (wrong_columns.size() == 1) return fmt::format("column {}", box.column);
    if (const std::optional<std::string> block = block_text(box, rows, columns)) return *block;
    if (const std::string stripes = stripes_text(wrong_columns, columns); !stripes.empty()) return "columns " + stripes;
    if (const std::string stripes = stripes_text(wrong_rows, rows); !stripes.empty()) return "rows " + stripes;
    if (box.row > 0 && box.row + box.rows == rows && box.rows <= rows / 2)
      return fmt::format("rows {} to {}, the last {},", box.row, rows - 1, box.rows);
    if (box.rows <= rows / 2) return fmt::format("rows {}", numbers_text(wrong_rows));
    if (box.columns <= columns / 2) return fmt::format("columns {}", numbers_text(wrong_columns));
    return box.row > 1 && box.row + box.rows == rows ? fmt::format("everything from row {} on", box.row)
                                                     : std::string("the whole");
  }

  // Every second, fourth, ... one: the layout of lanes.
  static std::string stripes_text(const std::set<std::int64_t>& numbers, int count) {
    if (numbers.size() < 3 || static_cast<int>(numbers.size()) > count / 2) return "";
    for (const std::int64_t period : {2, 4, 8, 16, 32}) {
      std::set<std::int64_t> rests;
      for (const std::int64_t number : numbers) rests.insert(number % period);
      if (static_cast<std::int64_t>(rests.size()) > period / 2) continue;
      // Contiguous numbers have few rests only if they are few.
      if (*numbers.rbegin() - *numbers.begin() + 1 == static_cast<std::int64_t>(numbers.size())) return "";
      return fmt::format("{} of every {}", numbers_text(rests), period);
    }
    return "";
  }

  // What stands in the box, if all of `some` agree.
  std::string content(const std::set<std::size_t>& some, const Box& box) const {
    const char* const names[] = {"zero",
                                 "negated",
                                 "doubled",
                                 "halved",
                                 "transposed",
                                 "that of the row above",
                                 "that of the matrix before",
                                 "that of the head before"};
    std::vector<bool> holds(std::size(names), true);
    std::optional<double> factor;
    bool scaled = true;
    for (const std::size_t k : some) {
      const CheckedPiece& piece = pieces_[k];
      double zz = 0, zr = 0, rr = 0;
      for (int i = box.row; i < box.row + box.rows; ++i) {
        for (int j = box.column; j < box.column + box.columns; ++j) {
          if (i >= piece.found.rows() || j >= piece.found.columns()) continue;
          const double x = piece.found(i, j), r = piece.recipe(i, j);
          const double room = piece.spread.allowed(i, j) + 4 * piece.roundings * std::fabs(r);
          const auto near = [&](double y) { return std::fabs(x - y) <= room || same_number(x, y); };
          if (!is_wrong(piece, i, j)) continue;
          zz += x * x;
          zr += x * r;
          rr += r * r;
          holds[0] = holds[0] && x == 0;
          holds[1] = holds[1] && near(-r);
          holds[2] = holds[2] && near(2 * r);
          holds[3] = holds[3] && near(r / 2);
          const int ti = box.row + j - box.column, tj = box.column + i - box.row;
          holds[4] = holds[4] && box.rows == box.columns && near(piece.recipe(ti, tj));
          holds[5] = holds[5] && i > 0 && near(piece.recipe(i - 1, j));
          holds[6] = holds[6] && k > 0 && pieces_[k - 1].recipe.rows() > i && near(pieces_[k - 1].recipe(i, j));
          holds[7] = false;
        }
      }
      const double c = zr / rr;
      scaled = scaled && rr > 0 && std::isfinite(c) &&
               zz - 2 * c * zr + c * c * rr <= 64 * piece.roundings * piece.roundings * zz &&
               (!factor || std::fabs(c - *factor) <= 0.01 * std::fabs(*factor));
      factor = factor.value_or(c);
    }
    for (std::size_t k = 0; k < holds.size(); ++k) {
      if (holds[k]) return names[k];
    }
    return scaled && factor ? fmt::format("{:.4g} times what it should be", *factor) : std::string();
  }

  OutputPart part_;
  const std::vector<CheckedPiece>& pieces_;
  int block_;
  std::vector<std::size_t> wrong_, examined_;
};

}  // namespace

std::string place_of_pieces(OutputPart part, const std::vector<CheckedPiece>& pieces, const std::vector<bool>& wrong) {
  const auto count = static_cast<std::size_t>(std::ranges::count(wrong, true));
  const char* each = part == OutputPart::state ? "state" : "matrix";
  if (count == pieces.size()) return pieces.size() == 1 ? "" : fmt::format("in every {}", each);
  std::set<std::int64_t> heads, chunks, sequences, indices;
  std::map<std::int64_t, std::pair<int, int>> by_head, by_chunk, by_sequence;  // wrong ones, all
  std::size_t last_wrong = 0, last_all = 0;
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> last_chunk;  // of a head in a sequence
  for (const CheckedPiece& piece : pieces) {
    std::int64_t& last = last_chunk[{piece.place.sequence, piece.place.head.value_or(-1)}];
    last = std::max(last, piece.place.chunk);
  }
  for (std::size_t k = 0; k < pieces.size(); ++k) {
    const CheckedPiece& piece = pieces[k];
    const std::int64_t head = piece.place.head.value_or(-1);
    const bool is_last = piece.place.chunk == last_chunk[{piece.place.sequence, head}];
    last_all += is_last;
    for (auto* groups : {&by_head, &by_chunk, &by_sequence}) {
      const std::int64_t key = groups == &by_head    ? head
                               : groups == &by_chunk ? piece.place.chunk
                                                     : piece.place.sequence;
      auto& [those, all] = (*groups)[key];
      ++all;
      those += wrong[k];
    }
    if (!wrong[k]) continue;
    last_wrong += is_last;
    heads.insert(head);
    chunks.insert(piece.place.chunk);
    sequences.insert(piece.place.sequence);
    indices.insert(piece.place.index);
  }
  // A group counts as wrong as a whole if most of it is: a bug may do no harm in some matrix.
  const auto covers = [&](const auto& groups, const std::set<std::int64_t>& those) {
    return those.size() < groups.size() && std::ranges::all_of(those, [&](std::int64_t key) {
             const auto& [some, all] = groups.at(key);
             return 2 * some > all;
           });
  };
  const bool layered = !pieces.empty() && pieces.front().place.head.has_value();
  if (layered && count > 1 && covers(by_head, heads))
    return fmt::format("in head{} {}", heads.size() == 1 ? "" : "s", numbers_text(heads));
  if (layered && last_all > 1 && last_wrong == count && 2 * count > last_all) return "in the last chunk of every head";
  if (layered && count > 1 && covers(by_chunk, chunks))
    return fmt::format("in chunk{} {} of every head", chunks.size() == 1 ? "" : "s", numbers_text(chunks));
  if (layered && count > 1 && covers(by_sequence, sequences))
    return fmt::format("in sequence{} {}", sequences.size() == 1 ? "" : "s", numbers_text(sequences));
  if (count == 1) {
    for (std::size_t k = 0; k < pieces.size(); ++k) {
      if (wrong[k]) return "in " + pieces[k].text;
    }
  }
  if (10 * count >= 9 * pieces.size()) return fmt::format("in {} of {} matrices", count, pieces.size());
  if (!layered && count <= 6) return fmt::format("in matrices {}", numbers_text(indices));
  return fmt::format("in {} of {} matrices", count, pieces.size());
}

std::vector<Pattern> find_patterns(OutputPart part, const std::vector<CheckedPiece>& pieces,
                                   const std::vector<Hypothesis>& hypotheses, int block) {
  return Naming(part, pieces, block).run(hypotheses);
}

}  // namespace tristab
