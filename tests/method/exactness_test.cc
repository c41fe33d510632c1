// In exact arithmetic a method is its formula: whatever is not the inverse then is a wrong formula.
#include <random>

#include "problems.h"

#include "tristab/base/json.h"

namespace tristab::exactness_test {

// Strictly lower triangular with entries -1, 0, 1, sparse enough that the integer inverse stays below 2^53.
Matrix small_integers(int n, unsigned seed) {
  std::mt19937 generator(seed);
  Matrix a(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = std::max(0, i - 12); j < i; ++j) {
      const unsigned draw = generator() % 5;
      a(i, j) = draw == 0 ? 1 : (draw == 1 ? -1 : 0);
    }
  }
  return a;
}

__extension__ using Wide = __int128;

// The integer inverse, column by column from the diagonal down; and the proof that it is one: L X = I in
// integers.
Matrix integer_inverse(const Matrix& a) {
  const int n = a.rows();
  std::vector<std::vector<Wide>> x(static_cast<std::size_t>(n), std::vector<Wide>(static_cast<std::size_t>(n)));
  const auto at = [&](int i, int j) -> Wide& { return x[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]; };
  for (int j = 0; j < n; ++j) {
    at(j, j) = 1;
    for (int i = j + 1; i < n; ++i) {
      for (int k = j; k < i; ++k) at(i, j) -= static_cast<Wide>(a(i, k)) * at(k, j);
    }
  }
  Matrix result(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const double value = static_cast<double>(at(i, j));
      EXPECT_LT(std::abs(value), 0x1p53);
      result(i, j) = value;
    }
  }
  return result;
}

struct ExactRun {
  Matrix x;
  bool exact;
};

ExactRun run_exactly(const Json& method, const Matrix& a) {
  Machine machine(make_exact_engine(4000));
  const Inversion inversion = invert(method_of(method), arithmetic_of("fp64"), a, machine);
  return {inversion.x, machine.engine().exact_so_far()};
}

std::vector<Json> exact_methods() {
  return {
      "row-substitution",
      with("row-substitution", {{"form", "strict"}}),
      with("row-substitution", {{"form", "strict"}, {"order", "dot"}}),
      with("row-substitution", {{"order", "dot"}}),
      "column-sweep",
      with("column-sweep", {{"order", "dot"}}),
      "matrix-column-sweep",
      with("matrix-column-sweep", {{"start", "first"}}),
      "mch",
      with("mch", {{"addend", "separate"}}),
      with("mch", {{"accumulator", "kept"}}),
      with("mch", {{"powers", "descending"}}),
      with("mch", {{"powers", "descending"}, {"accumulator", "kept"}, {"order", "power-first"}}),
      with("mch", {{"powers", "descending"}, {"addend", "operand"}}),
      "neumann",
      with("neumann", {{"evaluation", "powers"}}),
      "mbh",
      "mxr",
      with("mxr", {{"block", 8}, {"accumulator", "kept"}}),
      with("mxr", {{"block", 4}, {"addend", "separate"}}),
      with("mxr", {{"block", 128}}),
      "blocked-substitution",
      with("blocked-substitution", {{"association", "right"}, {"sum", "separate"}, {"block", 8}}),
      with("blocked-substitution",
           {{"merge", "doubling"}, {"diagonal", {{"method", "row-substitution"}, {"form", "strict"}}}}),
      with("blocked-substitution", {{"merge", "doubling"}, {"association", "right"}, {"block", 5}}),
      with("blocked-substitution",
           {{"merge", "substitution"}, {"diagonal", {{"method", "row-substitution"}, {"order", "dot"}}}}),
      with("blocked-substitution", {{"merge", "solve"}}),
      with("blocked-substitution", {{"merge", "solve"}, {"block", 5}}),
      "solve",
      with("solve", {{"block", 16}}),
      with("solve", {{"block", 7}, {"order", "dot"}}),
      "recursive",
      with("recursive", {{"block", 1}, {"association", "right"}}),
      with("recursive", {{"block", 7}}),
      with("newton-schulz", {{"start", "identity"}}),
      with("newton-schulz", {{"start", "identity"}, {"form", "notebook"}}),
      with("newton-schulz", {{"start", "identity-minus-a"}}),
      with("newton-schulz", {{"start", "identity-minus-a"}, {"form", "notebook"}}),
      with("residual-neumann", {{"order", 3}, {"terms", 16}}),
      with("residual-neumann", {{"order", 3}, {"terms", 16}, {"evaluation", "horner"}}),
      with("residual-neumann", {{"order", 3}, {"terms", 16}, {"evaluation", "doubling"}}),
      with("residual-neumann", {{"order", 3}, {"terms", 16}, {"mask", false}}),
      with("residual-neumann", {{"order", 9}, {"terms", 9}, {"last_power", "N-1"}, {"sum", "S+1"}}),
      with("refine", {{"base", "mxr"}}),
      with("refine", {{"base", "mxr"}, {"where", "diagonal"}, {"steps", 2}}),
      with("refine", {{"base", "blocked-substitution"}, {"where", "diagonal"}}),
  };
}

