// tristab for programs: inverses as kernels compute them, bit for bit; the exact ones; and how they differ.
//
//   #include <tristab/library/library.h>
//   using namespace tristab::library;
//
//   const Inverter kernel("fla-solve-tril");                       // or Inverter("mxr:block=8", "fp16")
//   const Array t = invert(kernel, {a, Dtype::f32, {batch, 64, 64}});
//   const Judgement judged = check({{"A", {a, Dtype::f32, {batch, 64, 64}}}}, {{"T", mine}}, {.inverter = kernel});
//   if (!judged.passed) std::cerr << judged.text;
//
// A is strictly lower triangular, n x n, and T = (I + A)^-1. Arrays are in row-major order. A layer is its tensors by
// name, as files hold them: k, q [(batch,) tokens, key heads, d_k], v [(batch,) tokens, heads, d_v], beta [(batch,)
// tokens, heads], g [(batch,) tokens, heads (, d_k)], the log decay of each token, and what else its rule has
// (`tristab list rules`). Names of kernels, methods, arithmetics, formations and families are those of the program,
// with parameters as there ("mxr:block=8"), or JSON objects as text.
//
// All functions may be called by several threads. Each uses all cores, and gives the same bits for any number of them.
// They throw UsageError for what was asked, InputError for what arrays and files hold (tristab/base/error_kinds.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/dtype.h"
#include "tristab/base/error_kinds.h"

namespace tristab {
struct DeclaredSetting;
}

namespace tristab::library {

// Numbers that belong to the caller: f64, f32, f16 or bf16; cu_seqlens i64 or i32.
struct ArrayView {
  const void* data = nullptr;
  Dtype dtype = Dtype::f64;
  std::vector<std::int64_t> shape;
};
using Tensors = std::map<std::string, ArrayView>;

// Numbers of its own, f64 or f32.
class TRISTAB_API Array {
 public:
  Array() = default;
  Array(Dtype dtype, std::vector<std::int64_t> shape);

  Dtype dtype() const { return dtype_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t elements() const;
  const void* data() const { return bytes_.get(); }
  ArrayView view() const { return {data(), dtype_, shape_}; }
  // `count` numbers from element `first` on are rounded to the dtype and stored.
  void store(std::int64_t first, const double* numbers, std::int64_t count);
  std::shared_ptr<std::byte[]> share() const { return bytes_; }

 private:
  Dtype dtype_ = Dtype::f64;
  std::vector<std::int64_t> shape_;
  std::shared_ptr<std::byte[]> bytes_;
};
using Arrays = std::map<std::string, Array>;

// How T is computed.
class TRISTAB_API Inverter {
 public:
  // A kernel of `tristab list kernels`, with parameters ("fla-solve-tril:dot=tf32"), or the path of a recipe file.
  explicit Inverter(const std::string& kernel);
  // A method in an arithmetic; `formation`: how A is formed where keys and gates are given.
  Inverter(const std::string& method, const std::string& arithmetic, const std::string& formation = "exact");

  std::string label() const;        // "by mxr:block=8 in fp16"
  Dtype dtype() const;              // f32 if it represents every result, else f64
  std::vector<int> chunks() const;  // the sizes that the kernel takes; empty: any
  const DeclaredSetting& declared() const { return *declared_; }

