// library.h: matrices and layers, and what becomes of them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/judge/checked_input.h"
#include "tristab/library/given_arrays.h"
#include "tristab/matrix/layer_arrays.h"

namespace tristab::library {
namespace {

constexpr const char* kLayer = "the layer";

bool only_a(const Tensors& tensors) { return tensors.size() == 1 && tensors.begin()->first == "A"; }

const ArrayView& keys_of(const Tensors& tensors) {
  const auto keys = tensors.find("k");
  if (keys == tensors.end()) refuse_input(kLayer, "no k", "k, beta, and what else its rule has");
  return keys->second;
}

// [(batch,) heads, chunks, n, n] of a layer's matrices, which come in that order; [matrices, n, n] of packed sequences.
std::vector<std::int64_t> shape_of_matrices(const Tensors& tensors, const OpenedInput& input) {
  const std::int64_t n = input.n, count = input.available;
  if (tensors.contains("cu_seqlens")) return {count, n, n};
  const JsonValue last = input.source->problem(input.n, input.available - 1).source;
  const std::int64_t chunks = last.json().at("chunk").get<std::int64_t>() + 1;
  const ArrayView& keys = keys_of(tensors);
  if (keys.shape.size() < 4) return {count / chunks, chunks, n, n};
  return {keys.shape[0], count / chunks / keys.shape[0], chunks, n, n};
}

Array inverses(const Inverter& inverter, const OpenedInput& input, std::vector<std::int64_t> shape) {
  Array all(inverter.dtype(), std::move(shape));
  const Setting setting = inverter.declared().setting();
  const std::int64_t size = std::int64_t{input.n} * input.n;
  on_all_cores(input.available, [&](int index, Machines& machines) {
    const Inversion inversion = computed_inverse(input.source->problem(input.n, index), setting, machines);
    all.store(index * size, inversion.x.values().data(), size);
  });
  return all;
}

const Recipe* kernel_of(const Inverter& inverter) {
  const std::optional<Recipe>& kernel = inverter.declared().kernel;
  return kernel ? &*kernel : nullptr;
}

Array formed(const Tensors& tensors, int chunk, const Recipe* kernel, const Formation& formation) {
  keys_of(tensors);
  const GivenArrays given(tensors);
  const OpenedInput input = given.open("tristab.form", chunk, kernel);
  Setting setting;
  setting.kernel = kernel;
  setting.formation = &formation;
  Array all(Dtype::f64, shape_of_matrices(tensors, input));
  const std::int64_t size = std::int64_t{input.n} * input.n;
  on_all_cores(input.available, [&](int index, Machines& machines) {
    const Problem problem = input.source->problem(input.n, index);
    const std::optional<Matrix> a = formed_matrix(problem.tokens.get(), setting, machines);
    all.store(index * size, (a ? *a : problem.a).values().data(), size);
  });
  return all;
}

// One sequence's rows of a part among those of all: [(batch,) tokens, heads, width].
class TokenRows {
 public:
  TokenRows(const std::vector<std::int64_t>& keys, std::int64_t heads, std::int64_t width)
      : tokens_(keys[keys.size() - 3]), heads_(heads), width_(width), batched_(keys.size() == 4 && keys[0] > 1) {
    shape_.assign(keys.begin(), keys.end() - 2);
    shape_.insert(shape_.end(), {heads, width});
    array_ = Array(Dtype::f64, shape_);
  }
  void store(const OutputPlace& place, const Matrix& rows) {
    const std::int64_t batch = batched_ ? place.sequence : 0;
    for (int i = 0; i < place.rows; ++i) {
      const std::int64_t token = batch * tokens_ + place.token + i;
      array_.store((token * heads_ + place.head.value_or(0)) * width_, rows.row(i), width_);
    }
  }
  Array take() { return std::move(array_); }

 private:
  std::int64_t tokens_, heads_, width_;
  bool batched_;
  std::vector<std::int64_t> shape_;
  Array array_;
};

}  // namespace

std::vector<BorrowedArray> borrowed(const Tensors& tensors) {
  std::vector<BorrowedArray> arrays;
  for (const auto& [name, array] : tensors) arrays.push_back({name, array.dtype, array.shape, array.data});
  if (only_a(tensors)) arrays.front().name = "array";
  return arrays;
}

GivenArrays::GivenArrays(const Tensors& tensors) : file_(only_a(tensors) ? "A" : kLayer, borrowed(tensors)) {
  if (only_a(tensors)) return;
  keys_of(tensors);
  if (tensors.size() == 1) refuse_input(kLayer, "k alone", "k, beta, and what else its rule has");
  // A misspelt gate would be no gate.
  static const std::vector<std::string> known = [] {
    std::vector<std::string> names{"k", "q", "v", "g", "cu_seqlens", "l2norm", "log_base", "steps"};
    for (const DeltaRule& rule : delta_rules()) {
      for (const RulePart& part : rule.parts) {
        if (std::ranges::find(names, part.name) == names.end()) names.push_back(part.name);
      }
    }
    return names;
  }();
  for (const auto& [name, array] : tensors) {
    if (std::ranges::find(known, name) == known.end()) throw_unknown_name(kLayer, "tensor of a layer", name, known);
  }
}

Json GivenArrays::family() const { return {{"family", "file"}, {"path", file_.path()}}; }

void check_range(const char* name, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high)
    refuse(name, std::to_string(value), fmt::format("a whole number from {} to {}", low, high));
}

OpenedInput GivenArrays::open(const std::string& who, int chunk, const Recipe* kernel) const {
  check_range("chunk", chunk, 0, largest_size);
  return open_chosen(family(), chunk, usual_chunk(kernel), kernel, file_.path(), file_.path(), {who, ""});
}