// What the recipes of real systems add: diagonal phases, merges and evaluations.
std::vector<Json> exact_kernel_methods() {
  std::vector<Json> list{
      "gauss-jordan",
      with("mch", {{"addend", "operand"}}),
      with("mch", {{"addend", "separate"}, {"order", "power-first"}}),
      with("neumann", {{"addend", "separate"}}),
      with("neumann", {{"evaluation", "powers"}, {"addend", "separate"}}),
      with("neumann", {{"evaluation", "product"}}),
      "paterson-stockmeyer",
      with("paterson-stockmeyer", {{"group", 3}, {"addend", "separate"}}),
      "ladder",
      with("ladder", {{"association", "left"}, {"addend", "accumulator"}, {"levels", "each"}}),
      with("newton-schulz", {{"start", "identity-minus-a"}, {"accumulator", "kept"}}),
      with("bounded-doubling", {{"block", 4}}),
      with("bounded-doubling", {{"block", 5}, {"diagonal", "gauss-jordan"}, {"addend", "operand"}}),
      with(
          "bounded-doubling",
          {{"block", 8}, {"diagonal", {{"method", "recursive"}, {"block", 4}, {"diagonal", {{"method", "neumann"}}}}}}),
      with("blocked-substitution",
           {{"block", 8}, {"merge", "doubling"}, {"levels", "each"}, {"last_product", "halves"}}),
      with("blocked-substitution",
           {{"block", 5}, {"diagonal", {{"method", "residual-neumann"}, {"order", 2}, {"terms", 2}}}}),
      with("recursive", {{"block", 3}, {"diagonal", "paterson-stockmeyer"}}),
      with("refine", {{"base", "bounded-doubling"}, {"where", "diagonal"}}),
  };
  for (const char* diagonal :
       {"column-sweep", "matrix-column-sweep", "gauss-jordan", "mch", "neumann", "paterson-stockmeyer", "recursive"}) {
    list.push_back(with("blocked-substitution", {{"block", 6}, {"diagonal", diagonal}}));
  }
  return list;
}

class Exact : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Sizes, Exact, testing::Values(16, 17, 24, 40, 64));

TEST_P(Exact, every_exact_method_gives_the_integer_inverse_unrounded) {
  const Matrix a = small_integers(GetParam(), 7);
  const Matrix x = integer_inverse(a);
  for (const Json& method : exact_methods()) {
    const ExactRun run = run_exactly(method, a);
    EXPECT_EQ(run.x, x) << method;
    EXPECT_TRUE(run.exact) << method;
  }
}

TEST(Exact, every_method_of_the_kernels_is_exact_at_sizes_1_to_33) {
  for (int n = 1; n <= 33; ++n) {
    const Matrix a = small_integers(n, 11);
    const Matrix x = integer_inverse(a);
    Machine machine(make_exact_engine(256));  // integers below 2^256: the flag proves that they were enough
    for (const Json& method : exact_kernel_methods()) {
      const Inversion inversion = invert(method_of(method), arithmetic_of("fp64"), a, machine);
      EXPECT_EQ(inversion.x, x) << method << " n " << n;
      EXPECT_TRUE(machine.engine().exact_so_far()) << method << " n " << n;
    }
  }
}

TEST(Exact, the_same_methods_give_the_integer_inverse_in_emulated_fp64) {
  const Matrix a = small_integers(24, 3);
  const Matrix x = integer_inverse(a);
  for (const Json& method : exact_methods()) EXPECT_EQ(inverted(method, "fp64", a).x, x) << method;
  for (const Json& method : exact_kernel_methods()) EXPECT_EQ(inverted(method, "fp64", a).x, x) << method;
}

TEST(Exact, newton_schulz_from_I_over_2n_squares_an_error_that_remains) {
  const Matrix a = matrices({{"family", "uniform"}, {"scale", 0.5}}, 16, 1).at(0);
  const Reference reference = invert_reference(a);
  Machine machine(make_exact_engine(20000));
  // E_k = E_0^(2^k) once it is small; the steps stop before the error reaches the rounding of the output to
  // double.
  double before = 1;
  for (const int steps : {5, 6, 7, 8, 9}) {
    const Inversion inversion =
        invert(method_of(with("newton-schulz", {{"steps", steps}})), arithmetic_of("fp64"), a, machine);
    const double error = relative_frobenius(inversion.x, reference);
    EXPECT_LT(error, before * 0.6) << steps;
    if (before < 1e-2) {
      EXPECT_LT(error, before * before * 100) << steps;
    }
    EXPECT_GT(error, 1e-14) << steps;
    before = error;
  }
}

// What a parameter is said to change (Parameter::Effect) is what it changes.
TEST(Exact, parameters_of_order_leave_the_formula) {
  const Matrix a = small_integers(32, 7);
  int compared = 0;
  for (const Method& method : methods()) {
    if (method.input != nullptr) continue;
    const std::string& name = method.description.name;
    for (const Parameter& parameter : method.description.parameters) {
      if (parameter.effect != Parameter::Effect::order) continue;
      ASSERT_EQ(parameter.kind, Parameter::Kind::choice) << name << " " << parameter.name;
      const Matrix usual = run_exactly(name, a).x;
      for (const std::string& choice : parameter.choices) {
        const Matrix other = run_exactly(with(name.c_str(), {{parameter.name, choice}}), a).x;
        EXPECT_EQ(other.values(), usual.values()) << name << " " << parameter.name << "=" << choice;
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, 16);
}

}  // namespace tristab::exactness_test
