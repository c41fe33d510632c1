#include "tristab/judge/pattern.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "tristab/judge/bits.h"
#include "tristab/matrix/norms.h"

namespace tristab {
namespace {

constexpr std::size_t kMostExamined = 24;
constexpr std::size_t kMostUnexplained = 3;  // then no hypothesis will do

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
      by_place_.emplace(place_key(pieces[k].place), k);
      if (pieces[k].spread.wrong_elements > 0) wrong_.push_back(k);
    }
    for (const std::size_t k : wrong_) {
      if (examined_.size() < kMostExamined) examined_.push_back(k);
    }
  }

  std::vector<Pattern> run(const std::vector<Hypothesis>& hypotheses) {
    std::vector<Pattern> patterns;
    std::set<std::size_t> left(examined_.begin(), examined_.end()), unexplained;
    while (!left.empty() && patterns.size() < 4 && unexplained.size() < kMostUnexplained) {
      const std::size_t first = *left.begin();
      std::vector<std::pair<double, const Hypothesis*>> fitting;
      for (const Hypothesis& hypothesis : hypotheses) {
        if (const double off = misfit(hypothesis, pieces_[first]); std::isfinite(off))
          fitting.emplace_back(off, &hypothesis);
      }
      std::ranges::stable_sort(fitting, {}, &std::pair<double, const Hypothesis*>::first);
      const Hypothesis* best = nullptr;
      std::set<std::size_t> explained;
      for (const auto& [off, hypothesis] : fitting) {
        std::set<std::size_t> those{first};
        for (const std::size_t k : left) {
          if (k != first && std::isfinite(misfit(*hypothesis, pieces_[k]))) those.insert(k);
        }
        if (those.size() <= explained.size()) continue;
        explained = std::move(those);
        best = hypothesis;
        if (explained.size() == left.size()) break;
      }
      if (best == nullptr) {
        unexplained.insert(first);
        left.erase(first);
        continue;
      }
      patterns.push_back({best->name, best->text, where(explained, explained.size() == examined_.size())});
      for (const std::size_t k : explained) left.erase(k);
    }
    left.merge(unexplained);
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

  // How far what the bug gives is from what was found; infinite if roundings do not explain the rest.
  double misfit(const Hypothesis& hypothesis, const CheckedPiece& piece) const {
    const Matrix given = hypothesis.gives(piece);
    if (given.rows() != piece.found.rows() || given.columns() != piece.found.columns()) return HUGE_VAL;
    // Nothing beyond roundings is left, element by element ...
    bool inside = true;
    for (std::size_t k = 0; inside && k < given.values().size(); ++k) {
      const double x = piece.found.values()[k], h = given.values()[k];
      if (same_number(x, h)) continue;
      const double allowed = piece.spread.allowed.values()[k] + 4 * piece.roundings * std::fabs(h);
      inside = std::fabs(x - h) <= allowed;
    }
    const double off = distance(piece.found, given), size = frobenius_norm(given);
    // What a bug gives must be another result, and nearer than the right one.
    if (off > distance(piece.found, piece.recipe) / 2) return HUGE_VAL;
    if (inside) return off;
    // ... or in the norm, where the bug makes other numbers large.
    const bool near =
        std::isfinite(size) && off <= 8 * piece.roundings * size && off <= distance(piece.found, piece.recipe) / 8;
    return near ? off : HUGE_VAL;
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
    if (!not_finite) pattern.what = blocks_text(some, counts);
    if (!pattern.what.empty()) return pattern;
    const Box box = bounding_box(counts);
    std::string standing = not_finite ? "not finite" : content(some, box);
    if (standing.empty()) standing = other_block(some, box, rows, columns);
    const std::string area = area_text(counts, rows, columns, false);
    const bool several = area.starts_with("rows") || area.starts_with("columns") || area.starts_with("elements");
    pattern.what = fmt::format("{} {} {}", area, several ? "are" : "is", standing.empty() ? "wrong" : standing);
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

  // The grids of blocks that people use, and the recipe's, the smallest first.
  std::vector<int> grids(int rows, int columns) const {
    std::set<int> sizes{8, 16, 32, 64, block_};
    std::erase_if(sizes, [&](int size) { return size < 4 || size > std::max(rows, columns) / 2; });
    return {sizes.begin(), sizes.end()};
  }

  // A block that is hardly touched is not the pattern.
  static bool fills(const Box& box, int size) { return box.rows > size / 4 && box.columns > size / 4; }

  // The smallest block of these grids that holds all wrong elements.
  std::optional<std::string> block_text(const Box& box, int rows, int columns) const {
    for (const int size : grids(rows, columns)) {
      if (box.row / size != (box.row + box.rows - 1) / size) continue;
      if (box.column / size != (box.column + box.columns - 1) / size || !fills(box, size)) continue;
      const bool late = box.row - box.row / size * size >= size / 4;  // what a bug at one row does to the rows below
      return fmt::format("block {} of {} x {}{}", block_name(box.row / size, box.column / size), size, size,
                         late ? fmt::format(" from row {} on", box.row) : "");
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
    if (std::string few = elements_text(counts); !few.empty()) return few;
    if (wrong_rows.size() == 1) return fmt::format("row {}", box.row);
    if (wrong_columns.size() == 1) return fmt::format("column {}", box.column);
    if (const std::string stripes = stripes_text(wrong_columns, columns); !stripes.empty()) return "columns " + stripes;
    if (const std::string stripes = stripes_text(wrong_rows, rows); !stripes.empty()) return "rows " + stripes;
    if (const std::optional<std::string> block = block_text(box, rows, columns)) return *block;
    if (box.row > 0 && box.row + box.rows == rows && box.rows <= rows / 2)
      return fmt::format("rows {} to {}, the last {},", box.row, rows - 1, box.rows);
    if (box.rows <= rows / 2) return fmt::format("rows {}", numbers_text(wrong_rows));
    if (box.columns <= columns / 2)
      return fmt::format("columns {}{}", numbers_text(wrong_columns),
                         box.row > box.column + box.columns ? fmt::format(" from row {} on", box.row) : "");
    return box.row > 1 && box.row + box.rows == rows ? fmt::format("everything from row {} on", box.row)
                                                     : std::string("the whole");
  }

  // Up to three elements by their places; more are an area.
  static std::string elements_text(const std::vector<std::vector<int>>& counts) {
    std::vector<std::string> places;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      for (std::size_t j = 0; j < counts[i].size(); ++j) {
        if (counts[i][j] == 0) continue;
        if (places.size() == 3) return "";
        places.push_back(fmt::format("({}, {})", i, j));
      }
    }
    return fmt::format("elements {}", fmt::join(places, " "));
  }

  // Every second, fourth, ... one: the layout of lanes.
  static std::string stripes_text(const std::set<std::int64_t>& numbers, int count) {
    if (numbers.size() < 3 || static_cast<int>(numbers.size()) > count / 2) return "";
    for (const std::int64_t period : {2, 4, 8, 16, 32}) {
      std::set<std::int64_t> rests;
      for (const std::int64_t number : numbers) rests.insert(number % period);
      if (static_cast<std::int64_t>(rests.size()) > period / 2) continue;
      std::size_t all = 0;  // numbers of these rests; most of them must be wrong
      for (std::int64_t number = *numbers.begin(); number <= *numbers.rbegin(); ++number)
        all += rests.contains(number % period);
      if (4 * numbers.size() < 3 * all) continue;
      // Contiguous numbers have few rests only if they are few.
      if (*numbers.rbegin() - *numbers.begin() + 1 == static_cast<std::int64_t>(numbers.size())) return "";
      return fmt::format("{} of every {}", numbers_text(rests), period);
    }
    return "";
  }

  // What may stand in place of the right number, by piece, row and column.
  struct Content {
    std::string text;
    std::function<std::optional<double>(std::size_t k, int i, int j)> gives;
  };

  std::optional<double> right(std::size_t k, int i, int j) const {
    const Matrix& recipe = pieces_[k].recipe;
    if (i < 0 || j < 0 || i >= recipe.rows() || j >= recipe.columns()) return {};
    return recipe(i, j);
  }
  // The same element of the piece at another head, chunk or index.
  template <class Move>
  Content of_piece(const char* text, Move move) const {
    return {text, [this, move](std::size_t k, int i, int j) -> std::optional<double> {
              OutputPlace place = pieces_[k].place;
              move(place);
              const auto found = by_place_.find(place_key(place));
              return found == by_place_.end() ? std::nullopt : right(found->second, i, j);
            }};
  }

  std::vector<Content> contents(const Box& box) const {
    const auto scaled = [this](const char* text, double factor) {
      return Content{text, [this, factor](std::size_t k, int i, int j) -> std::optional<double> {
                       return factor * pieces_[k].recipe(i, j);
                     }};
    };
    const auto moved = [this](const char* text, int down, int across) {
      return Content{text,
                     [this, down, across](std::size_t k, int i, int j) { return right(k, i + down, j + across); }};
    };
    std::vector<Content> list{scaled("zero", 0), scaled("negated", -1), scaled("doubled", 2), scaled("halved", 0.5)};
    if (box.rows > 1 && box.rows == box.columns)
      list.push_back({"transposed", [this, box](std::size_t k, int i, int j) {
                        return right(k, box.row + j - box.column, box.column + i - box.row);
                      }});
    list.push_back(moved("that of the row above", -1, 0));
    list.push_back(moved("that of the row below", 1, 0));
    list.push_back(moved("that of the column to the left", 0, -1));
    list.push_back(moved("that of the column to the right", 0, 1));
    list.push_back({"that of the matrix before",
                    [this](std::size_t k, int i, int j) { return k > 0 ? right(k - 1, i, j) : std::nullopt; }});
    list.push_back(of_piece("that of the chunk before", [](OutputPlace& place) { --place.chunk; }));
    list.push_back(of_piece("that of the head before", [](OutputPlace& place) { *place.head -= 1; }));
    list.push_back(of_piece("that of the head behind", [](OutputPlace& place) { *place.head += 1; }));
    return list;
  }

  // Whether this stands at every wrong element of the box. A first matrix has none before it.
  bool stands(const std::set<std::size_t>& some, const Box& box, const Content& content) const {
    bool any = false;
    for (const std::size_t k : some) {
      const CheckedPiece& piece = pieces_[k];
      for (int i = box.row; i < std::min(box.row + box.rows, piece.found.rows()); ++i) {
        for (int j = box.column; j < std::min(box.column + box.columns, piece.found.columns()); ++j) {
          if (!is_wrong(piece, i, j)) continue;
          const std::optional<double> y = content.gives(k, i, j);
          const double x = piece.found(i, j);
          if (!y) {
            if (content.text != "that of the matrix before") return false;
            continue;
          }
          const double room = *y == 0 ? 0 : piece.spread.allowed(i, j) + 4 * piece.roundings * std::fabs(*y);
          if (!same_number(x, *y) && !(std::fabs(x - *y) <= room)) return false;
          any = true;
        }
      }
    }
    return any;
  }

  // What stands in the box, if all of `some` agree.
  std::string content(const std::set<std::size_t>& some, const Box& box) const {
    for (const Content& each : contents(box)) {
      if (stands(some, box, each)) return each.text;
    }
    return factor_text(some, box);
  }

  std::string factor_text(const std::set<std::size_t>& some, const Box& box) const {
    std::optional<double> factor;
    for (const std::size_t k : some) {
      const CheckedPiece& piece = pieces_[k];
      double zz = 0, zr = 0, rr = 0;
      std::int64_t wrong = 0, all = 0;
      for (int i = box.row; i < std::min(box.row + box.rows, piece.found.rows()); ++i) {
        for (int j = box.column; j < std::min(box.column + box.columns, piece.found.columns()); ++j) {
          const double x = piece.found(i, j), r = piece.recipe(i, j);
          all += r != 0;
          if (!is_wrong(piece, i, j)) continue;
          ++wrong;
          zz += x * x;
          zr += x * r;
          rr += r * r;
        }
      }
      const double c = zr / rr;
      if (2 * wrong < all) return "";  // the area is not wrong as a whole
      if (!(rr > 0) || !std::isfinite(c)) return "";
      const double room = std::min(8 * piece.roundings, 0.05);
      if (!(zz - 2 * c * zr + c * c * rr <= room * room * zz) || std::fabs(c - 1) <= 8 * piece.roundings) return "";
      if (factor && std::fabs(c - *factor) > 0.01 * std::fabs(*factor)) return "";
      factor = factor.value_or(c);
    }
    return factor ? fmt::format("{:.4g} times what it should be", *factor) : std::string();
  }

  // Several blocks, each with a content of its own: "blocks (2,1) and (4,1) are swapped".
  std::string blocks_text(const std::set<std::size_t>& some, const std::vector<std::vector<int>>& counts) const {
    const int rows = static_cast<int>(counts.size()), columns = static_cast<int>(counts.front().size());
    std::string best;
    std::size_t fewest = 5;
    for (const int size : grids(rows, columns)) {
      std::map<std::pair<int, int>, std::pair<std::set<int>, std::set<int>>> wrong;  // blocks: wrong rows and columns
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) {
          if (counts[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] == 0) continue;
          auto& [in_rows, in_columns] = wrong[{i / size, j / size}];
          in_rows.insert(i);
          in_columns.insert(j);
        }
      }
      if (wrong.size() >= fewest || wrong.size() < 2) continue;
      const auto filled = [&](const auto& each) {
        return 4 * each.second.first.size() > static_cast<std::size_t>(size) &&
               4 * each.second.second.size() > static_cast<std::size_t>(size);
      };
      if (!std::ranges::all_of(wrong, filled)) continue;
      const auto box_of = [size](std::pair<int, int> block) {
        return Box{block.first * size, size, block.second * size, size};
      };
      const auto of_block = [&](std::pair<int, int> to, std::pair<int, int> from) {
        const int down = (from.first - to.first) * size, across = (from.second - to.second) * size;
        return Content{fmt::format("that of block {}", block_name(from.first, from.second)),
                       [this, down, across](std::size_t k, int i, int j) { return right(k, i + down, j + across); }};
      };
      std::vector<std::string> names, texts;
      for (const auto& [block, inner] : wrong) {
        names.push_back(block_name(block.first, block.second));
        std::string text = content(some, box_of(block));
        for (int row = 0; text.empty() && row < rows / size; ++row) {
          for (int column = 0; text.empty() && column < columns / size; ++column) {
            const Content other = of_block(block, {row, column});
            if (std::pair(row, column) != block && stands(some, box_of(block), other)) text = other.text;
          }
        }
        texts.push_back(std::move(text));
      }
      if (std::ranges::any_of(texts, &std::string::empty)) continue;
      const bool alike = std::ranges::count(texts, texts.front()) == static_cast<std::ptrdiff_t>(texts.size());
      if (alike && is_rectangle(counts, size)) continue;  // one area, not several blocks
      fewest = wrong.size();
      const bool swapped =
          texts.size() == 2 && texts[0] == "that of block " + names[1] && texts[1] == "that of block " + names[0];
      if (swapped) {
        best = fmt::format("blocks {} and {} of {} x {} are swapped", names[0], names[1], size, size);
        continue;
      }
      std::vector<std::string> parts;
      if (alike) {
        best = fmt::format("blocks {} of {} x {} are {}", fmt::join(names, " "), size, size, texts.front());
      } else {
        for (std::size_t b = 0; b < names.size(); ++b)
          parts.push_back(fmt::format("block {} of {} x {} is {}", names[b], size, size, texts[b]));
        best = fmt::format("{}", fmt::join(parts, ", "));
      }
    }
    return best;
  }

  // Whether all blocks below the diagonal between the outermost wrong ones are wrong.
  bool is_rectangle(const std::vector<std::vector<int>>& counts, int size) const {
    const Box box = bounding_box(counts);
    std::set<std::pair<int, int>> wrong;
    for (int i = box.row; i < box.row + box.rows; ++i) {
      for (int j = box.column; j < box.column + box.columns; ++j) {
        if (counts[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] > 0) wrong.insert({i / size, j / size});
      }
    }
    for (int i = box.row / size; i <= (box.row + box.rows - 1) / size; ++i) {
      for (int j = box.column / size; j <= (box.column + box.columns - 1) / size; ++j) {
        if ((part_ != OutputPart::inverse || j <= i) && !wrong.contains({i, j})) return false;
      }
    }
    return true;
  }

  // One block that holds what another one should.
  std::string other_block(const std::set<std::size_t>& some, const Box& box, int rows, int columns) const {
    for (const int size : grids(rows, columns)) {
      const int row = box.row / size, column = box.column / size;
      if (row != (box.row + box.rows - 1) / size || column != (box.column + box.columns - 1) / size) continue;
      if (!fills(box, size)) continue;
      for (int i = 0; i < rows / size; ++i) {
        for (int j = 0; j < columns / size; ++j) {
          const int down = (i - row) * size, across = (j - column) * size;
          const Content other{
              fmt::format("that of block {}", block_name(i, j)),
              [this, down, across](std::size_t k, int r, int c) { return right(k, r + down, c + across); }};
          if ((down != 0 || across != 0) && stands(some, Box{row * size, size, column * size, size}, other))
            return other.text;
        }
      }
    }
    return "";
  }

  static std::string block_name(int row, int column) { return fmt::format("({},{})", row + 1, column + 1); }
  static std::array<std::int64_t, 4> place_key(const OutputPlace& place) {
    return {place.sequence, place.head.value_or(-1), place.head ? place.chunk : 0, place.head ? 0 : place.index};
  }

  OutputPart part_;
  const std::vector<CheckedPiece>& pieces_;
  int block_;
  std::vector<std::size_t> wrong_, examined_;
  std::map<std::array<std::int64_t, 4>, std::size_t> by_place_;
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
