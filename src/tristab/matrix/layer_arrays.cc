#include "tristab/matrix/layer_arrays.h"

#include <algorithm>
#include <map>

#include "tristab/matrix/rule/rule.h"

namespace tristab {

std::vector<NamedArray> layer_arrays(std::span<const TokenInputs> heads) {
  std::map<std::string, NamedArray> arrays;
  const auto add = [&](const std::string& name, const Matrix& rows, std::size_t head, bool scalar) {
    if (rows.columns() == 0) return;
    NamedArray& array = arrays[name];
    const auto width = static_cast<std::size_t>(rows.columns());
    if (array.values.empty()) {
      array.name = name;
      array.shape = {rows.rows(), static_cast<std::int64_t>(heads.size())};
      if (!scalar) array.shape.push_back(rows.columns());
      array.values.resize(static_cast<std::size_t>(rows.rows()) * heads.size() * width);
    }
    for (int i = 0; i < rows.rows(); ++i) {
      const std::size_t at = (static_cast<std::size_t>(i) * heads.size() + head) * width;
      std::copy_n(rows.row(i), rows.columns(), array.values.begin() + static_cast<std::ptrdiff_t>(at));
    }
  };
  for (std::size_t head = 0; head < heads.size(); ++head) {
    const TokenInputs& tokens = heads[head];
    add("k", tokens.keys, head, false);
    add("q", tokens.queries, head, false);
    add("v", tokens.values, head, false);
    add("g", tokens.log_decay, head, tokens.log_decay.columns() == 1);
    for (const RulePart& part : tokens.rule->parts) {
      const auto given = tokens.parts.find(part.name);
      if (given != tokens.parts.end()) add(part.name, given->second, head, part.shape == PartShape::scalar);
    }
  }
  std::vector<NamedArray> list;
  for (auto& [name, array] : arrays) list.push_back(std::move(array));
  return list;
}

}  // namespace tristab
