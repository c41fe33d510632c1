// Keys without the L2 norm that bounds |A_ij| by beta_i:
//   activation silu   k_t = silu(conv4(strength b + z_t)), the features of the model `silu`; |k|^2 grows with head_dim
//   activation none   k_t = z_t ~ N(0, I); |k|^2 = head_dim on average, k_i . k_j of size sqrt(head_dim)
// Source: a layer called without the normalisation of its keys (flash-linear-attention,
// fla/ops/gated_delta_rule/chunk.py, use_qk_l2norm_in_kernel = False, with keys that were not normalised before).
#include <fmt/format.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/keys/keys.h"

namespace tristab {
namespace {

void settle_activation(Json& settings, std::string_view place) {
  if (settings["activation"] == "silu") {
    if (!settings.contains("strength")) settings["strength"] = 0.7;
  } else if (settings.contains("strength")) {
    throw UsageError(fmt::format("{}.strength: found {} with activation '{}'; allowed only with activation silu", place,
                                 quoted(settings["strength"]), settings["activation"].get_ref<const std::string&>()));
  }
}

}  // namespace

KeyModel unnormalised_keys() {
  return {{"unnormalised",
           "k_t = silu(conv4(strength b + z_t)) or z_t, z_t, b ~ N(0, I), without L2 norm",
           "flash-linear-attention, fla/ops/gated_delta_rule/chunk.py, use_qk_l2norm_in_kernel = False",
           {Parameter::choice("activation", "silu", {"silu", "none"}, "silu(conv4(.)), or the normal keys alone"),
            Parameter::real("strength", nullptr, 0, 100,
                            "size of the direction that all tokens share (with activation silu, default 0.7)"),
            scale_parameter()},
           settle_activation},
          [](const Settings& settings, int n, const RandomStream& random) {
            Matrix keys = settings.text("activation") == "silu"
                              ? silu_features(settings, n, random)
                              : normal_matrix(n, static_cast<int>(settings.integer("head_dim")), random.part("keys"));
            apply_scale(settings, keys);
            return keys;
          }};
}

}  // namespace tristab
