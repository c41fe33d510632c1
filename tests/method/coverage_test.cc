// Every method in every arithmetic at every size, on trained layers too: no refusal, and sound results.
#include "problems.h"
#include "tristab/arithmetic/case_precision.h"
#include "tristab/metric/verdict.h"

#include "tristab/base/json.h"

namespace tristab::coverage_test {

std::vector<Json> all_arithmetics() {
  std::vector<Json> list;
  for (const Description& description : arithmetic_descriptions()) {
    if (description.name != "eXmY") list.emplace_back(description.name);
  }
  for (const char* name : {"e5m7", "e4m3", "e9m30", "e8m12-pure"}) list.emplace_back(name);
  for (const std::string& rounding : rounding_names()) list.push_back({{"arithmetic", "fp16"}, {"rounding", rounding}});
  list.push_back({{"arithmetic", "bf16"}, {"fma", true}, {"output", "storage"}});
  list.push_back({{"arithmetic", "fp16"}, {"accumulate", "fp16"}});
  list.push_back({{"arithmetic", "fp16"}, {"accumulator_rounding", "toward-zero"}});
  for (const char* scale : {"tensor", "row"}) {
    for (const char* rule : {"amax", "power-of-two"}) {
      for (const char* identity : {"inside", "outside"}) {
        list.push_back({{"arithmetic", "int8"}, {"scale", scale}, {"scale_rule", rule}, {"identity", identity}});
      }
    }
  }
  return list;
}

// All that invert A alone (ungated_test.cc has the one that does not).
std::vector<Method> methods_without_decay() {
  std::vector<Method> list;
  for (const Method& method : methods()) {
    if (method.input == nullptr) list.push_back(method);
  }
  return list;
}

// Equal, where NaN equals NaN.
bool same_bits(const Matrix& x, const Matrix& y) {
  for (std::size_t i = 0; i < x.values().size(); ++i) {
    const double a = x.values()[i], b = y.values()[i];
    if (!(a == b && std::signbit(a) == std::signbit(b)) && !(std::isnan(a) && std::isnan(b))) return false;
  }
  return x.values().size() == y.values().size();
}

TEST(Coverage, every_method_in_every_arithmetic_inverts_every_shape_of_size) {
  for (const int n : {16, 33, 64}) {
    const Matrix a = matrices({{"family", "gdn"}, {"keys", "silu"}}, n, 1).at(0);
    const Reference reference = invert_reference(a);
    for (const Method& method : methods_without_decay()) {
      for (const Json& arithmetic : all_arithmetics()) {
        const Inversion inversion = inverted(method.description.name, arithmetic, a);
        ASSERT_EQ(inversion.x.rows(), n);
        for (int i = 0; i < n; ++i) {
          for (int j = i + 1; j < n; ++j) {
            const double x = inversion.x(i, j);
            ASSERT_TRUE(x == 0 || std::isnan(x))
                << method.description.name << " " << arithmetic << " above the diagonal";
          }
        }
        const StageTrace total = inversion.trace.total();
        EXPECT_GT(total.matmuls + total.vector_steps, 0) << method.description.name;
        EXPECT_GT(inversion.trace.workspace_bytes, 0) << method.description.name;
        // Gauss-Jordan leaves the unit diagonal alone: all that it computes lies below.
        if (method.description.name != "gauss-jordan") {
          EXPECT_GE(total.largest_live, 1) << method.description.name << " " << arithmetic;
        }
      }
    }
    // Stable methods are as good as their format on these mild matrices.
    for (const Json& arithmetic : all_arithmetics()) {
      const double u = arithmetic_of(arithmetic).unit_roundoff();
      for (const char* method : {"row-substitution", "mbh", "blocked-substitution", "recursive"}) {
        const double error = relative_frobenius(inverted(method, arithmetic, a).x, reference);
        EXPECT_LT(error, 60 * n * u) << method << " " << arithmetic << " n " << n;
      }
    }
  }
}

TEST(Coverage, every_method_runs_on_the_largest_size) {
  const Matrix a = matrices({{"family", "gdn"}, {"keys", "silu"}}, 256, 1).at(0);
  for (const Method& method : methods_without_decay()) {
    for (const char* arithmetic : {"fp32", "bf16", "int8"}) {
      EXPECT_EQ(inverted(method.description.name, arithmetic, a).x.rows(), 256) << method.description.name;
    }
  }
}

TEST(Coverage, every_method_in_every_preset_runs_on_every_trained_slice) {
  for (const char* model : {"gdn", "gdnneg", "deltanet", "kda"}) {
    for (const char* layer : {"layer0", "layer6"}) {
      const Json family{{"family", "file"}, {"path", std::string(model) + "-slice.safetensors"}, {"layer", layer}};
      const Matrix a = matrices(family, 64, 1).at(0);
      const Reference reference = invert_reference(a);
      for (const Method& method : methods_without_decay()) {
        for (const Description& arithmetic : arithmetic_descriptions()) {
          if (arithmetic.name == "eXmY") continue;
          const Inversion inversion = inverted(method.description.name, arithmetic.name, a);
          ASSERT_EQ(inversion.x.rows(), 64) << model << " " << layer << " " << method.description.name;
        }
      }
      EXPECT_LT(relative_frobenius(inverted("row-substitution", "fp32", a).x,
                                   invert_reference(round_input(a, arithmetic_of("fp32")))),
                1e-6);
      EXPECT_LT(relative_frobenius(inverted("mbh", "bf16", a).x, reference), 0.05) << model << " " << layer;
    }
  }
}

// The constants are calibrated on these methods (results/README.md); other draws must be normal as well.
TEST(Coverage, substitution_is_normal_on_draws_outside_the_calibration) {
  const Json families[] = {{{"family", "uniform-signed"}, {"condition", 1.2}},
                           {{"family", "uniform"}, {"scale", 0.5}},
                           {{"family", "gdn"}, {"keys", "silu"}, {"negative", true}},
                           {{"family", "dlattr"}, {"condition", 30}},
                           {{"family", "delta-net"}, {"keys", "clustered"}}};
  for (const Json& family : families) {
    for (const Matrix& a : matrices(family, 64, 4, 99)) {
      for (const char* name : {"fp64", "fp32", "tf32", "fp16", "bf16", "fp16-pure", "bf16-pure", "e5m7", "int16"}) {
        const Arithmetic arithmetic = arithmetic_of(name);
        const Matrix rounded = round_input(a, arithmetic);
        const Reference reference = invert_reference(rounded);
        const ReferenceFacts facts = establish_facts(rounded, reference);
        for (const char* method : {"row-substitution", "column-sweep", "blocked-substitution"}) {
          const Inversion inversion = inverted(method, name, a);
          const CasePrecision precision = precision_of({{"*", &arithmetic}}, inversion.trace);
          const MetricValues values =
              measure({inversion.x, rounded, reference, facts, precision.unit_roundoff, arithmetic.storage.precision,
                       arithmetic.storage.min_exponent, precision.unit_roundoff_sums, precision.step});
          EXPECT_EQ(judge_for_format(values, precision.step > 0, false), ForFormat::normal)
              << family << " " << name << " " << method;
        }
      }
    }
  }
}

TEST(Coverage, a_machine_gives_the_same_bits_whatever_it_ran_before) {
  const Matrix a = matrices({{"family", "gdn"}, {"keys", "silu"}}, 64, 1).at(0);
  for (const Method& method : methods_without_decay()) {
    for (const char* arithmetic : {"fp16", "int8"}) {
      const Inversion first = inverted(method.description.name, arithmetic, a);
      inverted("mch", arithmetic, matrices("ones", 128, 1).at(0));  // fills buffers with NaN
      const Inversion second = inverted(method.description.name, arithmetic, a);
      EXPECT_TRUE(same_bits(first.x, second.x)) << method.description.name;
      EXPECT_EQ(first.trace.workspace_bytes, second.trace.workspace_bytes) << method.description.name;
    }
  }
}

}  // namespace tristab::coverage_test
