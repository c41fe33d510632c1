// The four parts of an error, for every method: their sum, which of them a method has, and what is known to truncate.
#include <gtest/gtest.h>

#include <cmath>

#include "tristab/base/json.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/metric/error_parts.h"
#include "tristab/metric/measure.h"

namespace tristab::error_parts_test {

MethodSpec method_of(const Json& given) { return expand_method(given, "test").at(0); }
Arithmetic arithmetic_of(const Json& given) { return expand_arithmetic(given, "test").at(0); }

Matrix a_of(const Json& family, int n) {
  return open_source(expand_family(family, "test").at(0), 1, 1, TRISTAB_TEST_DATA, "test")->problem(n, 0).a;
}

struct Case {
  Reference given, seen;
  Inversion inversion;
  ErrorParts parts;
};

Case run(const MethodSpec& method, const Arithmetic& arithmetic, const Matrix& a) {
  static Machines machines;
  const Matrix stored = rounded_input(method, a, arithmetic);
  Case each{invert_reference(a),
            invert_reference(stored),
            invert(method, arithmetic, stored, machines.machine_for(arithmetic)),
            {}};
  const Matrix exact = invert(method, arithmetic, stored, machines.exact_machine()).x;
  each.parts = error_parts(each.given, each.seen, truncates(method, a.rows()) ? &exact : nullptr,
                           each.inversion.before_output, each.inversion.x);
  return each;
}

std::vector<Json> methods_of_all_kinds() {
  std::vector<Json> list;
  for (const Method& method : methods()) {
    if (method.input == nullptr) list.emplace_back(method.description.name);
  }
  list.push_back({{"method", "residual-neumann"}, {"order", 3}, {"terms", 8}});
  list.push_back({{"method", "newton-schulz"}, {"start", "identity-minus-a"}, {"steps", 2}});
  list.push_back({{"method", "neumann"}, {"degree", 5}});
  list.push_back({{"method", "refine"}, {"base", {{"method", "neumann"}, {"degree", 3}}}});
  return list;
}

TEST(ErrorParts, add_up_to_the_total_error_for_every_method) {
  for (const int n : {16, 40}) {
    const Matrix a = a_of({{"family", "gdn"}, {"keys", "silu"}}, n);
    for (const Json& method : methods_of_all_kinds()) {
      for (const Json& arithmetic :
           std::vector<Json>{"bf16", {{"arithmetic", "fp16"}, {"output", "storage"}}, "int8", "fp64", "mxfp8"}) {
        const Case each = run(method_of(method), arithmetic_of(arithmetic), a);
        if (!all_finite(each.inversion.x)) continue;
        const double scale = max_abs(each.given.high);
        for (std::size_t k = 0; k < a.values().size(); ++k) {
          // In two parts each, so that no rounding of this test is seen: the leading ones cancel first.
          double high = 0, low = 0;
          for (const ExtendedMatrix* part :
               {&each.parts.formation, &each.parts.truncation, &each.parts.rounding, &each.parts.output}) {
            const DoubleDouble s = two_sum(high, part->high.values()[k]);
            high = s.high;
            low += s.low + part->low.values()[k];
          }
          const DoubleDouble error = two_sum(each.inversion.x.values()[k], -each.given.high.values()[k]);
          const double gap = ((high - error.high) + (low - error.low)) + each.given.low.values()[k];
          const double largest = std::max(scale, std::abs(high));
          ASSERT_LE(std::abs(gap), 0x1p-60 * largest) << method << " " << arithmetic << " n " << n;
        }
      }
    }
  }
}

TEST(ErrorParts, truncation_is_of_methods_that_leave_something_out) {
  const auto leaves = [](const Json& method, int n) { return truncates(method_of(method), n); };
  for (const char* name :
       {"row-substitution", "mch", "mbh", "mxr", "recursive", "blocked-substitution", "gauss-jordan"})
    EXPECT_FALSE(leaves(name, 64)) << name;
  EXPECT_FALSE(leaves({{"method", "neumann"}, {"degree", 15}}, 16));
  EXPECT_TRUE(leaves({{"method", "neumann"}, {"degree", 15}}, 17));
  EXPECT_FALSE(leaves({{"method", "newton-schulz"}, {"start", "identity-minus-a"}, {"steps", 5}}, 64));
  EXPECT_TRUE(leaves({{"method", "newton-schulz"}, {"start", "identity-minus-a"}, {"steps", 4}}, 64));
  EXPECT_TRUE(leaves("newton-schulz", 64));
  EXPECT_TRUE(leaves({{"method", "residual-neumann"}, {"order", 3}, {"terms", 8}}, 64));
  EXPECT_FALSE(leaves({{"method", "residual-neumann"}, {"order", 3}, {"terms", 16}}, 64));
}

// Of every method, with the MPFR machine as the judge.
TEST(ErrorParts, whatever_does_not_truncate_is_exact_on_an_exact_machine) {
  const int n = 24;
  const Matrix a = a_of({{"family", "uniform"}, {"scale", 0.5}}, n);
  const Reference reference = invert_reference(a);
  const Arithmetic fp64 = arithmetic_of("fp64");
  Machine machine(make_exact_engine(4000));
  int exact = 0;
  for (const Json& given : methods_of_all_kinds()) {
    const MethodSpec method = method_of(given);
    const double error = relative_frobenius(invert(method, fp64, a, machine).x, reference);
    if (truncates(method, n)) continue;  // how much depends on A
    EXPECT_LT(error, 0x1p-52) << given;
    ++exact;
  }
  EXPECT_GE(exact, 12);
}

TEST(ErrorParts, each_has_the_cause_that_made_it) {
  const Matrix a = a_of({{"family", "gdn"}, {"keys", "silu"}}, 64);
  const auto shares = [&](const Json& method, const Json& arithmetic) {
    const Case each = run(method_of(method), arithmetic_of(arithmetic), a);
    return shares_of(each.parts, each.given);
  };
  const ErrorShares stored = shares("row-substitution", {{"arithmetic", "fp64"}, {"output", "storage"}});
  EXPECT_EQ(stored.formation.value, 0);
  EXPECT_EQ(stored.truncation.value, 0);
  const ErrorShares bf16 = shares("mxr", {{"arithmetic", "bf16"}, {"output", "storage"}});
  EXPECT_GT(bf16.formation.value, 1e-4);  // bf16 entry of A
  EXPECT_EQ(bf16.truncation.value, 0);
  EXPECT_GT(bf16.rounding.value, 1e-4);
  EXPECT_NEAR(bf16.output.value, 1.5e-3, 1.5e-3);
  EXPECT_EQ(shares("mxr", "bf16").output.value, 0);
  const ErrorShares cut = shares({{"method", "neumann"}, {"degree", 2}}, "fp32");
  EXPECT_GT(cut.truncation.value, 1000 * cut.rounding.value);
}

}  // namespace tristab::error_parts_test
