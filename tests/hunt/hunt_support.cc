#include "hunt/hunt_support.h"

#include "tristab/base/json.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab {

std::unique_ptr<SmallHunt> small_hunt(const std::string& setting, int n, std::int64_t evaluations,
                                      const std::string& objective, const std::string& against) {
  auto hunt = std::make_unique<SmallHunt>();
  const std::size_t space = setting.find(' ');
  if (space == std::string::npos) {
    hunt->recipe = expand_recipe(Json(setting), "", "").front();
    hunt->request.setting = Setting::of(*hunt->recipe);
  } else {
    hunt->method = expand_method(Json(setting.substr(0, space)), "").front();
    hunt->arithmetic = expand_arithmetic(Json(setting.substr(space + 1)), "").front();
    hunt->request.setting = {&*hunt->method, &*hunt->arithmetic, nullptr, &hunt->formation};
  }
  if (!against.empty()) {
    hunt->second_recipe = expand_recipe(Json(against), "", "").front();
    hunt->request.second = Setting::of(*hunt->second_recipe);
  }
  hunt->request.space = rule_space(delta_rule("gdn"), n, 16, false, "");
  hunt->request.objective = make_objective(objective, "");
  hunt->request.requirement = Requirement(Requirement::default_text, "");
  hunt->request.layer = make_layer_arithmetic(Json("bf16"), "");
  hunt->request.evaluations = evaluations;
  hunt->request.only_random = true;
  return hunt;
}

HuntFind evaluate_again(const HuntRequest& request, const TokenInputs& tokens) {
  Machines machines;
  return Evaluator(request).evaluate_again(tokens, machines);
}

}  // namespace tristab