 private:
  std::shared_ptr<const DeclaredSetting> declared_;
};

// T for matrices A, [n, n] or [batch, n, n]: what `tristab invert` writes, in inverter.dtype().
TRISTAB_API Array invert(const Inverter& inverter, const ArrayView& a);
// T of every chunk of a layer, A being formed as the inverter's formation says: [(batch,) heads, chunks, n, n]. A last
// chunk of fewer tokens is completed by zero rows. `chunk`, here and below: 0 for 64, or what the kernel takes. With
// cu_seqlens: [matrices, n, n], sequence after sequence.
TRISTAB_API Array invert(const Inverter& inverter, const Tensors& tensors, int chunk = 0);

// A of every chunk in f64, as a formation computes it ("exact": in double), or as the inverter's does; shapes as above.
TRISTAB_API Array form(const Tensors& tensors, int chunk = 0, const std::string& formation = "exact");
TRISTAB_API Array form(const Tensors& tensors, int chunk, const Inverter& inverter);

// What the layer computes from T, chunk after chunk: T [(batch,) tokens, heads, n], w, u, o [(batch,) tokens, heads, d]
// and the final state [(batch,) heads, d_k, d_v], in f64; everything but A and T in `arithmetic`, or in that of the
// kernel if it has one. Needs q and v; starts from the state 0.
TRISTAB_API Arrays layer(const Inverter& inverter, const Tensors& tensors, int chunk = 0,
                         const std::string& arithmetic = "bf16");

// Matrices of a family in f64, [trials, n, n]: what a sweep with this seed uses. `family`: "gdn:keys=silu", for
// instance, or a file, "file:path=k.safetensors".
TRISTAB_API Array generate(const std::string& family, int chunk = 64, int trials = 8, std::uint64_t seed = 1);
// Inputs of a layer of a family that has keys: its tensors, [chunks n, trials (, d)] in f64, one head a trial.
TRISTAB_API Arrays generate_layer(const std::string& family, int chunk = 64, int chunks = 4, int trials = 8,
                                  std::uint64_t seed = 1);

// The exact inverse of [n, n] or [batch, n, n].
struct Reference {
  Array high, low;               // X rounded to double, and X - high rounded to double
  std::vector<double> residual;  // of each matrix: a proved bound of ||I - (I + A) X||_F, at most 2^-80
};
TRISTAB_API Reference reference(const ArrayView& a);

// The numbers of a record (`tristab list metrics`) for each T against the exact inverse of A; both [n, n] or
// [batch, n, n]. NaN: undefined. With an inverter A is rounded as it rounds A, and errors are measured in its formats;
// without one A counts as given, and the format is that of T's numbers.
struct Measurement {
  std::vector<std::string> names;                    // of numbers
  std::vector<std::vector<double>> numbers;          // for each name one a matrix
  std::vector<std::string> status, for_format, fit;  // of each matrix; "" where there is none
};
TRISTAB_API Measurement measure(const ArrayView& a, const ArrayView& t,
                                const std::optional<Inverter>& inverter = std::nullopt,
                                const std::string& require = "4x-bf16");

// check: what a kernel returned, judged.
struct CheckOptions {
  std::optional<Inverter> inverter;        // what the output is said to be; none: it is searched
  int chunk = 0;                           // of a layer; 0: 64, or what the kernel takes
  std::string require = "4x-bf16", gates;  // gates with commas between them
  bool exact = false;                      // all bits of the kernel are required
  std::int64_t search = 4000;              // variants of recipes that are tried; 0: none
  const Tensors* again = nullptr;          // a second run's output: the same bits
};
struct Judgement {
  bool passed = false;
  std::string text, json;  // as `tristab check` prints them, 100 columns
};
// `input`: {"A": [batch, n, n]}, or a layer. `output`: T, or also w, u, o and state, as `layer` gives them, or with T
// as [matrices, n, n].
TRISTAB_API Judgement check(const Tensors& input, const Tensors& output, const CheckOptions& options = {});

// recommend: the cheapest setting that meets a requirement. `options`: a JSON object of the program's options by name
// without the dashes, {"family": "gdn:keys=silu", "chunk": 64, "require": "4x-bf16", "hunt": 0}. `input`: in place of
// the families, {"A": ...} or a layer; null: none.
struct Recommended {
  bool found = false;
  std::string text, json, recipe;  // `recipe`: of the answer, as a file that --kernels takes; "": no answer, or sizes
};
TRISTAB_API Recommended recommend(const std::string& options, const Tensors* input = nullptr);

// Runs a configuration, JSON text whose paths are relative to `directory`. Each function gets lines of JSON objects, in
// case order, one call at a time: those of results.schema.json.
struct SweepReceiver {
  std::function<void(std::string_view)> records, matrices, layers, rest;  // rest: summary, classes, expectations
};
TRISTAB_API void sweep(const std::string& config, const std::string& directory, const SweepReceiver& receiver,
                       int jobs = 0);

// What `tristab list` lists: "kernels", "methods", "arithmetics", "formations" or "families", as a JSON list of objects
// with name, summary, formula, source and parameters; kernels also have chunks, date and known.
TRISTAB_API std::string list(const std::string& kind);

TRISTAB_API std::string version();  // "1.0.0"

// Asks all functions that run to end soon: they throw Stopped. Until this is taken back, so does every other one.
TRISTAB_API void interrupt(bool on);

}  // namespace tristab::library
