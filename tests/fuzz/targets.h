// All targets, by name.
#pragma once

#include <array>

#include "target.h"

namespace tristab::fuzz {

inline const std::array<const Target*, 8> targets{&config, &results,     &ndjson,  &npy,
                                                  &npz,    &safetensors, &options, &recipe};

// Null: none is called so.
inline const Target* target_called(std::string_view name) {
  for (const Target* target : targets) {
    if (target->name == name) return target;
  }
  return nullptr;
}

}  // namespace tristab::fuzz
