#include "tristab/sweep/setting.h"

#include <fmt/format.h>

#include "tristab/base/json.h"

namespace tristab {

Setting Setting::without_formation() const {
  static const Formation exact;
  Setting setting = *this;
  setting.formation = &exact;
  return setting;
}

StageArithmetics Setting::stages() const {
  return kernel != nullptr ? kernel->stages() : StageArithmetics{{"*", arithmetic}};
}

const Format& Setting::result_format() const {
  const StageArithmetics all = stages();
  for (const char* stage : {"output", "result"}) {
    if (const auto named = all.find(stage); named != all.end()) return named->second->storage;
  }
  return all.at("*")->storage;
}

std::string Setting::label() const {
  if (kernel != nullptr) return kernel->label;
  const std::string text = fmt::format("{} {}", method->label, arithmetic->label);
  return is_formed() ? fmt::format("{} {}", text, formation->label) : text;
}

PlainSetting::PlainSetting(const Format& format)
    : method(expand_method("row-substitution", "peer").front()),
      arithmetic(make_arithmetic(format.name, Json::object(), "peer")) {}

}  // namespace tristab
