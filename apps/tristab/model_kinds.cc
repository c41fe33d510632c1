#include "model_kinds.h"

#include "tristab/matrix/gates/gates.h"
#include "tristab/matrix/keys/keys.h"

namespace tristab {
namespace {

template <class AnyModel>
std::vector<Description> described(std::span<const AnyModel> models, const std::string& summary) {
  std::vector<Description> list;
  for (const AnyModel& model : models)
    list.push_back({model.name, summary, model.formula, model.source, model.parameters});
  return list;
}

}  // namespace

std::span<const ModelKind> model_kinds() {
  static const std::vector<ModelKind> kinds{
      {"keys", "keys", described(key_models(), "a model of keys: k_t is the key of token t, head_dim long")},
      {"betas", "beta", described(beta_models(), "a model of the write strength of token t, beta_t in (0, 1)")},
      {"decays", "gate",
       described(decay_models(), "a model of the log decay of token t, g_t <= 0: the state decays by exp(g_t)")}};
  return kinds;
}

}  // namespace tristab
