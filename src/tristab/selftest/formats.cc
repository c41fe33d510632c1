#include "tristab/selftest/formats.h"

namespace tristab::selftest {
namespace {

constexpr Rounding kDeterministic[] = {Rounding::nearest_even, Rounding::nearest_away, Rounding::toward_zero,
                                       Rounding::up,           Rounding::down,         Rounding::to_odd};

}  // namespace

std::span<const Rounding> deterministic_roundings() { return kDeterministic; }

const std::vector<Format>& named_formats() {
  static const std::vector<Format> formats = [] {
    std::vector<Format> list;
    for (const FormatDescription& description : format_descriptions()) {
      if (!looks_like_format(description.name)) continue;  // "eXmY" stands for many formats
      const Format format = format_of(description.name, "selftest");
      if (format.precision <= 51) list.push_back(format);
    }
    for (const char* name : {"fp16-flush", "bf16-flush", "fp16-saturate", "e4m3-saturate", "e5m2-nan", "e8m12", "e6m9",
                             "e9m30", "p5emin-20emax9"})
      list.push_back(format_of(name, "selftest"));
    return list;
  }();
  return formats;
}

const std::vector<Format>& operation_formats() {
  static const std::vector<Format> formats = [] {
    std::vector<Format> list;
    for (const char* name : {"fp16", "bf16", "tf32", "e5m2", "e4m3"}) list.push_back(format_of(name, "selftest"));
    return list;
  }();
  return formats;
}

}  // namespace tristab::selftest
