// tristab eval EXPRESSION --arithmetic F: one operation or one product as an arithmetic gives it, with the exact value
// and the bits.
#include <fmt/format.h>
#include <mpfr.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>

#include "command.h"
#include "tristab/arithmetic/arithmetic.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/machines.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/format/format_codes.h"
#include "tristab/format/round.h"
#include "tristab/matrix/npy.h"

namespace tristab {
namespace {

struct EvalOptions {
  std::string expression, arithmetic = "bf16", output;
  bool kept = false;
};

// A number, a list of numbers, or the path of a matrix.
struct Operand {
  std::string text;
  std::vector<double> values;
  std::string path;  // "": no file

  bool is_scalar() const { return path.empty() && text.front() != '['; }
};

// One operation: "a + b", "fma(a, b, c)", "sqrt(a)", "a" alone (its rounding), "A @ B" or "A @ B + C".
struct Expression {
  std::string name;  // "+", "-", "*", "/", "@", "fma", "sqrt", "round"
  std::vector<Operand> operands;
};

constexpr std::string_view grammar =
    "a number, a + b, a - b, a * b, a / b, sqrt(a), fma(a, b, c), or a product [a, b] @ [c, d] + e, A.npy @ B.npy + "
    "C.npy";

class ExpressionReader {
 public:
  explicit ExpressionReader(const std::string& text) : text_(text) {}

  Expression read() {
    Expression found;
    for (const auto& [name, count] : {std::pair{"fma", 3U}, std::pair{"sqrt", 1U}}) {
      if (!accept(std::string(name) + "(")) continue;
      found.name = name;
      while (found.operands.size() < count) {
        if (!found.operands.empty() && !accept(",")) fail();
        found.operands.push_back(operand());
      }
      if (!accept(")")) fail();
      end();
      return found;
    }
    found.operands.push_back(operand());
    found.name = "round";
    for (const char* const sign : {"+", "-", "*", "/", "@"}) {
      if (!accept(sign)) continue;
      found.name = sign;
      found.operands.push_back(operand());
      if (found.name == "@" && accept("+")) found.operands.push_back(operand());
      break;
    }
    end();
    return found;
  }

