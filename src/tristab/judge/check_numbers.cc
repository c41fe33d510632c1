#include "tristab/judge/checking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/formed_input.h"
#include "tristab/sweep/matrix_evaluation.h"

namespace tristab {

void Checking::measure_inverses() {
  if (!wanted_[0]) return;
  Scenario scenario;
  scenario.requirement = request_.requirement;
  std::vector<std::vector<Record>> records(units_.size());
  const Setting setting = Setting::of(report_.against);
  for_units([&](std::size_t k) {
    for (std::size_t c = 0; c < units_[k].a.size(); ++c) {
      const CheckedUnit one = chunk_of(units_[k], c);
      Problem problem;
      problem.id = one.id;
      problem.a = one.a.front();
      problem.tokens = one.tokens;
      MatrixResult result;
      result.input = {&scenario, request_.family, input_.n()};
      result.id = one.id;
      MatrixEvaluation evaluation(scenario, infinity, std::move(problem), result);
      if (evaluation.given() == nullptr) throw InputError(fmt::format("{}: {}", request_.input, evaluation.failure()));
      Inversion inversion;
      inversion.x = inversion.before_output = found_[k][OutputPart::inverse][c];
      Record record = evaluation.judged(setting, std::move(inversion), machines_.local());
      record.setting = {};
      records[k].push_back(std::move(record));
    }
  });
  for (std::size_t k = 0; k < units_.size(); ++k) {
    for (std::size_t c = 0; c < records[k].size(); ++c) {
      report_.record_places.push_back(units_[k].text(c));
      report_.records.push_back(std::move(records[k][c]));
    }
  }
  const auto error = [](const Record& record) {
    return record.finite() && std::isfinite(record.total_frobenius.value) ? record.total_frobenius.value : infinity;
  };
  for (std::size_t k = 0; k < report_.records.size(); ++k) {
    if (error(report_.records[k]) > error(report_.records[report_.worst])) report_.worst = k;
    const std::optional<Fit> fit = report_.records[k].fit;
    report_.unfit += fit && (*fit == Fit::unfit || *fit == Fit::nonfinite);
  }
}

void Checking::measure_layer() {
  if (!wanted_[0] || !input_.has_outputs()) return;
  OutputParts outputs{};
  outputs[static_cast<std::size_t>(OutputPart::o)] = outputs[static_cast<std::size_t>(OutputPart::state)] = true;
  std::vector<std::array<std::array<double, 2>, 4>> squares(units_.size());  // of the three and of the truth
  for_units([&](std::size_t k) {
    const Results truth = exact(units_[k], outputs);
    const auto& layer = request_.layer_arithmetic;
    Machines& machines = machines_.local();
    const std::vector<Matrix>& exact_t = exact_[k][OutputPart::inverse];
    const Results with[] = {
        emulated(units_[k], report_.against, layer, outputs, machines, &found_[k][OutputPart::inverse]),
        emulated(units_[k], report_.against, layer, outputs, machines, &recipe_[k][OutputPart::inverse]),
        emulated(units_[k], report_.against, layer, outputs, machines, &exact_t)};
    for (std::size_t w = 0; w < 4; ++w) {
      const OutputPart both[] = {OutputPart::o, OutputPart::state};
      for (std::size_t q = 0; q < 2; ++q) {
        for (std::size_t c = 0; c < truth[both[q]].size(); ++c) {
          const Matrix& t = truth[both[q]][c];
          squares[k][w][q] += squared_distance(w < 3 ? with[w][both[q]][c] : Matrix(t.rows(), t.columns()), t);
        }
      }
    }
  });
  std::array<std::array<double, 2>, 4> sums{};
  for (const auto& unit : squares) {
    for (std::size_t w = 0; w < 4; ++w) {
      for (std::size_t q = 0; q < 2; ++q) sums[w][q] += unit[w][q];
    }
  }
  report_.layer.emplace();
  for (std::size_t w = 0; w < 3; ++w) {
    (*report_.layer)[w].o = std::sqrt(sums[w][0] / sums[3][0]);
    (*report_.layer)[w].state = std::sqrt(sums[w][1] / sums[3][1]);
  }
}

void Checking::measure_reference() {
  if (request_.reference.empty()) return;
  const KernelOutput other(request_.reference, "", request_.layer, request_.n, input_.matrices(), "--reference");
  for_parts([&](OutputPart part) {
    if (!other.has(part)) return;
    double error = 0, size = 0, largest = 0;
    for (std::size_t k = 0; k < units_.size(); ++k) {
      const Results theirs = found(units_[k], other, input_.n());
      for (std::size_t c = 0; c < theirs[part].size(); ++c) {
        const Matrix& truth = exact_[k][part][c];
        error += squared_distance(theirs[part][c], truth);
        size += squared_distance(truth, Matrix(truth.rows(), truth.columns()));
        for (std::size_t e = 0; e < truth.values().size(); ++e) {
          const double d = std::fabs(theirs[part][c].values()[e] - truth.values()[e]);
          largest = std::max(largest, std::isnan(d) ? infinity : d);
        }
      }
    }
    report_.reference.push_back({part, std::sqrt(error / size), largest});
  });
  if (report_.reference.empty())
    refuse("--reference", fmt::format("{} with {}", request_.reference, other.describe()),
           fmt::format("the same tensors as {}: {}", request_.output, output_.describe()));
}

Recipe Checking::plain_recipe(const Format& format) {
  const PlainSetting plain(format);
  std::map<std::string, Arithmetic, std::less<>> arithmetics;
  arithmetics.emplace("*", plain.arithmetic);
  return recipe_of(plain.method, std::move(arithmetics), plain.formation,
                   make_layer_arithmetic(Json(format.name), "a plain computation"), "a plain computation");
}

std::vector<Results> Checking::plain_results(const Format& format) const {
  const Recipe recipe = plain_recipe(format);
  std::vector<Results> results(units_.size());
  for_units(
      [&](std::size_t k) { results[k] = emulated(units_[k], recipe, *recipe.layer, wanted_, machines_.local()); });
  return results;
}

void Checking::ask_gates() {
  const auto stacked = [&](const std::vector<Results>& results, OutputPart part) {
    std::vector<Matrix> all;
    for (const Results& unit : results) all.insert(all.end(), unit[part].begin(), unit[part].end());
    return all;
  };
  std::vector<Matrix> a;
  for (const CheckedUnit& unit : units_) a.insert(a.end(), unit.a.begin(), unit.a.end());
  // Peers compute in the format of the outputs, also the state, which is stored in that of sums.
  std::map<std::string, std::vector<Results>> peers;
  for_parts([&](OutputPart part) {
    const std::vector<Matrix> output = stacked(found_, part), expected = stacked(exact_, part);
    const Format& stored = format(part);
    const Format& computed = part == OutputPart::state && wanted_[3] ? format(OutputPart::o) : stored;
    std::optional<std::vector<Matrix>> peer;
    const auto peer_of = [&]() -> const std::vector<Matrix>& {
      if (!peer) {
        const auto [found, fresh] = peers.try_emplace(computed.name);
        if (fresh) found->second = plain_results(computed);
        peer = stacked(found->second, part);
      }
      return *peer;
    };
    const auto ask = [&](const GateSpec& gate, bool required) {
      if (gate.gate->needs_a && part != OutputPart::inverse) return;
      const std::span<const Matrix> of_a =
          part == OutputPart::inverse ? std::span<const Matrix>(a) : std::span<const Matrix>();
      report_.gates.push_back({part, gate, gate.evaluate({output, expected, stored, of_a, peer_of}), required});
    };
    for (const GateSpec& gate : request_.gates) ask(gate, true);
    for (const Gate& gate : gates()) {
      if (gate.evaluate == nullptr) continue;  // this program's own word for a format stands with the records
      const GateSpec spec = make_gate(gate.description.name, "gate");
      if (std::ranges::find(request_.gates, spec.label, &GateSpec::label) == request_.gates.end()) ask(spec, false);
    }
  });
}

}  // namespace tristab