Array invert(const Inverter& inverter, const ArrayView& a) {
  const GivenArrays given({{"A", a}});
  return inverses(inverter, given.open("tristab.invert", 0, kernel_of(inverter)), a.shape);
}

Array invert(const Inverter& inverter, const Tensors& tensors, int chunk) {
  if (only_a(tensors)) return invert(inverter, tensors.at("A"));
  const GivenArrays given(tensors);
  const OpenedInput input = given.open("tristab.invert", chunk, kernel_of(inverter));
  return inverses(inverter, input, shape_of_matrices(tensors, input));
}

Array form(const Tensors& tensors, int chunk, const std::string& formation) {
  return formed(tensors, chunk, nullptr, only_one(expand_formation(Json(formation), "formation"), "formation"));
}

Array form(const Tensors& tensors, int chunk, const Inverter& inverter) {
  return formed(tensors, chunk, kernel_of(inverter), inverter.declared().formation);
}

Arrays layer(const Inverter& inverter, const Tensors& tensors, int chunk, const std::string& arithmetic) {
  const GivenArrays given(tensors);
  const OpenedInput input = given.open("tristab.layer", chunk, kernel_of(inverter));
  const CheckedInput sequences(*input.source, input.n);
  if (!sequences.has_outputs()) refuse_input(kLayer, "no q and v", "k, q, v, beta, and what else its rule has");
  const LayerArithmetic rest = make_layer_arithmetic(Json(arithmetic), "arithmetic");
  const Recipe recipe = inverter.declared().recipe({"tristab.layer", ""});
  OutputParts wanted;
  wanted.fill(true);
  const CheckedUnit first = sequences.unit(0);
  const std::int64_t values = first.tokens->values.columns(), width = first.tokens->keys.columns();
  const std::vector<std::int64_t>& keys = keys_of(tensors).shape;
  const std::int64_t heads = tensors.at("v").shape[tensors.at("v").shape.size() - 2];
  std::map<OutputPart, TokenRows> rows;
  rows.try_emplace(OutputPart::inverse, keys, heads, input.n);
  rows.try_emplace(OutputPart::w, keys, heads, width);
  rows.try_emplace(OutputPart::u, keys, heads, values);
  rows.try_emplace(OutputPart::o, keys, heads, values);
  // Packed sequences may have no tokens: their state stays 0.
  const auto bounds = tensors.find("cu_seqlens");
  const std::int64_t size = width * values,
                     states = bounds == tensors.end() ? sequences.units() / heads : bounds->second.shape.at(0) - 1;
  const bool batched = keys.size() == 4 || tensors.contains("cu_seqlens");
  Array state(Dtype::f64, batched ? std::vector{states, heads, width, values} : std::vector{heads, width, values});
  on_all_cores(sequences.units(), [&](int index, Machines& machines) {
    const CheckedUnit unit = sequences.unit(index);
    const Results results = emulated(unit, recipe, rest, wanted, machines);
    for (auto& [part, to] : rows) {
      for (std::size_t c = 0; c < unit.places.size(); ++c) to.store(unit.places[c], results[part][c]);
    }
    const OutputPlace& place = unit.places.front();
    state.store((place.sequence * heads + place.head.value_or(0)) * size,
                results[OutputPart::state].front().values().data(), size);
  });
  Arrays all;
  for (auto& [part, array] : rows) all.emplace(name_of(part), array.take());
  all.emplace(name_of(OutputPart::state), std::move(state));
  return all;
}

Array generate(const std::string& family, int chunk, int trials, std::uint64_t seed) {
  check_range("chunk", chunk, 1, largest_size);
  check_range("trials", trials, 1, most_trials);
  const FamilySpec spec = only_one(expand_family(parse_inline(family, "family", "family"), "family"), "family");
  const std::unique_ptr<Source> source = open_source(spec, seed, trials, "", "family");
  const int count = source->count(chunk);
  if (count == 0) refuse("chunk", std::to_string(chunk), "a size of which " + spec.label + " has a matrix");
  Array all(Dtype::f64, {count, chunk, chunk});
  const std::int64_t size = std::int64_t{chunk} * chunk;
  on_all_cores(count, [&](int index, Machines&) {
    all.store(index * size, source->problem(chunk, index).a.values().data(), size);
  });
  return all;
}

Arrays generate_layer(const std::string& family, int chunk, int chunks, int trials, std::uint64_t seed) {
  check_range("chunk", chunk, 1, largest_size);
  check_range("chunks", chunks, 1, most_chunks);
  check_range("trials", trials, 1, most_trials);
  const FamilySpec spec = only_one(expand_family(parse_inline(family, "family", "family"), "family"), "family");
  const std::unique_ptr<Source> source = open_source(spec, seed, trials, "", "family");
  if (source->sequences() == 0)
    refuse("family", "'" + spec.label + "', which has no keys", "a family of a delta rule, such as gdn");
  std::vector<TokenInputs> heads(static_cast<std::size_t>(source->sequences()));
  on_all_cores(source->sequences(), [&](int index, Machines&) {
    heads[static_cast<std::size_t>(index)] = source->sequence(index, chunk, chunks).tokens;
  });
  Arrays all;
  for (const NamedArray& each : layer_arrays(heads)) {
    Array array(Dtype::f64, each.shape);
    array.store(0, each.values.data(), static_cast<std::int64_t>(each.values.size()));
    all.emplace(each.name, std::move(array));
  }
  return all;
}

}  // namespace tristab::library
