// The family target-norm: the base's matrices at another size, and what it refuses.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "test_support.h"

#include "tristab/base/json.h"

namespace tristab::target_norm_test {

using testing_support::bytes_of;
using testing_support::matrix_of;
using testing_support::message_of;
using testing_support::npy_bytes;
using testing_support::open;
using testing_support::TemporaryDirectory;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

// Largest row sum of absolute values, by a loop of the test's own.
double largest_row_sum(const Matrix& a) {
  double largest = 0;
  for (int i = 0; i < a.rows(); ++i) {
    double sum = 0;
    for (int j = 0; j < a.columns(); ++j) sum += std::fabs(a(i, j));
    largest = std::max(largest, sum);
  }
  return largest;
}

Json of(const Json& base, double norm) { return {{"family", "target-norm"}, {"base", base}, {"norm_inf", norm}}; }

std::string usage(const Json& given) {
  return message_of<UsageError>([&] { expand_family(given, "a.json: families[2]"); });
}

TEST(TargetNormFamily, norm_is_met_and_entries_keep_the_proportions_of_the_base) {
  for (const Json& base : {Json("uniform"), Json("normal"), Json("ones"), Json("delta-net"),
                           Json{{"family", "gdn"}, {"keys", "collinear"}}}) {
    for (const double norm : {1e-3, 37.3, 1000.0}) {
      for (const int n : {2, 17, 64}) {
        const int trial = base == "ones" ? 0 : 3;  // which has one
        const Matrix a = matrix_of(of(base, norm), n, trial), b = matrix_of(base, n, trial);
        EXPECT_NEAR(largest_row_sum(a) / norm, 1.0, n * epsilon) << base << " " << n;
        for (int i = 0; i < n; ++i) {
          for (int j = 0; j < n; ++j) {
            // a_ij / b_ij is the same for all: compared crosswise with the entry (1, 0).
            EXPECT_NEAR(a(i, j) * b(1, 0), b(i, j) * a(1, 0), 8 * epsilon * std::fabs(a(i, j) * b(1, 0)));
            if (j >= i) {
              EXPECT_EQ(a(i, j), 0.0);
            }
          }
        }
      }
    }
  }
}

// All ones: ||B||_inf = n - 1, so a target of (n - 1) / 4 makes every entry a quarter.
TEST(TargetNormFamily, ones_become_the_target_over_the_number_of_columns) {
  const Matrix a = matrix_of(of("ones", 63.0 / 4), 64);
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < i; ++j) EXPECT_EQ(a(i, j), 0.25);
  }
  EXPECT_EQ(open(of("ones", 2), 1, 50)->count(64), 1);
  EXPECT_EQ(open(of("uniform", 2), 1, 50)->count(64), 50);
}

TEST(TargetNormFamily, identity_depends_on_base_seed_trial_and_norm) {
  const auto source = open(of("gdn", 37.3), 7, 5);
  const Problem problem = source->problem(32, 2);
  EXPECT_TRUE(problem.id.starts_with("target-norm-32-0002-")) << problem.id;
  EXPECT_EQ(problem.trial, 2);
  EXPECT_TRUE(problem.source.is_null());
  EXPECT_EQ(open(of({{"family", "gdn"}, {"head_dim", 128}}, 37.3), 7, 3)->problem(32, 2).id, problem.id);
  for (const auto& other :
       {open(of("gdn", 37.4), 7, 5), open(of("gdn", 37.3), 8, 5), open(of("gdn:head_dim=64", 37.3), 7, 5)}) {
    EXPECT_NE(other->problem(32, 2).id, problem.id);
  }
  EXPECT_NE(source->problem(32, 1).id, problem.id);
  EXPECT_NE(open("gdn", 7, 5)->problem(32, 2).id, problem.id);
}

TEST(TargetNormFamily, settings_hold_the_base_with_all_its_parameters) {
  EXPECT_EQ(expand_family("target-norm:base=uniform", "p").front().settings.json().dump(),
            R"({"base":{"family":"uniform","scale":0.5},"norm_inf":37.3})");
  EXPECT_EQ(expand_family("target-norm", "p").front().settings,
            expand_family(of({{"family", "gdn"}, {"keys", "silu"}}, 37.3), "p").front().settings);
  EXPECT_EQ(expand_family({{"family", "target-norm"}, {"base", {"gdn", "ones"}}, {"norm_inf", {1, 2, 3}}}, "p").size(),
            6u);
}

TEST(TargetNormFamily, a_file_is_rescaled_matrix_by_matrix_and_keeps_its_source) {
  const TemporaryDirectory directory;
  directory.write("A.npy", npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2, 2), }",
                                     bytes_of<double>({0, 0, 0.5, 0, 0, 0, -4, 0})));
  const auto source = open(of({{"family", "file"}, {"path", "A.npy"}}, 3), 1, 8, directory.path());
  ASSERT_EQ(source->count(2), 2);
  EXPECT_EQ(source->count(4), 0);
  EXPECT_EQ(source->sizes(), std::vector<int>{2});
  EXPECT_EQ(source->problem(2, 0).a(1, 0), 3.0);
  EXPECT_EQ(source->problem(2, 1).a(1, 0), -3.0);
  EXPECT_EQ(source->problem(2, 1).source.json().at("file"), "A.npy");
  EXPECT_NE(source->problem(2, 0).id, source->problem(2, 1).id);
  EXPECT_NE(message_of<InputError>([&] {
              open(of({{"family", "file"}, {"path", "B.npy"}}, 3), 1, 8, directory.path());
            }).find("families[0].base.path: "),
            std::string::npos);
}

TEST(TargetNormFamily, a_zero_matrix_cannot_be_rescaled) {
  const std::string message = message_of<UsageError>([] { matrix_of(of("zeros", 1), 4); });
  EXPECT_TRUE(message.starts_with("families[0].base: found a matrix with ||A||_inf = 0 (zeros-4-0000-")) << message;
  EXPECT_TRUE(message.ends_with("; allowed: one that can be brought to 1")) << message;
  EXPECT_NE(message_of<UsageError>([] { matrix_of("target-norm", 1); }), "no exception");
  const TemporaryDirectory directory;
  directory.write("Z.npy",
                  npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }", bytes_of<double>({0})));
  const auto source = open(of({{"family", "file"}, {"path", "Z.npy"}}, 3), 1, 8, directory.path());
  EXPECT_NE(message_of<InputError>([&] { source->problem(1, 0); }).find("||A||_inf = 0"), std::string::npos);
}

TEST(TargetNormFamily, wrong_bases_are_refused_with_their_place) {
  EXPECT_NE(usage(of("gnd", 1)).find("a.json: families[2].base: no family is called 'gnd'; did you mean 'gdn'"),
            std::string::npos);
  EXPECT_NE(usage(of({{"family", "uniform"}, {"scael", 1}}, 1)).find("did you mean 'scale'?"), std::string::npos);
  EXPECT_EQ(usage(of({{"family", "uniform"}, {"scale", {0.1, 0.5}}}, 1)),
            "a.json: families[2].base: found 2 settings; allowed: one family without lists (make a list of bases "
            "instead)");
  EXPECT_EQ(usage(of("target-norm", 1)), "a.json: families[2].base: found target-norm; allowed: any other family");
  EXPECT_NE(usage(of(3, 1)).find("families[2].base: found 3"), std::string::npos);
  EXPECT_NE(usage(of("gdn", 0)).find("norm_inf: found 0"), std::string::npos);
  EXPECT_NE(usage(of("gdn", -1)), "no exception");
}

}  // namespace tristab::target_norm_test
