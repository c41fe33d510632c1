#include "tristab/judge/kernel_input.h"

#include <array>
#include <map>

#include "tristab/matrix/npy.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/safetensors.h"

namespace tristab {
namespace {

// Puts one head's rows into a tensor [rows, heads, width], or [rows, heads] for scalars.
void add_head(std::map<std::string, NamedArray>& arrays, const std::string& name, const Matrix& rows, int head,
              int heads, bool scalar) {
  if (rows.columns() == 0) return;
  NamedArray& array = arrays[name];
  if (array.values.empty()) {
    array.name = name;
    array.shape = {rows.rows(), heads};
    if (!scalar) array.shape.push_back(rows.columns());
    array.values.resize(static_cast<std::size_t>(rows.rows()) * static_cast<std::size_t>(heads) *
                        static_cast<std::size_t>(rows.columns()));
  }
  for (int i = 0; i < rows.rows(); ++i) {
    const std::size_t at =
        (static_cast<std::size_t>(i) * static_cast<std::size_t>(heads) + static_cast<std::size_t>(head)) *
        static_cast<std::size_t>(rows.columns());
    std::copy_n(rows.row(i), rows.columns(), array.values.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

}  // namespace

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
  std::map<std::string, NamedArray> arrays;
  const int heads = source.sequences();
  for (int head = 0; head < heads; ++head) {
    const TokenInputs tokens = source.sequence(head, n, chunks).tokens;
    add_head(arrays, "k", tokens.keys, head, heads, false);
    add_head(arrays, "q", tokens.queries, head, heads, false);
    add_head(arrays, "v", tokens.values, head, heads, false);
    add_head(arrays, "g", tokens.log_decay, head, heads, tokens.log_decay.columns() == 1);
    for (const RulePart& part : tokens.rule->parts) {
      const auto given = tokens.parts.find(part.name);
      if (given != tokens.parts.end())
        add_head(arrays, part.name, given->second, head, heads, part.shape == PartShape::scalar);
    }
  }
  std::vector<NamedArray> list;
  for (auto& [name, array] : arrays) list.push_back(std::move(array));
  OutputFile file(path.string(), replaces_no_file());
  write_safetensors(file, list);
  return path;
}

}  // namespace tristab
