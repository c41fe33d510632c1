// What FLA's Gated DeltaNet and KDA kernels returned on an H100 (T, w, u, o and the final state, from q, k, v, beta and g of
// trained layers) against the layer emulation that starts from the stored T.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include "support/shared_data.h"
#include "tristab/layer/chunked_layer.h"
#include "tristab/layer/layer_errors.h"
#include "tristab/matrix/layer_tensors.h"

namespace tristab {
namespace {

constexpr int n = 64;

// Rows [first, first + count) of head h of a tensor [tokens, heads, width].
Matrix rows_of(const TensorFile& file, const std::string& name, std::int64_t head, std::int64_t first, int count) {
  const Tensor* tensor = file.find(name);
  if (tensor == nullptr) throw std::runtime_error("no tensor " + name);
  const std::int64_t heads = tensor->shape[1], width = tensor->shape[2];
  Matrix matrix(count, static_cast<int>(width));
  file.read(*tensor, {(first * heads + head) * width, count, width, heads * width}, matrix.values().data());
  return matrix;
}

struct Equal {
  std::int64_t same = 0, all = 0;
  void add(const Matrix& x, const Matrix& y) {
    for (std::size_t i = 0; i < x.values().size(); ++i) same += x.values()[i] == y.values()[i];
    all += static_cast<std::int64_t>(x.values().size());
  }
  double fraction() const { return static_cast<double>(same) / static_cast<double>(all); }
};

double relative(const Matrix& x, const Matrix& exact) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < x.values().size(); ++i) {
    difference += (x.values()[i] - exact.values()[i]) * (x.values()[i] - exact.values()[i]);
    size += exact.values()[i] * exact.values()[i];
  }
  return std::sqrt(difference / size);
}

TEST(FlaLayers, from_the_stored_T) {
  const char* const file = "h100/fla_layers.safetensors";
  const std::filesystem::path data = shared_data(file);
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with " << file;
  const auto returned = TensorFile::open(data / file);
  Machines machines;
  for (const char* model : {"gdn", "gdnneg", "kda"}) {
    const bool kda = std::string(model) == "kda";
    const LayerArithmetic arithmetic = make_layer_arithmetic(
        Json{{"arithmetic", "bf16-h100"},
             {"exponential", "binary"},
             {"scores", kda ? Json{{"formation", "anchored"}, {"product", "tf32-h100"}, {"exponential", "binary"}}
                            : Json("exact")}},
        "test");
    const auto inputs = TensorFile::open(data / "models" / (std::string(model) + ".safetensors"));
    for (const char* layer : {"layer0", "layer6"}) {
      const LayerTensors tensors(inputs, layer);
      const std::string prefix = std::string(model) + "." + layer + ".";
      for (int head = 0; head < 4; ++head) {
        const TokenInputs tokens = tensors.read({0, head, 0, 512}, 512, true);
        const LayerTruth truth = establish_layer_truth(tokens, n);
        ChunkedLayer chunked(arithmetic, machines, 128, 128);
        LayerErrorCollector errors(truth, n);
        Equal w, u, o;
        Matrix all_o(512, 128);
        for (int chunk = 0; chunk < 8; ++chunk) {
          const Matrix t = rows_of(*returned, prefix + "T", head, chunk * n, n);
          const ChunkOutputs outputs = chunked.advance(token_rows(tokens, chunk * n, n, n), t);
          errors.add(outputs, chunked.state());
          w.add(outputs.w, rows_of(*returned, prefix + "w", head, chunk * n, n));
          u.add(outputs.u, rows_of(*returned, prefix + "u", head, chunk * n, n));
          o.add(outputs.o, rows_of(*returned, prefix + "o", head, chunk * n, n));
        }
        const double o_error = relative(rows_of(*returned, prefix + "o", head, 0, 512), truth.o);
        const Tensor* state_tensor = returned->find(prefix + "state");
        Matrix state(128, 128);
        returned->read(*state_tensor, {head * 16384, 1, 16384, 16384}, state.values().data());
        const double state_error = relative(state, truth.states.back());
        printf("%s%d w %.5f u %.5f o %.4f | o %.5g vs %.5g (%.4f) state %.5g vs %.5g (%.4f)\n", prefix.c_str(), head,
               w.fraction(), u.fraction(), o.fraction(), errors.errors().whole.o, o_error,
               errors.errors().whole.o / o_error - 1, errors.errors().whole.state, state_error,
               errors.errors().whole.state / state_error - 1);
      }
    }
  }
}

}  // namespace
}  // namespace tristab
