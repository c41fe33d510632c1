#include "tristab/judge/kernel_input.h"

#include <array>

#include "tristab/matrix/layer_arrays.h"
#include "tristab/matrix/npy.h"

namespace tristab {

std::filesystem::path write_kernel_input(const Source& source, int n, int chunks, const std::filesystem::path& stem) {
  std::filesystem::path path = stem;
  if (source.sequences() == 0) {
    path += ".npy";
    const int count = source.count(n);
    const std::array<std::int64_t, 3> shape{count, n, n};
    NpyFileWriter file(path.string(), Dtype::f32, shape);
    for (int k = 0; k < count; ++k) file.append(source.problem(n, k).a.values());
    file.commit();
    return path;
  }
  path += ".safetensors";
  std::vector<TokenInputs> heads;
  for (int head = 0; head < source.sequences(); ++head) heads.push_back(source.sequence(head, n, chunks).tokens);
  OutputFile file(path.string(), replaces_no_file());
  write_safetensors(file, layer_arrays(heads));
  return path;
}

}  // namespace tristab
