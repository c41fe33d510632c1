#include "tristab/matrix/family/family.h"

namespace tristab {

std::span<const Family> families() {
  static const std::vector<Family> all = {
      uniform_family(), uniform_signed_family(), ones_family(), block_ones_family(),  zeros_family(),
      normal_family(),  delta_net_family(),      gdn_family(),  target_norm_family(), file_family(),
  };
  return all;
}

}  // namespace tristab
