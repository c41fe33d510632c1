// A found input as text: Python that builds it, and a configuration that shows that it is bad.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/json.h"
#include "tristab/hunt/shrink.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab {
namespace {

// Every number is one of fp32: its shortest decimal there names it exactly.
std::string number_text(double x) {
  const std::string text = fmt::format("{}", static_cast<float>(x));
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

// Each different row once.
std::string tensor_text(const Matrix& x) {
  std::vector<int> firsts, places;
  for (int t = 0; t < x.rows(); ++t) {
    const auto same = std::ranges::find_if(
        firsts, [&](int first) { return std::equal(x.row(t), x.row(t) + x.columns(), x.row(first)); });
    places.push_back(static_cast<int>(same - firsts.begin()));
    if (same == firsts.end()) firsts.push_back(t);
  }
  std::vector<std::string> rows;
  for (const int first : firsts) {
    std::vector<std::string> numbers;
    for (int d = 0; d < x.columns(); ++d) numbers.push_back(number_text(x(first, d)));
    rows.push_back(fmt::format("[{}]", fmt::join(numbers, ", ")));
  }
  const std::string list = fmt::format("torch.tensor([{}])", fmt::join(rows, ", "));
  return rows.size() == 1 ? fmt::format("{}.repeat({}, 1)", list, x.rows())
                          : fmt::format("{}[[{}]]", list, fmt::join(places, ", "));
}

// A of the tensors by their names, in double.
std::string matrix_text(const TokenInputs& tokens, const std::string& keys) {
  const DeltaRule& rule = *tokens.rule;
  const std::string k = keys + ".double()", rated = fmt::format("({} * {})", k, rule.erase_rate);
  const bool scaled = rule.has_scalar_rate(), to_the_right = !rule.key_part.empty();
  const std::string left = scaled || to_the_right ? k : rated, right = to_the_right ? rated : k;
  const std::string scale = scaled ? rule.erase_rate + ".double() * " : "";
  const int width = tokens.log_decay.columns();
  if (width == 0) return fmt::format("A = ({}({} @ {}.T)).tril(-1)", scale, left, right);
  const std::string sums = "g.double().cumsum(0)";
  const std::string upper = factors_of(tokens).left_before_decay ? fmt::format("({} - g)", sums) : sums;
  if (width == 1)
    return fmt::format("A = ({}({} @ {}.T) * ({} - {}.T).exp()).tril(-1)", scale, left, right, upper, sums);
  return fmt::format("A = ({}torch.einsum('id,jd,ijd->ij', {}, {}, ({}[:, None] - {}[None]).exp())).tril(-1)", scale,
                     left, right, upper, sums);
}

}  // namespace

std::vector<std::string> pytorch_lines(const TokenInputs& tokens) {
  const DeltaRule& rule = *tokens.rule;
  const std::string decay =
      tokens.log_decay.columns() > 0 ? tensor_text(tokens.log_decay) : fmt::format("torch.zeros({}, 1)", tokens.rows());
  const std::string keys = rule.key_part.empty() ? "k" : rule.key_part;
  return {"import torch", fmt::format("{} = {}", keys, tensor_text(directions_of(tokens))),
          fmt::format("{} = {}", rule.erase_rate, tensor_text(rate_of(tokens))), fmt::format("g = {}", decay),
          matrix_text(tokens, keys)};
}

Json scenario_of(const HuntRequest& request, const HuntFind& find, const std::filesystem::path& path,
                 const std::filesystem::path& from) {
  Json asked = json_of(request), &setting = asked["setting"];
  Json config = {{"name", "hunted"},
                 {"chunks", {request.space.n}},
                 {"families", {{{"family", "file"}, {"path", path.string()}, {"rule", request.space.rule->name}}}},
                 {"require", request.requirement.stored_text(from)}};
  Json expectation = Json::object();
  if (setting.contains("kernel")) {
    setting["kernel"] = request.setting.kernel->stored_name(from);
    config["kernels"] = Json::array({setting});
  } else {
    for (const char* key : {"method", "arithmetic", "formation"}) {
      const Named* named = key == std::string_view("method") ? static_cast<const Named*>(request.setting.method)
                           : key == std::string_view("arithmetic")
                               ? static_cast<const Named*>(request.setting.arithmetic)
                               : static_cast<const Named*>(request.setting.formation);
      if (named == request.setting.formation && !request.setting.is_formed()) continue;
      config[fmt::format("{}s", key)] = Json::array({named->json(key)});
    }
  }
  const Record& record = find.record();
  if (record.status == Status::nonfinite) {
    expectation = {{"statistic", "nonfinite_trials"}, {"at_least", 1}};
  } else {
    const bool own = request.objective.kind == HuntObjective::Kind::field && std::isfinite(find.value);
    const double value = own ? find.value : record.total_frobenius.value;
    const double looser = value - std::fabs(value) * 0.01 * (own && request.objective.larger_is_better() ? -1 : 1);
    expectation = {{"metric", own ? request.objective.name : "total_frobenius"},
                   {"statistic", "max"},
                   {own && request.objective.larger_is_better() ? "at_most" : "at_least", looser}};
  }
  config["expect"] = Json::array({std::move(expectation)});
  return config;
}

}  // namespace tristab