 private:
  [[noreturn]] void fail() const {
    refuse("tristab eval", fmt::format("'{}' at position {} of '{}'", text_.substr(at_, 12), at_ + 1, text_), grammar);
  }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool accept(std::string_view word) {
    skip_spaces();
    if (text_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }
  void end() {
    skip_spaces();
    if (at_ != text_.size()) fail();
  }

  double number() {
    skip_spaces();
    const char* const begin = text_.c_str() + at_;
    char* after = nullptr;
    const double value = std::strtod(begin, &after);  // also hexadecimal, inf and nan
    if (after == begin) fail();
    // A literal between two doubles would be rounded twice.
    const std::string literal(begin, static_cast<std::size_t>(after - begin));
    mpfr_t exact;
    mpfr_init2(exact, 4600);
    mpfr_strtofr(exact, literal.c_str(), nullptr, 0, MPFR_RNDN);
    const bool hexadecimal = literal.find_first_of("xX") != std::string::npos;
    const bool beyond =
        mpfr_number_p(exact) != 0 && (!std::isfinite(value) || (value == 0 && mpfr_zero_p(exact) == 0) ||
                                      (hexadecimal && mpfr_cmp_d(exact, value) != 0));
    mpfr_clear(exact);
    if (beyond) refuse("tristab eval", fmt::format("{}, which is no double", literal), "numbers that doubles hold");
    at_ += static_cast<std::size_t>(after - begin);
    return value;
  }

  Operand operand() {
    skip_spaces();
    Operand found;
    const std::size_t start = at_;
    if (accept("[")) {
      do found.values.push_back(number());
      while (accept(","));
      if (!accept("]")) fail();
    } else if (const std::size_t stop = path_end(); stop != std::string::npos) {
      found.path = text_.substr(at_, stop - at_);
      at_ = stop;
    } else {
      found.values.push_back(number());
    }
    found.text = text_.substr(start, at_ - start);
    return found;
  }

  // Behind a word that ends in .npy; npos if there is none here.
  std::size_t path_end() const {
    const std::size_t end = text_.find(".npy", at_);
    if (end == std::string::npos) return end;
    const std::size_t space = text_.find(' ', at_);
    return space != std::string::npos && space < end ? std::string::npos : end + 4;
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

// An exact number, wide enough for sums and products of doubles.
class Exact {
 public:
  Exact() { mpfr_init2(value_, 4600); }
  Exact(const Exact&) = delete;
  Exact& operator=(const Exact&) = delete;
  ~Exact() { mpfr_clear(value_); }
  mpfr_ptr get() { return value_; }

  // "0x1.8p+1 = 3"; dots where digits are left out.
  std::string text() {
    if (mpfr_nan_p(value_) != 0) return "nan";
    const double near = mpfr_get_d(value_, MPFR_RNDN);
    const bool whole = mpfr_number_p(value_) == 0 || mpfr_cmp_d(value_, near) == 0;
    if (whole) return fmt::format("{:a} = {}", near, near);
    std::array<char, 80> digits{};
    mpfr_snprintf(digits.data(), digits.size(), "%.25Rg", value_);
    constexpr mpfr_prec_t most_bits = 200;
    if (mpfr_min_prec(value_) > most_bits) return fmt::format("{}...", digits.data());
    std::array<char, 80> hexadecimal{};
    mpfr_snprintf(hexadecimal.data(), hexadecimal.size(), "%Ra", value_);
    return fmt::format("{} = {}...", hexadecimal.data(), digits.data());
  }

 private:
  mpfr_t value_;
};

void evaluate_exactly(const std::string& name, const std::vector<double>& x, Exact& result) {
  Exact a, b, c;
  const std::array<Exact*, 3> operands{&a, &b, &c};
  for (std::size_t k = 0; k < x.size(); ++k) mpfr_set_d(operands[k]->get(), x[k], MPFR_RNDN);
  mpfr_ptr r = result.get();
  if (name == "+") mpfr_add(r, a.get(), b.get(), MPFR_RNDN);
  if (name == "-") mpfr_sub(r, a.get(), b.get(), MPFR_RNDN);
  if (name == "*") mpfr_mul(r, a.get(), b.get(), MPFR_RNDN);
  if (name == "/") mpfr_div(r, a.get(), b.get(), MPFR_RNDN);
  if (name == "sqrt") mpfr_sqrt(r, a.get(), MPFR_RNDN);
  if (name == "fma") mpfr_fma(r, a.get(), b.get(), c.get(), MPFR_RNDN);
  if (name == "round") mpfr_set(r, a.get(), MPFR_RNDN);
}

std::string bits_text(double value, const Format& format) {
  const std::optional<std::uint64_t> code = code_of(value, format);
  if (!code) return "no code";
  const CodeLayout layout = code_layout(format);
  const std::string all = fmt::format("{:0{}b}", *code, format.bits);
  const auto exponent = static_cast<std::size_t>(layout.exponent_bits);
  return fmt::format("0x{:0{}X}  {} {} {}", *code, (format.bits + 3) / 4, all.substr(0, 1), all.substr(1, exponent),
                     all.substr(1 + exponent, static_cast<std::size_t>(layout.fraction_bits)));
}

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  return std::isfinite(value) ? fmt::format("{:a} = {}", value, value) : fmt::format("{}", value);
}

void print_value(const char* what, double value, const Format& format) {
  fmt::print("{:<9} {}\n{:<9} {}: {}\n", what, number_text(value), "", format.name, bits_text(value, format));
}

// Rounds an operand to the format that it enters in, and says so where that changes it.
double entered(const Operand& operand, double value, const Format& format, Rounding rounding) {
  double rounded = value;
  if (format != fp64_format()) round_row(&value, &rounded, 1, format, rounding);
  const bool same = rounded == value || (std::isnan(rounded) && std::isnan(value));
  fmt::print("{:<9} {}{}\n", "operand", number_text(rounded),
             same ? "" : fmt::format("  ({} rounded to {})", operand.text, format.name));
  return rounded;
}

// The distance in units in the last place of the format at the exact value.
void print_error(double result, Exact& exact, const Format& format) {
  if (!std::isfinite(result) || mpfr_number_p(exact.get()) == 0) return;
  Exact error;
  mpfr_d_sub(error.get(), result, exact.get(), MPFR_RNDN);
  const int exponent =
      mpfr_zero_p(exact.get()) != 0 ? format.min_exponent : static_cast<int>(mpfr_get_exp(exact.get())) - 1;
  const int ulp = std::max(exponent, format.min_exponent) - format.precision + 1;
  mpfr_mul_2si(error.get(), error.get(), -ulp, MPFR_RNDN);
  fmt::print("{:<9} {:.4g} ulp of {}\n", "error", mpfr_get_d(error.get(), MPFR_RNDN), format.name);
}

// One operation on the vector unit, by the kernels that sweeps use.
void evaluate_scalars(const Expression& expression, const Arithmetic& arithmetic) {
  if (arithmetic.quantiser)
    refuse("--arithmetic", arithmetic.label, "a floating-point arithmetic, or a product with @, for one operation");
  const std::string& name = expression.name;
  const Accumulation& unit = arithmetic.vector;
  const Format& format = name == "round" ? arithmetic.storage : unit.format;
  const Rounding rounding = name == "round" ? arithmetic.storage_rounding : unit.rounding;
  if (rounding == Rounding::stochastic) refuse("--arithmetic", arithmetic.label, "a deterministic rounding");
  for (const Operand& operand : expression.operands) {
    if (!operand.is_scalar()) refuse("tristab eval", operand.text, "numbers; a list or a file with @");
  }
  std::vector<double> x;
  for (const Operand& operand : expression.operands) {
    x.push_back(name == "round" ? operand.values[0]
                                : entered(operand, operand.values[0], arithmetic.vector_operand, rounding));
  }
  double result = 0;
  const std::pair<const char*, Operation> operations[] = {{"+", Operation::add},
                                                          {"-", Operation::subtract},
                                                          {"*", Operation::multiply},
                                                          {"/", Operation::divide},
                                                          {"sqrt", Operation::square_root}};
  if (name == "round") {
    result = x[0];
    if (format != fp64_format()) round_row(x.data(), &result, 1, format, rounding);
  } else if (name == "fma") {
    result = x[2];
    Accumulation fused = unit;
    fused.fma = true;
    accumulate_product(dense_task(&x[0], &x[1], &result, 1, 1, 1, format), fused);
  } else {
    for (const auto& [sign, operation] : operations) {
      if (name == sign)
        apply_operation(operation, x.data(), x.size() > 1 ? &x[1] : x.data(), &result, 1, format, rounding);
    }
  }
  print_value("result", result, format);
  Exact exact;
  evaluate_exactly(name, x, exact);
  fmt::print("{:<9} {}\n", "exact", exact.text());
  print_error(result, exact, format);
}

// A list as a row (left of @) or a column (right of it); a number as 1 x 1.
Matrix matrix_of(const Operand& operand, bool row) {
  if (operand.path.empty()) {
    const int count = static_cast<int>(operand.values.size());
    Matrix matrix = row ? Matrix(1, count) : Matrix(count, 1);
    matrix.values() = operand.values;
    return matrix;
  }
  const std::shared_ptr<const TensorFile> file = TensorFile::open(operand.path);
  const Tensor& tensor = file->tensors().front();
  constexpr std::int64_t largest = 4096;
  if (tensor.shape.size() != 2 || std::ranges::any_of(tensor.shape, [](auto n) { return n < 1 || n > largest; }))
    throw InputError(fmt::format("{}: found an array {}; allowed: a matrix, up to {} x {}", operand.path,
                                 tensor.shape_text(), largest, largest));
  Matrix matrix(static_cast<int>(tensor.shape[0]), static_cast<int>(tensor.shape[1]));
  file->read(tensor, {0, tensor.shape[0], tensor.shape[1], tensor.shape[1]}, matrix.values().data());
  return matrix;
}

// fl(A B) or fl(C + A B) on the matrix unit: stored, or as the accumulator holds it.
Matrix product(const Matrix& a, const Matrix& b, const std::optional<Matrix>& c, const Arithmetic& arithmetic,
               RoundTo format) {
  Machines machines;
  Machine& machine = machines.machine_for(arithmetic);
  machine.start({{"*", &arithmetic}});
  const auto loaded = [&](const Matrix& x) { return machine.load(x, fp64_format()); };
  const Stage stage = machine.stage("product");
  return machine.output(c ? stage.fl(loaded(*c), {loaded(a), loaded(b)}, format)
                          : stage.fl({loaded(a), loaded(b)}, format));
}

void evaluate_product(const Expression& expression, const Arithmetic& arithmetic, const EvalOptions& options) {
  const Matrix a = matrix_of(expression.operands[0], true), b = matrix_of(expression.operands[1], false);
  std::optional<Matrix> c;
  if (expression.operands.size() > 2) c = matrix_of(expression.operands[2], true);
  const auto shape = [](const Matrix& x) { return fmt::format("{} x {}", x.rows(), x.columns()); };
  if (a.columns() != b.rows() || (c && (c->rows() != a.rows() || c->columns() != b.columns())))
    refuse("tristab eval",
           fmt::format("{} times {}{}", shape(a), shape(b), c ? fmt::format(" plus {}", shape(*c)) : ""),
           "an m x k matrix times a k x n one, plus an m x n one");
  // As they enter the unit; integers and block-scaled operands are compared as given.
  Matrix left = a, right = b;
  if (!arithmetic.quantiser && arithmetic.operand != fp64_format() && !arithmetic.split) {
    for (Matrix* const operand : {&left, &right}) {
      Matrix rounded = *operand;
      round_row(operand->values().data(), rounded.values().data(), static_cast<int>(rounded.values().size()),
                arithmetic.operand, arithmetic.operand_rounding);
      *operand = rounded;
    }
  }
  const Matrix kept = product(a, b, c, arithmetic, RoundTo::accumulator);
  const Matrix stored = product(a, b, c, arithmetic, RoundTo::storage);
  if (!options.output.empty()) {
    const Matrix& result = options.kept ? kept : stored;
    const std::array<std::int64_t, 2> sizes{result.rows(), result.columns()};
    NpyFileWriter file(options.output, arithmetic.product.format.inside(fp32_format()) ? Dtype::f32 : Dtype::f64,
                       sizes);
    file.append(result.values());
    file.commit();
    return;
  }
  if (kept.rows() * kept.columns() != 1)
    refuse("tristab eval", fmt::format("a product of {} without -o", shape(kept)), "-o FILE.npy for a matrix");
  print_value("kept", kept(0, 0), arithmetic.product.format);
  if (arithmetic.storage != arithmetic.product.format && !arithmetic.quantiser)
    print_value("stored", stored(0, 0), arithmetic.storage);
  Exact exact, term;
  mpfr_set_d(exact.get(), c ? (*c)(0, 0) : 0, MPFR_RNDN);
  for (int k = 0; k < a.columns(); ++k) {
    evaluate_exactly("*", {left(0, k), right(k, 0)}, term);
    mpfr_add(exact.get(), exact.get(), term.get(), MPFR_RNDN);
  }
  const bool as_given = left.values() == a.values() && right.values() == b.values();
  fmt::print("{:<9} {}{}\n", "exact", exact.text(), as_given ? "" : "  (of the operands as they enter)");
  print_error(kept(0, 0), exact, arithmetic.product.format);
}

void evaluate(const EvalOptions& options) {
  if (options.expression.empty()) refuse("tristab eval", "no expression", grammar);
  const Expression expression = ExpressionReader(options.expression).read();
  const std::vector<Arithmetic> arithmetics =
      expand_arithmetic(parse_inline(options.arithmetic, "arithmetic", "--arithmetic"), "--arithmetic");
  if (arithmetics.size() != 1) refuse("--arithmetic", options.arithmetic, "one arithmetic");
  if (expression.name == "@") return evaluate_product(expression, arithmetics.front(), options);
  if (!options.output.empty() || options.kept)
    refuse("tristab eval", fmt::format("-o or --kept with {}", options.expression), "a product with @");
  evaluate_scalars(expression, arithmetics.front());
}

}  // namespace

Command eval_command() {
  auto options = std::make_shared<EvalOptions>();
  EvalOptions& o = *options;
  Command command(
      "eval", "One operation or product in an arithmetic, with its bits",
      R"(Numbers are decimal or hexadecimal (0x1.8p17). Operands are first rounded to the format that they enter in. One
operation runs on the vector unit, a product (@) on the matrix unit: of two lists, or of matrices in .npy files.)",
      {"tristab eval 'fma(0x1.8p17, 0x1.12p15, -0x1p-24)' --arithmetic bf16",
       "tristab eval '[1, 2, 3] @ [4, 5, 6] + 0x1p-20' --arithmetic fp16-h100"});
  command.positional("EXPRESSION", "EXPRESSION", o.expression,
                     "a + b, a - b, a * b, a / b, sqrt(a), fma(a, b, c), A @ B + C");
  command.option("--arithmetic", "ARITHMETIC", o.arithmetic, "arithmetic, such as fp16 or bf16-h100 (bf16)");
  command.group("Output of a product of matrices");
  command.output("-o,--output", "FILE.npy", o.output, "file of the product; - for standard output");
  command.flag("--kept", o.kept, "as the accumulator holds it, not stored");
  command.force();
  command.run([options](const Command&) { evaluate(*options); });
  return command;
}

}  // namespace tristab
