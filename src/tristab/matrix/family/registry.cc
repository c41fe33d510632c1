#include "tristab/matrix/family/family.h"

namespace tristab {

Family uniform_family();
Family uniform_signed_family();
Family ones_family();
Family block_ones_family();
Family zeros_family();
Family normal_family();
Family delta_net_family();
Family gdn_family();
Family kda_family();
Family gdn2_family();
Family rwkv7_family();
Family delta_product_family();
Family comba_family();
Family pgdn_family();
Family pkda_family();
Family toeplitz_family();
Family geometric_family();
Family kahan_family();
Family worst_growth_family();
Family dlattr_family();
Family target_norm_family();
Family file_family();

std::span<const Family> families() {
  static const std::vector<Family> all = {
      uniform_family(),     uniform_signed_family(), ones_family(),  block_ones_family(),   zeros_family(),
      normal_family(),      delta_net_family(),      gdn_family(),   kda_family(),          gdn2_family(),
      rwkv7_family(),       delta_product_family(),  comba_family(), pgdn_family(),         pkda_family(),
      toeplitz_family(),    geometric_family(),      kahan_family(), worst_growth_family(), dlattr_family(),
      target_norm_family(), file_family(),
  };
  return all;
}

}  // namespace tristab
