// Reads files of tensors: NumPy's .npy and .npz, and .safetensors with the layers in it. Promises: every tensor that is
// listed is found, and lies inside its file; A is finite and strictly lower triangular.
#include <algorithm>
#include <cmath>

#include "target.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/layer_tensors.h"
#include "tristab/matrix/source.h"
#include "tristab/matrix/tensor_file.h"

namespace tristab::fuzz {
namespace {

void check_matrix(const Matrix& a) {
  for (int i = 0; i < a.rows(); ++i) {
    for (int j = 0; j < a.columns(); ++j)
      require(std::isfinite(a(i, j)) && (j < i || a(i, j) == 0), "A is finite and strictly lower triangular");
  }
}

void read_tensor(const TensorFile& file, const Tensor& tensor) {
  require(file.find(tensor.name) == &tensor, "a tensor is found by its name");
  require(!tensor.shape_text().empty(), "a shape has a text");
  const std::int64_t elements = std::min<std::int64_t>(tensor.elements(), std::int64_t{1} << 16);
  std::vector<double> values(static_cast<std::size_t>(elements));
  attempt([&] {
    ValueRange range;
    file.survey(tensor, tensor.elements() - elements, elements, range);
  });
  attempt([&] { file.read(tensor, {0, 1, elements, elements}, values.data()); });
  attempt([&] { file.read_results(tensor, {tensor.elements() - elements, elements, 1, 1}, values.data()); });
  attempt([&] { file.read_integers(tensor); });
}

void read_source(const Json& family) {
  attempt([&] {
    const auto source = open_source(expand_family(family, "--family").front(), 1, 1, "", "--family");
    std::vector<int> sizes = source->sizes();
    if (sizes.empty()) sizes = {16, 64};
    for (const int n : sizes) {
      const int count = source->count(n);
      for (const int index : {0, count - 1}) {
        if (index >= 0 && index < count && n <= 256) attempt([&] { check_matrix(source->problem(n, index).a); });
      }
    }
    if (source->sequences() > 0) source->sequence(source->sequences() - 1, 16, 4);
    source->notes();
  });
}

}  // namespace

void read_tensors(const std::filesystem::path& path) {
  std::shared_ptr<const TensorFile> file;
  if (!attempt([&] { file = TensorFile::open(path); })) return;
  std::vector<std::string> layers;
  for (const Tensor& tensor : file->tensors()) read_tensor(*file, tensor);
  attempt([&] { layers = layer_names(*file); });
  const Json family{{"family", "file"}, {"path", path.string()}};
  read_source(family);
  for (const std::string& layer : layers) {
    Json one = family;
    if (!layer.empty()) one["layer"] = layer;
    read_source(one);
    one["tail"] = "short";
    read_source(one);
  }
  if (file->tensors().size() > 1) {
    Json one = family;
    one["tensor"] = file->tensors().front().name;
    read_source(one);
  }
}

const Target npy{"npy", [](std::string_view input) { read_tensors(file_with(input, "a.npy")); }};
const Target npz{"npz", [](std::string_view input) { read_tensors(file_with(input, "a.npz")); }};
const Target safetensors{"safetensors",
                         [](std::string_view input) { read_tensors(file_with(input, "a.safetensors")); }};

}  // namespace tristab::fuzz
